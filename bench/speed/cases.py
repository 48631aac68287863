"""cases.py - what is measured: a table of cases. Each has a model file, the sizes that fix it, and the work of one call, counted in the
same way for everybody: FLOPs of all matrix products and of attention (the causal half of it counted once, the other half not at all), or,
where memory is the limit, bytes of weights that a token has to read."""
import dataclasses

GEMM_M = (4, 16, 128, 197)
GEMM_NK = ((192, 192), (768, 192), (192, 768), (384, 384), (1536, 384), (384, 1536), (768, 768), (3072, 768), (768, 3072), (2048, 2048))


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    model: str                  # models/NAME.tfx
    kind: str                   # bert, vit (encoder stacks), attention, gemm, conv, decode, prefill
    sizes: dict                 # configs of the model file, given by -D
    unit: str                   # ms, us (a call) or tok/s
    work: float                 # FLOPs of a call; of decode: weight bytes of a token
    dtype: str = "f32"
    steps: int = 1              # decode: calls of one token in a round
    tokens: int = 1             # decoders: tokens of one call
    past: int = 0               # decode: positions in the cache before the round

    @property
    def limit(self):
        return "memory" if self.kind == "decode" else "compute"

    @property
    def values(self):           # what a round gives, in the unit's terms: calls, or tokens
        return self.steps * self.tokens if self.unit == "tok/s" else 1

    def figure(self, seconds):  # of one round
        return self.values / seconds if self.unit == "tok/s" else seconds * {"ms": 1e3, "us": 1e6}[self.unit]

    def rate(self, seconds):    # FLOP/s or bytes/s of one round
        return self.work * self.steps / seconds


def encoder(name, model, kind, L, T, D, H, F, unit="ms"):
    flops = L * (2 * T * D * (4 * D + 2 * F) + 4 * T * T * D)
    return Case(name, model, kind, dict(L=L, T=T, D=D, H=H, F=F), unit, flops)


def llama(name, how, n, dtype="f32", past=0, steps=1, **size):
    L, D, H, Hk, F, V, M = (size[k] for k in ("L", "D", "H", "Hk", "F", "V", "M"))
    kv = D // H * Hk
    layer = 2 * D * D + 2 * D * kv + 3 * D * F
    if how == "decode":
        work = (L * layer + V * D) * (2 if dtype == "f16" else 4)
    else:                       # the head is needed for the last token only
        work = 2 * n * L * layer + 2 * V * D + L * 4 * D * n * (n + 1) / 2
    return Case(name, "llama-f16" if dtype == "f16" else "llama", how, size, "tok/s", work, dtype, steps, n, past)


def conv(name, model, places, taps, unit="us", **sizes):
    """Padding counts as if it were there: places x taps multiply-adds, taps over all input channels that an output sees."""
    return Case(name, model, "conv", sizes, unit, 2 * places * taps)


M110 = dict(L=12, D=768, H=12, Hk=12, F=2048, V=32000, M=1024)
K260 = dict(L=5, D=64, H=8, Hk=4, F=172, V=512, M=512)

CASES = [
    encoder("bert-128", "encoder-post", "bert", 12, 128, 768, 12, 3072),
    encoder("minilm-128", "encoder-post", "bert", 6, 128, 384, 12, 1536),
    encoder("minilm-16", "encoder-post", "bert", 6, 16, 384, 12, 1536),
    encoder("vit-tiny", "encoder-pre", "vit", 12, 197, 192, 3, 768),
    encoder("encoder-64", "encoder-pre", "vit", 2, 32, 64, 4, 256, "us"),
    *[llama(f"llama110m-{how}", kind, n, dtype, past, steps, **M110) for dtype in ("f32", "f16")
      for how, kind, n, past, steps in (("decode", "decode", 1, 8, 16), ("prefill128", "prefill", 128, 0, 1), ("prefill512", "prefill", 512, 0, 1))],
    llama("llama260k-n64", "decode", 1, steps=64, **K260),
    llama("llama260k-n512", "decode", 1, steps=512, **K260),
    Case("attention-full", "attention", "attention", dict(T=512, H=12, C=64, causal=0), "ms", 4 * 512 * 512 * 768),
    Case("attention-causal", "attention", "attention", dict(T=512, H=12, C=64, causal=1), "ms", 4 * 512 * 513 / 2 * 768),
    *[Case(f"gemm-{m}x{n}x{k}", "gemm", "gemm", dict(M=m, N=n, K=k), "us", 2 * m * n * k) for n, k in GEMM_NK for m in GEMM_M],
    conv("conv1d-80x384", "conv1d", 3000 * 384, 3 * 80, "ms", T=3000, I=80, O=384, K=3, S=1, P=1),
    conv("conv1d-384x384-stride2", "conv1d", 1500 * 384, 3 * 384, "ms", T=3000, I=384, O=384, K=3, S=2, P=1),
    conv("conv2d-64x64", "conv2d", 56 * 56 * 64, 9 * 64, "ms", H=56, I=64, O=64, K=3),
    conv("conv2d-64x64-first", "conv2d-first", 56 * 56 * 64, 9 * 64, "ms", H=56, I=64, O=64, K=3),
    conv("patch-16", "patch", 196 * 192, 3 * 256, "ms", H=224, I=3, K=16, D=192),
    conv("depthwise2d-192", "depthwise2d", 56 * 56 * 192, 9, H=56, C=192, K=3),
    conv("depthwise2d-192-first", "depthwise2d-first", 56 * 56 * 192, 9, H=56, C=192, K=3),
    conv("depthwise1d-1536", "depthwise1d", 512 * 1536, 4, T=512, C=1536, K=4),
]


def choose(words):
    """The cases that words name: a name, its beginning (`bert`, `gemm`, `gemm-128`), or name:dtype. No word: all."""
    if not words:
        return list(CASES)
    chosen = []
    for word in words:
        name, _, dtype = word.partition(":")
        found = [c for c in CASES if (c.name == name or c.name.startswith(name)) and dtype in ("", c.dtype)]
        if not found:
            raise SystemExit(f"no case is called {word}; there are: " + " ".join(dict.fromkeys(c.name for c in CASES)))
        chosen += [c for c in found if c not in chosen]
    return chosen
