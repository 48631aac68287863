"""BLOOM: ALiBi with heads that are no power of two, fused qkv by heads, norm behind the embedding."""
import pathlib
import sys

import torch
from transformers import BloomConfig, BloomForCausalLM

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, right_padding, save_weights, tokens  # noqa: E402

MAX = 18


def main():
    config = BloomConfig(vocab_size=45, hidden_size=36, n_layer=2, n_head=6, bos_token_id=1, eos_token_id=2, pad_token_id=3,
                         attn_implementation="eager")
    model = randomize(BloomForCausalLM(config), 15)
    save_weights(model, HERE / "weights.safetensors", strip="transformer.")  # as bigscience/bloom has them
    model.double()
    data = Data()
    for name, lengths in (("one", [1]), ("max", [MAX]), ("padded", [11, 4])):
        mask = right_padding(lengths, max(lengths))
        tok = tokens(len(name), 0, 45, *mask.shape)
        with torch.no_grad():
            logits = model(tok, attention_mask=mask).logits
        data.put(**{f"{name}.tok": tok, f"{name}.len": torch.tensor(lengths), f"{name}.logits": logits})
    data.save(HERE / "data.npz")


main()
