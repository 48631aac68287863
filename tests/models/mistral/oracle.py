"""Mistral: sliding-window attention; chunks of a sequence that is longer than window and cache."""
import pathlib
import sys

import torch
from transformers import MistralConfig, MistralForCausalLM

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, save_weights, tokens  # noqa: E402

LENGTH, WINDOW, CHUNK = 41, 6, 9


def main():
    config = MistralConfig(vocab_size=49, hidden_size=36, intermediate_size=46, num_hidden_layers=2, num_attention_heads=6,
                           num_key_value_heads=3, max_position_embeddings=64, rms_norm_eps=1e-5, sliding_window=WINDOW,
                           rope_parameters={"rope_type": "default", "rope_theta": 1000.0}, tie_word_embeddings=False,
                           attn_implementation="eager")
    model = randomize(MistralForCausalLM(config), 14)
    save_weights(model, HERE / "weights.safetensors")
    model.double()
    data = Data()
    tok = tokens(31, 0, 49, 1, LENGTH)
    with torch.no_grad():
        logits = model(tok).logits[0]
        later = model(torch.cat([tokens(32, 0, 49, 1, 3), tok[:, 3:]], 1)).logits[0]
    # Two layers see twice the window less one back: what is older has no influence, what is not has.
    assert torch.equal(logits[3 + 2 * (WINDOW - 1):], later[3 + 2 * (WINDOW - 1):]) and not torch.equal(logits[3 + WINDOW], later[3 + WINDOW])
    for name, start, end in (("first", 0, CHUNK), ("second", CHUNK, 2 * CHUNK), ("one", 18, 19), ("two", 19, 21), ("third", 21, 30),
                             ("fourth", 30, 39), ("last", 39, LENGTH)):
        data.put(**{f"{name}.tok": tok[0, start:end], f"{name}.logits": logits[start:end]})
    data.save(HERE / "data.npz")


main()
