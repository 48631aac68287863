"""A small Llama-style character model of English words, in plain PyTorch.

Takes: symbols i64[B,T] (0 = word boundary, 1..26 = a..z).  Gives: logits f32[B,T,27] for the next symbol.
RMS norm, rotary positions (half rotation), grouped-query attention, SwiGLU.
Parameter names are the tensor names of weights.safetensors; linear weights are stored [out, in],
the out axis of wq, wk, wv is heads * head_dim flattened. Query head h reads key/value head h / (HEADS / KV_HEADS).
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

D, HEADS, KV_HEADS, FFN, LAYERS, VOCAB = 64, 4, 2, 128, 4, 27
HEAD_DIM = D // HEADS
MAX_LEN = 32
THETA, EPS = 10000.0, 1e-5


def weight(out, inner, std=None):
    return nn.Parameter(torch.randn(out, inner) * (inner ** -0.5 if std is None else std))


def rms_norm(x, g):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPS) * g


def rope(x):
    """Turns element c of a head together with element c + HEAD_DIM/2 by position * THETA^(-2c/HEAD_DIM). x: [B,H,T,C]."""
    half = HEAD_DIM // 2
    rate = THETA ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * rate
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


class Attention(nn.Module):
    """Causal grouped-query attention, no biases."""

    def __init__(self):
        super().__init__()
        self.wq = weight(HEADS * HEAD_DIM, D)
        self.wk = weight(KV_HEADS * HEAD_DIM, D)
        self.wv = weight(KV_HEADS * HEAD_DIM, D)
        self.wo = weight(D, HEADS * HEAD_DIM)

    def forward(self, x):
        q, k, v = (F.linear(x, w).unflatten(-1, (-1, HEAD_DIM)).transpose(1, 2) for w in (self.wq, self.wk, self.wv))
        q, k = rope(q), rope(k)
        k, v = (a.repeat_interleave(HEADS // KV_HEADS, dim=1) for a in (k, v))
        score = q @ k.transpose(-1, -2) / math.sqrt(HEAD_DIM)
        future = torch.ones(score.shape[-2:], dtype=torch.bool).triu(1)
        p = torch.softmax(score.masked_fill(future, -math.inf), dim=-1)
        return F.linear((p @ v).transpose(1, 2).flatten(2), self.wo)


class FeedForward(nn.Module):
    """SwiGLU: w2 (silu(w1 x) * w3 x)."""

    def __init__(self):
        super().__init__()
        self.w1, self.w3, self.w2 = weight(FFN, D), weight(FFN, D), weight(D, FFN)

    def forward(self, x):
        return F.linear(F.silu(F.linear(x, self.w1)) * F.linear(x, self.w3), self.w2)


class Layer(nn.Module):
    """Pre-norm block: x + attn(norm1 x), then x + ffn(norm2 x)."""

    def __init__(self):
        super().__init__()
        self.norm1, self.attn = nn.Parameter(torch.ones(D)), Attention()
        self.norm2, self.ffn = nn.Parameter(torch.ones(D)), FeedForward()

    def forward(self, x):
        x = x + self.attn(rms_norm(x, self.norm1))
        return x + self.ffn(rms_norm(x, self.norm2))


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = weight(VOCAB, D, std=1.0)
        self.layer = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.Parameter(torch.ones(D))
        self.head = weight(VOCAB, D)

    def forward(self, tok):
        x = self.emb[tok]
        for layer in self.layer:
            x = layer(x)
        return F.linear(rms_norm(x, self.norm), self.head)
