"""The library nn.tfx: each function and block next to what PyTorch (or transformers) calls the same."""
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.t5.modeling_t5 import T5Attention

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize  # noqa: E402

HEADS, KV, C, D, T, J = 6, 2, 5, 36, 11, 9
GEN = torch.Generator().manual_seed(20)
WEIGHTS, DATA = {}, Data()


def some(*shape):
    return torch.randn(*shape, generator=GEN)


def weigh(name, module):
    """The module with random weights in float64, which are kept under name.*"""
    randomize(module, len(WEIGHTS) + 1)
    WEIGHTS.update({f"{name}.{k}": v.clone() for k, v in module.state_dict().items() if v.is_floating_point()})
    return module.double()


def case(name, inputs, outputs):
    DATA.put(**{f"{name}.{k}": v for k, v in inputs.items()}, **{f"{name}.{k}": v for k, v in zip("ABCDEFGH", outputs)})


def activations():
    x = torch.cat([torch.linspace(-6, 6, 37), torch.tensor([-40.0, 40.0, -0.01, 0.01])])
    z = x.double()
    case("one", {"x": x}, [F.relu(z), F.relu(z) ** 2, F.leaky_relu(z, 0.07), F.silu(z), F.gelu(z), F.gelu(z, approximate="tanh"),
                           z * torch.sigmoid(1.702 * z), F.softplus(z)])
    case("two", {"x": x}, [F.elu(z, 0.7), F.selu(z), F.mish(z), F.hardtanh(z / 6 + 0.5, 0, 1), z * F.hardtanh(z / 6 + 0.5, 0, 1), F.softsign(z)])


def lines_and_norms():
    x, ids = some(2, 3, 5), torch.randint(0, 9, (2, 3), generator=GEN)
    z = x.double()
    case("lines", {"x": x, "id": ids}, [weigh("fc", nn.Linear(5, 7))(z), weigh("bare", nn.Linear(5, 4, bias=False))(z),
                                        weigh("emb", nn.Embedding(9, 6))(ids)])
    case("norms", {"x": x}, [weigh("ln", nn.LayerNorm(5, eps=1e-3))(z), weigh("rms", nn.RMSNorm(5, eps=1e-3))(z), F.layer_norm(z, (5,)),
                             F.normalize(z, dim=-1), z * 1.7 / z.norm(dim=-1, keepdim=True)])
    x = some(6, 4, 3)
    z = x.double()[None]
    case("image_norms", {"x": x}, [weigh("gn", nn.GroupNorm(2, 6))(z), weigh("bn", nn.BatchNorm2d(6))(z), F.instance_norm(z), z.mean((2, 3))])


def convolutions():
    x = some(4, 13)
    z = x.double()
    case("conv_line", {"x": x}, [weigh("c1", nn.Conv1d(4, 6, 3, 2, 2, 2, groups=2))(z), weigh("c1b", nn.Conv1d(4, 3, 4, bias=False))(z),
                                 weigh("dw", nn.Conv1d(4, 4, 3, padding=1, groups=4))(z), F.max_pool1d(z, 3, 2)])
    x = some(3, 9, 11) - 3  # below 0: a maximum over padding with 0 would show
    z = x.double()
    case("conv_image", {"x": x}, [weigh("c2", nn.Conv2d(3, 6, 3, 2, 1, groups=3))(z), weigh("c2b", nn.Conv2d(3, 2, 2, dilation=3, bias=False))(z),
                                  F.max_pool2d(z, 3, 2, 1), F.max_pool2d(z, 3, 2), F.avg_pool2d(z, 3, 2, 1)])
    x, w = some(2, 5, 6, 7), some(3, 2, 3, 2, 3)
    case("conv_room", {"x": x, "w": w}, [F.conv3d(x.double(), w.double(), stride=2, padding=1)])


def rotated(x, freq, pos):
    """x[T,2,3,C]: channel c turns with channel c + C/2 by (pos + t) * freq[c]."""
    angle = (pos + torch.arange(len(x), dtype=torch.float64))[:, None] * freq
    co, si = angle.cos()[:, None, None], angle.sin()[:, None, None]
    a, b = x.chunk(2, -1)
    return torch.cat([a * co - b * si, b * co + a * si], -1)


