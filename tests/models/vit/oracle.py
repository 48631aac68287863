"""ViT image classifier: patch convolution on a picture that is not square, class token, pre-norm encoder."""
import pathlib
import sys

import torch
from transformers import ViTConfig, ViTForImageClassification

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, save_weights  # noqa: E402


def main():
    config = ViTConfig(hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=50, image_size=(12, 20),
                       patch_size=4, num_channels=3, num_labels=7, attn_implementation="eager")
    model = randomize(ViTForImageClassification(config), 4)
    save_weights(model, HERE / "weights.safetensors")
    model.double()
    data = Data()
    for name, batch in (("one", 1), ("three", 3)):
        image = torch.randn(batch, 3, 12, 20, generator=torch.Generator().manual_seed(batch))
        with torch.no_grad():
            out = model(image.double(), output_hidden_states=True)
        data.put(**{f"{name}.image": image, f"{name}.logits": out.logits, f"{name}.hidden": out.hidden_states[-1]})
    data.save(HERE / "data.npz")


main()
