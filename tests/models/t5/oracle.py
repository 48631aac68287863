"""T5 1.1: encoder-decoder, bucketed relative positions shared by the layers, gated GELU, padded sources."""
import pathlib
import sys

import torch
from transformers import T5Config, T5ForConditionalGeneration

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, right_padding, save_weights, tokens  # noqa: E402

MAX = 40  # positions past the largest exact bucket and past the largest distance are met


def main():
    config = T5Config(vocab_size=51, d_model=32, d_kv=6, d_ff=44, num_layers=2, num_decoder_layers=2, num_heads=3,
                      relative_attention_num_buckets=8, relative_attention_max_distance=20, feed_forward_proj="gated-gelu",
                      tie_word_embeddings=False, layer_norm_epsilon=1e-6, attn_implementation="eager")
    model = T5ForConditionalGeneration(config)
    model.lm_head.weight = torch.nn.Parameter(torch.empty(51, 32))  # a head of its own, as T5 1.1 has
    randomize(model, 9)
    save_weights(model, HERE / "weights.safetensors", extra={"lm_head.weight": model.lm_head.weight.detach()})
    model.double()
    data = Data()
    for name, lengths, target in (("a", [13, 5], 9), ("b", [MAX, 1], MAX), ("c", [1, 1], 1)):
        mask = right_padding(lengths, max(lengths))
        src, tgt = tokens(len(lengths) + target, 0, 51, *mask.shape), tokens(target, 0, 51, 2, target)
        with torch.no_grad():
            out = model(src, attention_mask=mask, decoder_input_ids=tgt)
        data.put(**{f"{name}.src": src, f"{name}.len": torch.tensor(lengths), f"{name}.memory": out.encoder_last_hidden_state,
                    f"{name}.tgt": tgt, f"{name}.logits": out.logits})
        if target == 9:
            for part, start, end in (("pre", 0, 5), ("s1", 5, 6), ("s2", 6, 7), ("last", 7, 9)):
                data.put(**{f"{part}.tgt": tgt[:, start:end], f"{part}.logits": out.logits[:, start:end]})
        if target == 9:  # the second row, alone and without its padding
            n = lengths[1]
            data.put(**{"solo.src": src[1:, :n], "solo.len": torch.tensor([n]), "solo.memory": out.encoder_last_hidden_state[1:, :n],
                        "solo.tgt": tgt[1:], "solo.logits": out.logits[1:]})
    data.save(HERE / "data.npz")


main()
