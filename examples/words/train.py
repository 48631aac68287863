"""Trains the word model on the words of Debian's package wamerican; writes weights.safetensors beside this file.

    apt-get install wamerican; pip install torch safetensors numpy
    python3 train.py

Every line of /usr/share/dict/words that is 2 to 20 lower-case letters a-z is one example: boundary, letters, boundary.
5 % of the words, drawn with a fixed seed, are held out; the loss on them is said at the end.
The seed is fixed and one thread is used, so that a run can be repeated.
"""
import math
import pathlib
import re
import time

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from model import Words

HERE = pathlib.Path(__file__).parent
SEED, EPOCHS, BATCH, RATE, DECAY = 1, 20, 256, 4e-3, 0.1


def load_words(path="/usr/share/dict/words"):
    """(training words, held-out words), both in a fixed random order."""
    words = sorted(set(re.findall(r"^[a-z]{2,20}$", pathlib.Path(path).read_text(encoding="utf-8"), re.M)))
    order = torch.randperm(len(words), generator=torch.Generator().manual_seed(SEED)).tolist()
    held = len(words) // 20
    return [words[i] for i in order[held:]], [words[i] for i in order[:held]]


def encode(words):
    """Inputs and targets i64[B,T]; a target of -1 is padding."""
    rows = [[0] + [ord(c) - 96 for c in w] + [0] for w in words]
    wide = max(map(len, rows))
    x = torch.tensor([r[:-1] + [0] * (wide - len(r)) for r in rows])
    y = torch.tensor([r[1:] + [-1] * (wide - len(r)) for r in rows])
    return x, y


def batches(words):
    """Words of like length together (little padding), the batches in random order."""
    order = torch.randperm(len(words)).tolist()
    order.sort(key=lambda i: len(words[i]))  # stable: still random inside one length
    parts = [order[i:i + BATCH] for i in range(0, len(order), BATCH)]
    return [encode([words[i] for i in parts[p]]) for p in torch.randperm(len(parts)).tolist()]


def loss_sum(model, x, y):
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum")


def held_loss(model, words):
    """Mean loss in nats per symbol."""
    with torch.no_grad():
        parts = [(loss_sum(model, x, y), (y >= 0).sum()) for x, y in batches(words)]
    return sum(p[0] for p in parts).item() / sum(p[1] for p in parts).item()


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    words, held = load_words()
    model = Words()
    decay = [p for n, p in model.named_parameters() if p.dim() > 1 and n != "emb"]
    plain = [p for n, p in model.named_parameters() if p.dim() <= 1 or n == "emb"]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}],
                            lr=RATE, betas=(0.9, 0.98))
    steps, step, begin = EPOCHS * -(-len(words) // BATCH), 0, time.process_time()
    for epoch in range(EPOCHS):
        total = count = 0
        for x, y in batches(words):
            step += 1
            for group in opt.param_groups:
                group["lr"] = RATE * min(step / 200, 0.51 + 0.49 * math.cos(math.pi * step / steps))
            n = (y >= 0).sum()
            loss = loss_sum(model, x, y)
            opt.zero_grad()
            (loss / n).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            total, count = total + loss.item(), count + n.item()
        print(f"epoch {epoch + 1:2d}  loss {total / count:.4f}  held-out {held_loss(model, held):.4f}"
              f"  {time.process_time() - begin:.0f} s", flush=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, HERE / "weights.safetensors")
    print(f"parameters {sum(p.numel() for p in model.parameters())}, {len(words)} words, {len(held)} held out")


if __name__ == "__main__":
    main()
