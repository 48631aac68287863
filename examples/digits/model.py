"""A small vision transformer for 8x8 handwritten digits, in plain PyTorch.

Takes: pixel values 0..16, f32[B,8,8].  Gives: logits f32[B,10].
Parameter names are the tensor names of weights.safetensors; linear weights are stored [out, in],
the out axis of wq, wk, wv is heads * head_dim flattened.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

D, HEADS, FFN, LAYERS, CLASSES = 48, 4, 128, 3, 10
SIDE, PATCH = 8, 2
TOKENS = (SIDE // PATCH) ** 2
EPS = 1e-5


def weight(*shape, std=0.02):
    return nn.Parameter(torch.randn(*shape) * std)


class Norm(nn.Module):
    """Layer norm over the last axis: g * (x - mean) / sqrt(var + EPS) + b."""

    def __init__(self):
        super().__init__()
        self.g = nn.Parameter(torch.ones(D))
        self.b = nn.Parameter(torch.zeros(D))

    def forward(self, x):
        return F.layer_norm(x, (D,), self.g, self.b, EPS)


class Attention(nn.Module):
    """Full (non-causal) self-attention with biases."""

    def __init__(self):
        super().__init__()
        for name in "qkvo":
            setattr(self, "w" + name, weight(D, D, std=D ** -0.5))
            setattr(self, "b" + name, nn.Parameter(torch.zeros(D)))

    def heads(self, x, w, b):  # [B,T,D] -> [B,H,T,D/H]
        return F.linear(x, w, b).unflatten(-1, (HEADS, D // HEADS)).transpose(1, 2)

    def forward(self, x):
        q = self.heads(x, self.wq, self.bq)
        k = self.heads(x, self.wk, self.bk)
        v = self.heads(x, self.wv, self.bv)
        p = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(D // HEADS), dim=-1)
        return F.linear((p @ v).transpose(1, 2).flatten(2), self.wo, self.bo)


class FeedForward(nn.Module):
    """w2 gelu(w1 x + b1) + b2 with the exact (erf) GELU."""

    def __init__(self):
        super().__init__()
        self.w1 = weight(FFN, D, std=D ** -0.5)
        self.b1 = nn.Parameter(torch.zeros(FFN))
        self.w2 = weight(D, FFN, std=FFN ** -0.5)
        self.b2 = nn.Parameter(torch.zeros(D))

    def forward(self, x):
        return F.linear(F.gelu(F.linear(x, self.w1, self.b1)), self.w2, self.b2)


class Layer(nn.Module):
    """Pre-norm block: x + attn(norm1 x), then x + ffn(norm2 x)."""

    def __init__(self):
        super().__init__()
        self.norm1, self.attn = Norm(), Attention()
        self.norm2, self.ffn = Norm(), FeedForward()

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.ffn(self.norm2(x))


class Projection(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.w = weight(*shape, std=math.prod(shape[1:]) ** -0.5)
        self.b = nn.Parameter(torch.zeros(shape[0]))


class Digits(nn.Module):
    """Patches 2x2 -> 16 tokens -> layers -> norm -> mean over tokens -> head."""

    def __init__(self):
        super().__init__()
        self.patch = Projection(D, PATCH, PATCH)  # [out, row, column] inside a patch
        self.pos = weight(TOKENS, D)
        self.layer = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = Norm()
        self.head = Projection(CLASSES, D)

    def forward(self, image):
        x = F.conv2d(image.unsqueeze(1) / 16, self.patch.w.unsqueeze(1), self.patch.b, stride=PATCH)
        x = x.flatten(2).transpose(1, 2) + self.pos  # token = patch row * 4 + patch column
        for layer in self.layer:
            x = layer(x)
        return F.linear(self.norm(x).mean(dim=1), self.head.w, self.head.b)
