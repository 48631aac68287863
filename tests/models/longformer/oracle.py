"""Longformer: sliding window and global tokens with projections of their own, padded batches."""
import pathlib
import sys

import torch
from transformers import LongformerConfig, LongformerModel

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, right_padding, save_weights, tokens  # noqa: E402

MAX = 33


def main():
    config = LongformerConfig(vocab_size=57, hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=46,
                              max_position_embeddings=MAX + 2, type_vocab_size=1, attention_window=[4, 8], pad_token_id=1)
    model = randomize(LongformerModel(config, add_pooling_layer=False), 10)
    save_weights(model, HERE / "weights.safetensors")
    model.double()
    data = Data()
    for name, lengths, marks in (("one", [1], [(0, 0)]), ("odd", [21], [(0, 0), (0, 7), (0, 20)]), ("local", [19], []),
                                 ("max", [MAX], [(0, 16)]), ("padded", [25, 13, 2], [(0, 0), (0, 11), (1, 0), (2, 1)])):
        mask = right_padding(lengths, max(lengths))
        tok = tokens(len(name), 2, 57, *mask.shape).masked_fill(mask == 0, 1)
        glob = torch.zeros_like(mask)
        for mark in marks:
            glob[mark] = 1
        with torch.no_grad():
            hidden = model(tok, attention_mask=mask, global_attention_mask=glob).last_hidden_state
        data.put(**{f"{name}.tok": tok, f"{name}.glob": glob, f"{name}.hidden": hidden})
    data.save(HERE / "data.npz")


main()
