"""What the oracles of tests/models share: non-trivial random weights, float64 forward passes, small files.

An oracle makes a tiny model of `transformers` with seeded weights that are float32 numbers, saves them under the names
of published checkpoints, runs the model in float64 and keeps inputs and outputs in data.npz (uncompressed).
"""
import pathlib
import re
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)


def randomize(model, seed):
    """Every parameter and every float buffer that is saved gets numbers that a forgotten or swapped one would show:
    gains about 1, biases about 0, matrices with a standard deviation of 1/sqrt(inputs)."""
    gen = torch.Generator().manual_seed(seed)
    seen = set()
    for name, p in list(model.state_dict(keep_vars=True).items()):
        if not p.is_floating_point() or p.data_ptr() in seen:
            continue
        seen.add(p.data_ptr())
        r = torch.randn(p.shape, generator=gen)
        if name.endswith("running_var"):
            r = 0.5 + r.abs()
        elif re.search(r"(norm\w*|layernorm|ln_\w|LayerNorm)\.weight$", name, re.I):
            r = 1 + 0.3 * r
        elif p.dim() <= 1:
            r = 0.3 * r
        elif not re.search(r"embed|wte|wpe|shared|relative_attention_bias", name):
            r = r / np.sqrt(p[0].numel())
        with torch.no_grad():
            p.copy_(r)
    return model.eval()


def save_weights(model, path, extra=None, strip=""):
    """weights.safetensors as save_pretrained writes it (names as published); `extra` tensors are added, the
    prefix `strip` is taken off."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tensors = load_file(pathlib.Path(folder) / "model.safetensors")
    tensors = {k.removeprefix(strip): v for k, v in tensors.items()} | (extra or {})
    save_file({k: (v.float() if v.is_floating_point() else v).contiguous() for k, v in sorted(tensors.items())}, path)
    path.chmod(0o644)


class Data:
    """Arrays of the test cases: integers become int32, floats float64 rounded once to float32."""

    def __init__(self):
        self.arrays = {}

    def put(self, **arrays):
        for name, a in arrays.items():
            a = a.detach().numpy() if isinstance(a, torch.Tensor) else np.asarray(a)
            kind = np.int32 if a.dtype.kind in "iub" else np.float32
            assert name not in self.arrays and np.isfinite(a).all(), name
            self.arrays[name] = np.ascontiguousarray(a, dtype=kind)

    def save(self, path):
        np.savez(path, **self.arrays)
        print(path, sum(a.nbytes for a in self.arrays.values()), "bytes in", len(self.arrays), "arrays")


def tokens(seed, low, high, *shape):
    return torch.randint(low, high, shape, generator=torch.Generator().manual_seed(seed))


def right_padding(lengths, width):
    """Mask i64[B,width]: 1 for the first lengths[b] places of row b."""
    return (torch.arange(width)[None, :] < torch.tensor(lengths)[:, None]).long()
