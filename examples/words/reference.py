"""Writes what the compiled model is compared with, from weights.safetensors: expected.txt.

    python3 reference.py

It has a line "prompt -> word" for each prompt, as main.c prints it: the boundary symbol is fed first, then the prompt;
the most likely symbol is appended until it is the boundary or MAX_LEN symbols have been fed.
Every step recomputes the whole word without a cache, in float64 from the float32 weights.
Prompts with a gap below 1e-3 are left out, since rounding could change their answer.
"""
import torch
from safetensors.torch import load_file

from model import MAX_LEN, Words
from train import HERE

PROMPTS = ("a be con de ex fl gra ho inter jo ki light mo non over pre qu re str th un ver wh yea z "
           "micro elect snow book sub").split()
COUNT = 20


def logits_after(model, tok):
    with torch.no_grad():
        return model(torch.tensor([tok]))[0, -1]


def greedy(model, prompt):
    """(symbols fed and produced without boundaries, smallest gap on the way)"""
    tok, gap = [0] + [ord(c) - 96 for c in prompt], float("inf")
    while len(tok) <= MAX_LEN:
        best = logits_after(model, tok).topk(2)
        gap = min(gap, (best.values[0] - best.values[1]).item())
        tok.append(best.indices[0].item())
        if tok[-1] == 0:
            break
    return "".join(chr(96 + t) for t in tok if t), gap


def main():
    torch.set_num_threads(1)
    model = Words()
    model.load_state_dict(load_file(HERE / "weights.safetensors"))
    model.double()
    rows = [(p, *greedy(model, p)) for p in PROMPTS]
    kept = [r for r in rows if r[2] >= 1e-3][:COUNT]
    assert len(kept) == COUNT, "too many close calls: add prompts"
    (HERE / "expected.txt").write_text("".join(f"{p} -> {w}\n" for p, w, _ in kept))
    for row in kept:
        print("%-6s %-20s gap %.4f" % row)


if __name__ == "__main__":
    main()
