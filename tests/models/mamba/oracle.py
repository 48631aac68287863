"""Mamba: causal depthwise convolution and selective scan; a prefill and steps against one full pass."""
import pathlib
import sys

import torch
from transformers import MambaConfig, MambaForCausalLM

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, save_weights, tokens  # noqa: E402

MAX = 17


def main():
    config = MambaConfig(vocab_size=47, hidden_size=34, state_size=5, num_hidden_layers=2, conv_kernel=4, expand=2,
                         time_step_rank=3, use_bias=True, use_conv_bias=True, tie_word_embeddings=True)
    model = randomize(MambaForCausalLM(config), 6)
    with torch.no_grad():  # decay rates of both slow and fast channels
        for layer in model.backbone.layers:
            layer.mixer.A_log.copy_(torch.rand(layer.mixer.A_log.shape, generator=torch.Generator().manual_seed(8)) * 3 - 1)
    save_weights(model, HERE / "weights.safetensors")
    model.double()
    data = Data()
    tok = tokens(15, 0, 47, 1, MAX)
    with torch.no_grad():
        logits = model(tok, use_cache=False).logits[0]
    data.put(**{"all.tok": tok[0], "all.logits": logits})
    for name, start, end in (("one", 0, 1), ("s1", 1, 2), ("s2", 2, 3), ("chunk", 3, 12), ("s3", 12, 13), ("last", 13, MAX)):
        data.put(**{f"{name}.tok": tok[0, start:end], f"{name}.logits": logits[start:end]})
    data.save(HERE / "data.npz")


main()
