"""Trains the digits model and writes weights.safetensors beside this file.

    pip install torch scikit-learn safetensors numpy
    python3 train.py              train on the 80 % split, then say the accuracy on the held-out 20 % once
    python3 train.py --validate   train on 80 % of the training split, say the accuracy on its other 20 %

Every choice (size, epochs, augmentation) is made with --validate, which never looks at the held-out images.
The seed is fixed and one thread is used, so that a run can be repeated.
"""
import math
import pathlib
import sys
import time

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn import functional as F

from model import Digits

HERE = pathlib.Path(__file__).parent
SEED, EPOCHS, BATCH, RATE, DECAY, EMA = 1, 250, 64, 2e-3, 0.05, 0.998


def splits():
    """Images f32[N,8,8] in 0..16 and labels: (train x, train y, held-out x, held-out y)."""
    data = load_digits()
    return train_split(data.images.astype(np.float32), data.target.astype(np.int64))


def train_split(x, y):
    a, b, c, d = train_test_split(x, y, test_size=0.2, stratify=y, random_state=SEED)
    return torch.from_numpy(a), torch.from_numpy(c), torch.from_numpy(b), torch.from_numpy(d)


def augment(x):
    """A small random turn, scale, shear and shift of every image, sampled bilinearly."""
    n = len(x)
    turn = (torch.rand(n) - 0.5) * 2 * math.radians(15)
    scale = 1 + (torch.rand(n, 2) - 0.5) * 0.3
    shear = (torch.rand(n) - 0.5) * 0.4
    shift = (torch.rand(n, 2) - 0.5) * 2 * 0.25  # 0.25 of half a side = one pixel
    cos, sin = turn.cos(), turn.sin()
    rows = [torch.stack([scale[:, 0] * cos, -sin + shear, shift[:, 0]], 1),
            torch.stack([sin, scale[:, 1] * cos, shift[:, 1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), [n, 1, 8, 8], align_corners=False)
    return F.grid_sample(x.unsqueeze(1), grid, align_corners=False).squeeze(1)


def accuracy(model, x, y):
    with torch.no_grad():
        return (model(x).argmax(1) == y).double().mean().item()


def train(x, y):
    """Returns the model with averaged weights after EPOCHS passes over (x, y)."""
    model = Digits()
    average = {k: v.clone() for k, v in model.state_dict().items()}
    decay = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}],
                            lr=RATE, betas=(0.9, 0.98))
    steps = EPOCHS * (len(x) // BATCH)
    step = 0
    for epoch in range(EPOCHS):
        order = torch.randperm(len(x))
        total = 0.0
        for i in range(len(x) // BATCH):
            step += 1
            rate = RATE * min(step / 200, 0.5 + 0.5 * math.cos(math.pi * step / steps))
            for group in opt.param_groups:
                group["lr"] = rate
            at = order[i * BATCH:(i + 1) * BATCH]
            loss = F.cross_entropy(model(augment(x[at])), y[at], label_smoothing=0.05)
            opt.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            total += loss.item()
            for k, v in model.state_dict().items():
                average[k].lerp_(v, 1 - min(EMA, step / (step + 10)))
        if epoch % 25 == 24:
            print(f"epoch {epoch + 1:4d}  loss {total / (len(x) // BATCH):.4f}", flush=True)
    model.load_state_dict(average)
    return model


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    x, y, held_x, held_y = splits()
    begin = time.process_time()
    if "--validate" in sys.argv:
        x, y, val_x, val_y = train_split(x.numpy(), y.numpy())
        model = train(x, y)
        print(f"validation accuracy {accuracy(model, val_x, val_y):.4f} on {len(val_x)} images")
    else:
        model = train(x, y)
        print(f"held-out accuracy {accuracy(model, held_x, held_y):.4f} on {len(held_x)} images")
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, HERE / "weights.safetensors")
    print(f"parameters {sum(p.numel() for p in model.parameters())}, {time.process_time() - begin:.0f} s of CPU time")


if __name__ == "__main__":
    main()
