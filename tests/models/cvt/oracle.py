"""CvT: overlapping strided convolutions between two stages, depthwise convolution with BatchNorm before q, k and v."""
import pathlib
import sys

import torch
from transformers import CvtConfig, CvtForImageClassification

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import Data, randomize, save_weights  # noqa: E402


def main():
    config = CvtConfig(num_channels=3, patch_sizes=[5, 3], patch_stride=[2, 2], patch_padding=[2, 1], embed_dim=[16, 24],
                       num_heads=[1, 3], depth=[1, 2], mlp_ratio=[2.0, 2.0], attention_drop_rate=[0.0, 0.0],
                       drop_rate=[0.0, 0.0], drop_path_rate=[0.0, 0.0], qkv_bias=[True, True], cls_token=[False, True],
                       qkv_projection_method=["dw_bn", "dw_bn"], kernel_qkv=[3, 3], padding_kv=[1, 1], stride_kv=[2, 2],
                       padding_q=[1, 1], stride_q=[1, 1], num_labels=6)
    model = randomize(CvtForImageClassification(config), 12)
    save_weights(model, HERE / "weights.safetensors")
    model.double()
    data = Data()
    for name, batch in (("one", 1), ("two", 2)):
        image = torch.randn(batch, 3, 12, 16, generator=torch.Generator().manual_seed(batch))
        with torch.no_grad():
            out = model(image.double(), output_hidden_states=True)
        data.put(**{f"{name}.image": image, f"{name}.logits": out.logits, f"{name}.last": out.hidden_states[-1]})
    data.save(HERE / "data.npz")


main()
