"""Llama: RMS norm, half-rotation RoPE, grouped-query attention with heads wider than hidden / heads, SwiGLU, untied head."""
import pathlib
import sys

import torch
from transformers import LlamaConfig, LlamaForCausalLM

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, save_weights, tokens  # noqa: E402

MAX = 23


def main():
    config = LlamaConfig(vocab_size=53, hidden_size=48, intermediate_size=60, num_hidden_layers=2, num_attention_heads=6,
                         num_key_value_heads=2, head_dim=10, max_position_embeddings=MAX, rms_norm_eps=1e-5,
                         rope_parameters={"rope_type": "default", "rope_theta": 500.0}, tie_word_embeddings=False,
                         attn_implementation="eager")
    model = randomize(LlamaForCausalLM(config), 3)
    assert config.rope_parameters["rope_theta"] == 500.0
    # Older checkpoints carry this buffer; the model text says that it is not used.
    save_weights(model, HERE / "weights.safetensors",
                 extra={f"model.layers.{i}.self_attn.rotary_emb.inv_freq": torch.full((5,), 9.0) for i in range(2)})
    model.double()
    data = Data()
    tok = tokens(5, 0, 53, 1, MAX)
    with torch.no_grad():
        logits = model(tok).logits[0]
    data.put(**{"all.tok": tok[0], "all.logits": logits})
    for name, start, end in (("one", 0, 1), ("pre", 0, 11), ("s1", 11, 12), ("s2", 12, 13), ("chunk", 13, 20),
                             ("last", 20, MAX)):
        data.put(**{f"{name}.tok": tok[0, start:end], f"{name}.logits": logits[start:end]})
    for t in range(3):
        data.put(**{f"t{t}.tok": tok[0, t:t + 1], f"t{t}.logits": logits[t:t + 1]})
    data.put(**{"bad.tok": [3, 53, 1], "to.0": 0, "to.11": 11, "to.24": 24})
    data.save(HERE / "data.npz")


main()
