"""BERT with a classifier: post-norm encoder, learned positions, segments, padding mask, tanh pooler."""
import pathlib
import sys

import torch
from transformers import BertConfig, BertForSequenceClassification

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, right_padding, save_weights, tokens  # noqa: E402

MAX = 19


def main():
    config = BertConfig(vocab_size=61, hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=52,
                        max_position_embeddings=MAX, type_vocab_size=2, num_labels=5, attn_implementation="eager")
    model = randomize(BertForSequenceClassification(config), 1)
    save_weights(model, HERE / "weights.safetensors")
    model.double()
    data = Data()
    holes = right_padding([7, 7], 7)
    holes[0, 2] = holes[1, 0] = holes[1, 5] = 0
    for name, mask in (("one", right_padding([1], 1)), ("odd", right_padding([7], 7)), ("max", right_padding([MAX], MAX)),
                       ("padded", right_padding([11, 3, 1], 11)), ("holes", holes)):
        shape = tuple(mask.shape)
        tok, seg = tokens(len(name), 0, 61, *shape), tokens(len(name) + 9, 0, 2, *shape)
        with torch.no_grad():
            out = model(tok, attention_mask=mask, token_type_ids=seg, output_hidden_states=True)
        data.put(**{f"{name}.tok": tok, f"{name}.seg": seg, f"{name}.mask": mask,
                    f"{name}.hidden": out.hidden_states[-1], f"{name}.logits": out.logits})
    data.save(HERE / "data.npz")


main()
