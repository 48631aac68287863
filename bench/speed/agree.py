"""agree.py [FOLDER] - do ours and the peer compute the same? Writes the weights of encoder stacks of the transformers library under the names of
models/*.tfx as safetensors, compiles them by tfxc, and compares outputs on one input. Prints the largest difference relative to the largest
value, a line a case; exit 1 above 1e-4. Needs the environment of peers.sh and BUILDDIR or TFXC as `run` does:
    PYTHON bench/speed/agree.py"""
import ctypes
import dataclasses
import os
import pathlib
import re
import sys
import tempfile

# Old names of transformers' parameters and new ones, to those of nn.tfx.
NAMES = ((r"^layers\.", "layer."), (r"attention\.(self|attention)\.query|attention\.q_proj", "attn.q"), (r"attention\.(self|attention)\.key|attention\.k_proj", "attn.k"),
         (r"attention\.(self|attention)\.value|attention\.v_proj", "attn.v"), (r"attention\.output\.LayerNorm", "norm1"), (r"attention\.output\.dense|attention\.o_proj", "attn.o"),
         (r"intermediate\.dense|mlp\.fc1", "ffn.fc1"), (r"output\.dense|mlp\.fc2", "ffn.fc2"), (r"output\.LayerNorm", "norm2"), (r"layernorm_before", "norm1"),
         (r"layernorm_after", "norm2"))


def renamed(name):
    for pattern, new in NAMES:
        name = re.sub(pattern, new, name)
    return name


def difference(case, folder, threads):
    import numpy
    import safetensors.torch
    import torch
    import build
    import engines
    stack = engines.stack(case)
    gen = torch.Generator().manual_seed(2)
    with torch.no_grad():       # gains and biases that a forgotten one would show
        for p in stack.parameters():
            r = torch.randn(p.shape, generator=gen)
            p.copy_(r / p.shape[-1] ** 0.5 if p.dim() > 1 else 1 + 0.2 * r)
    weights = folder / f"{case.name}.safetensors"
    safetensors.torch.save_file({renamed(n): t.contiguous() for n, t in stack.state_dict().items()}, weights)
    x = torch.randn(1, case.sizes["T"], case.sizes["D"], generator=gen)
    with torch.no_grad():
        want = stack.double()(x.double()).numpy().ravel()
    library, blob, _ = build.ours(case, threads, folder, weights)
    c = ctypes.CDLL(str(library))
    c.bench_run.restype, c.bench_run.argtypes = ctypes.c_double, [ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    given, got = x.numpy().ravel(), numpy.zeros(want.size, "f4")
    pointer = lambda a: a.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
    if c.bench_open(str(blob).encode(), threads) or c.bench_in(0, pointer(given), ctypes.c_size_t(given.size)) or c.bench_run(1, 1, 1, 0) < 0:
        raise SystemExit(f"{case.name}: does not run")
    c.bench_out(pointer(got), ctypes.c_size_t(got.size))
    c.bench_close()
    return float(abs(got - want).max() / abs(want).max())


def main():
    import build
    import cases
    able, worst = build.abilities(), 0
    with tempfile.TemporaryDirectory() as folder:
        for case in (c for c in cases.CASES if c.kind in ("bert", "vit")):
            small = dataclasses.replace(case, sizes=case.sizes | {"L": 2})
            for threads in (1, 2) if able["threads"] else (1,):
                where = pathlib.Path(folder) / f"{case.name}-{threads}"
                where.mkdir()
                apart = difference(small, where, threads)
                worst = max(worst, apart)
                print(f"{case.name:16} 2 layers, {threads} thread{'s' if threads > 1 else ''}: {apart:.1e}", flush=True)
    sys.exit(not worst <= 1e-4)


here = pathlib.Path(__file__).resolve().parent
os.environ.setdefault("SRCDIR", str(here.parent.parent))
main()
