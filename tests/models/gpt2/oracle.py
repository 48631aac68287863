"""GPT-2: pre-norm decoder, learned positions, fused qkv stored [in, out], tanh GELU, tied head."""
import pathlib
import sys

import torch
from transformers import GPT2Config, GPT2LMHeadModel

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, right_padding, save_weights, tokens  # noqa: E402

MAX = 21


def main():
    config = GPT2Config(vocab_size=59, n_positions=MAX, n_embd=40, n_layer=2, n_head=5, n_inner=56,
                        attn_implementation="eager")
    model = randomize(GPT2LMHeadModel(config), 2)
    save_weights(model, HERE / "weights.safetensors")
    model.double()
    data = Data()
    with torch.no_grad():
        for name, mask in (("one", right_padding([1], 1)), ("padded", right_padding([9, 4, 1], 9))):
            tok = tokens(len(name), 0, 59, *mask.shape)
            data.put(**{f"{name}.tok": tok, f"{name}.mask": mask,
                        f"{name}.logits": model(tok, attention_mask=mask).logits})
        tok = tokens(77, 0, 59, 1, MAX)
        logits = model(tok).logits[0]
    data.put(**{"all.tok": tok, "all.mask": torch.ones_like(tok), "all.logits": logits})
    for name, start, end in (("pre", 0, 13), ("s1", 13, 14), ("s2", 14, 15), ("chunk", 15, MAX)):
        data.put(**{f"{name}.tok": tok[0, start:end], f"{name}.logits": logits[start:end]})
    data.save(HERE / "data.npz")


main()
