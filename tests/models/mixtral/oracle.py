"""Mixtral: Llama attention, top-2 of 5 SwiGLU experts with renormalised weights."""
import pathlib
import sys

import torch
from transformers import MixtralConfig, MixtralForCausalLM

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, save_weights, tokens  # noqa: E402

MAX = 15


def main():
    config = MixtralConfig(vocab_size=43, hidden_size=32, intermediate_size=27, num_hidden_layers=2, num_attention_heads=4,
                           num_key_value_heads=2, max_position_embeddings=MAX, num_local_experts=5, num_experts_per_tok=2,
                           rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
                           sliding_window=None, tie_word_embeddings=False, attn_implementation="eager",
                           experts_implementation="eager")
    model = randomize(MixtralForCausalLM(config), 7)
    save_weights(model, HERE / "weights.safetensors")
    model.double()
    data = Data()
    tok = tokens(25, 0, 43, 1, MAX)
    with torch.no_grad():
        out = model(tok, output_router_logits=True)
    for router in out.router_logits:  # a close call between second and third expert would be decided by rounding
        best = router.topk(3, dim=-1).values
        assert (best[:, 1] - best[:, 2]).min() > 1e-3
    logits = out.logits[0]
    data.put(**{"all.tok": tok[0], "all.logits": logits})
    for name, start, end in (("pre", 0, 7), ("s1", 7, 8), ("s2", 8, 9), ("last", 9, MAX)):
        data.put(**{f"{name}.tok": tok[0, start:end], f"{name}.logits": logits[start:end]})
    data.save(HERE / "data.npz")


main()