def positions():
    x, pos = some(T, 2, 3, 8), 7
    z = x.double()
    freq = 500.0 ** (-torch.arange(4, dtype=torch.float64) / 4)
    halves = torch.cat([z[..., 0::2], z[..., 1::2]], -1)
    inter = rotated(halves, freq, pos)
    inter = torch.stack(inter.chunk(2, -1), -1).flatten(-2)
    part = torch.cat([rotated(z[..., :4], 500.0 ** (-torch.arange(2, dtype=torch.float64) / 2), pos), z[..., 4:]], -1)
    config = LlamaConfig(hidden_size=48, num_attention_heads=6, head_dim=8, max_position_embeddings=64, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16})
    scaled = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")[0].double()
    assert not torch.allclose(scaled, freq) and not torch.allclose(scaled, freq / 8)
    case("turns", {"x": x, "pos": pos}, [rotated(z, freq, pos), inter, part, rotated(z, scaled, pos)])
    t, c = torch.arange(T, dtype=torch.float64)[:, None], torch.arange(6)
    angle = t * 10000.0 ** (-(c // 2 * 2).double() / 6)
    rel = torch.arange(400)[None] - 200 - torch.arange(T)[:, None]
    one = torch.ones(T)
    case("places", {"x": one}, [torch.where(c % 2 == 0, angle.sin(), angle.cos()), 2.0 ** -torch.arange(1, 9).double(),
                                T5Attention._relative_position_bucket(rel, True, 32, 128),
                                T5Attention._relative_position_bucket(rel, False, 10, 50)])


def attend(q, k, v, keep=None, bias=0, scale=None):
    """q[T,H,C], k[J,K,C], v[J,K,E]; keep[T,J]: which keys count. Gives [T,H,E]."""
    k, v = (a.repeat_interleave(q.shape[1] // a.shape[1], 1) for a in (k, v))
    score = torch.einsum("thc,jhc->htj", q, k) * (q.shape[-1] ** -0.5 if scale is None else scale) + bias
    if keep is not None:
        score = score.masked_fill(~keep, -math.inf)
    return torch.einsum("htj,jhe->the", score.softmax(-1), v)


def attentions():
    q, k, v, bias = some(T, HEADS, C), some(J, KV, C), some(J, KV, 4), some(HEADS, T, J)
    mask = torch.rand(T, J, generator=GEN) < 0.5
    mask[:, 4] = True
    pos, length = 2, 6
    i, j = torch.arange(T)[:, None], torch.arange(J)
    z = [a.double() for a in (q, k, v)]
    case("look", {"q": q, "k": k, "v": v, "mask": mask, "bias": bias, "pos": pos, "len": length},
         [attend(*z), attend(*z, j <= pos + i), attend(*z, (i - j).abs() <= 3), attend(*z, mask), attend(*z, (j < length).expand(T, J)),
          attend(*z, bias=bias.double(), scale=0.3)])


class Attention(nn.Module):
    def __init__(self, inside, heads, kv_heads, bias):
        super().__init__()
        self.heads, wide = heads, D // heads * kv_heads
        self.q, self.o = nn.Linear(D, D, bias), nn.Linear(D, D, bias)
        self.k, self.v = nn.Linear(inside, wide, bias), nn.Linear(inside, wide, bias)

    def forward(self, x, y, keep=None):
        q, k, v = (a.unflatten(-1, (-1, D // self.heads)) for a in (self.q(x), self.k(y), self.v(y)))
        return self.o(attend(q, k, v, keep).flatten(1))


class Wide(nn.Module):
    def __init__(self, hidden, act, bias):
        super().__init__()
        self.fc1, self.fc2, self.act = nn.Linear(D, hidden, bias), nn.Linear(hidden, D, bias), act

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class Gated(nn.Module):
    def __init__(self, hidden, act):
        super().__init__()
        self.gate, self.up = nn.Linear(D, hidden, False), nn.Linear(D, hidden, False)
        self.down, self.act = nn.Linear(hidden, D, False), act

    def forward(self, x):
        return self.down(self.act(self.gate(x)) * self.up(x))


class SwiGLU(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.w1, self.w3 = nn.Parameter(torch.empty(hidden, D)), nn.Parameter(torch.empty(hidden, D))
        self.w2 = nn.Parameter(torch.empty(D, hidden))

    def forward(self, x):
        return F.linear(F.silu(F.linear(x, self.w1)) * F.linear(x, self.w3), self.w2)


class MoE(nn.Module):
    def __init__(self, experts, k, hidden):
        super().__init__()
        self.gate, self.k = nn.Linear(D, experts, False), k
        self.expert = nn.ModuleList(SwiGLU(hidden) for _ in range(experts))

    def forward(self, x):
        w, at = self.gate(x).softmax(-1).topk(self.k, -1)
        w = w / w.sum(-1, keepdim=True)
        every = torch.stack([e(x) for e in self.expert], 1)
        return (w[..., None] * every.gather(1, at[..., None].expand(-1, -1, D))).sum(1)


class Cached(nn.Module):
    """Causal attention with rotary positions (base 500)."""

    def __init__(self):
        super().__init__()
        narrow = KV * D // HEADS
        self.wq, self.wo = nn.Parameter(torch.empty(D, D)), nn.Parameter(torch.empty(D, D))
        self.wk, self.wv = nn.Parameter(torch.empty(narrow, D)), nn.Parameter(torch.empty(narrow, D))

    def forward(self, x):
        dh = D // HEADS
        q, k, v = (F.linear(x, w).unflatten(-1, (-1, dh)) for w in (self.wq, self.wk, self.wv))
        freq = 500.0 ** (-torch.arange(dh // 2, dtype=torch.float64) * 2 / dh)
        q, k = (rotated(a[:, None], freq, 0)[:, 0] for a in (q, k))
        return F.linear(attend(q, k, v, torch.ones(T, T, dtype=torch.bool).tril()).flatten(1), self.wo)


def layers():
    x, y = some(T, D), some(J, 12)
    z = x.double()
    causal = torch.ones(T, T, dtype=torch.bool).tril()
    case("layers", {"x": x, "y": y}, [weigh("sa", Attention(D, HEADS, KV, True))(z, z, causal), weigh("sb", Attention(D, 3, 3, False))(z, z),
                                      weigh("ca", Attention(12, 4, 4, True))(z, y.double())])
    case("forward", {"x": x}, [weigh("ff", Wide(17, F.gelu, True))(z), weigh("fr", Wide(9, F.relu, False))(z), weigh("sw", SwiGLU(13))(z),
                               weigh("gf", Gated(11, F.gelu))(z), weigh("moe", MoE(5, 2, 7))(z)])
    y = weigh("cache", Cached())(z)
    case("cached", {"x": x}, [y])
    for part, begin, end in (("first", 0, 4), ("next", 4, 5), ("rest", 5, T)):
        DATA.put(**{f"{part}.x": x[begin:end], f"{part}.A": y[begin:end]})
    case("recurrent", {"x": x}, [weigh("lstm", nn.LSTM(D, 8))(z)[0], weigh("gru", nn.GRU(D, 7))(z)[0]])


def scans():
    u, dt, a, b, c, d, h0 = some(T, 6), some(T, 6).abs(), -some(6, 3).abs(), some(T, 3), some(T, 3), some(6), some(6, 3)
    h, out = h0.double(), []
    for t in range(T):
        h = (dt[t].double()[:, None] * a).exp() * h + (dt[t].double() * u[t])[:, None] * b[t]
        out.append(h @ c[t].double() + d * u[t])
    case("scanned", {"u": u, "dt": dt, "a": a, "b": b, "c": c, "d": d, "h": h0}, [torch.stack(out), h])


def main():
    with torch.no_grad():
        for part in (activations, lines_and_norms, convolutions, positions, attentions, layers, scans):
            part()
    save_file({k: v.float().contiguous() for k, v in sorted(WEIGHTS.items())}, HERE / "weights.safetensors")
    DATA.save(HERE / "data.npz")


main()
