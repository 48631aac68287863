"""Writes what the compiled model is compared with, from weights.safetensors: test.bin and expected.txt.

    python3 reference.py

test.bin       the held-out images: the 4 bytes "DIG8", the count as little-endian u32, then for each image
               64 bytes (row by row, 0 = white .. 16 = black) and 1 byte (the label)
expected.txt   PyTorch's answer for each image of test.bin, one digit a line

Logits are computed in float64 from the float32 weights. Stops if float32 would give another answer anywhere.
"""
import struct

import torch
from safetensors.torch import load_file

from model import Digits
from train import HERE, splits


def main():
    torch.set_num_threads(1)
    _, _, x, y = splits()
    pixels = x.to(torch.uint8)
    assert torch.equal(pixels.float(), x) and int(pixels.max()) <= 16
    with open(HERE / "test.bin", "wb") as out:
        out.write(b"DIG8" + struct.pack("<I", len(x)))
        for image, label in zip(pixels, y.tolist()):
            out.write(bytes(image.flatten().tolist()) + bytes([label]))
    model = Digits()
    model.load_state_dict(load_file(HERE / "weights.safetensors"))
    with torch.no_grad():
        single = model(x)
        logits = model.double()(x.double())
    answer = logits.argmax(1)
    assert torch.equal(answer, single.argmax(1)), "float32 and float64 disagree: pick another seed"
    best = logits.topk(2, dim=1).values
    (HERE / "expected.txt").write_text("".join(f"{d}\n" for d in answer.tolist()))
    print(f"{int((answer == y).sum())} of {len(x)} right; the two best logits are at least"
          f" {(best[:, 0] - best[:, 1]).min():.4f} apart, float32 is {(logits - single).abs().max():.1e} off")


if __name__ == "__main__":
    main()
