"""A ViTMatte of a few thousand random weights, saved as the real ones are."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    VitDetConfig,
    VitMatteConfig,
    VitMatteForImageMatting,
    VitMatteImageProcessor,
)


def make_vitmatte(folder: Path, *, near: bool = False, seed: int = 0) -> Path:
    """Save one.

    Args:
        folder: Where to; made when it is not there.
        near: Without anything that sees the whole picture, or where in it something is: what such
            a network says of a pixel depends on some 64 px around it.
        seed: Of the weights.

    Returns:
        The folder.
    """
    backbone = VitDetConfig(
        num_channels=4,
        image_size=64,
        pretrain_image_size=32,
        patch_size=16,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        window_size=2,
        window_block_indices=[0, 1] if near else [0],
        residual_block_indices=[] if near else [1],
        use_absolute_position_embeddings=True,
        use_relative_position_embeddings=True,
        out_features=["stage2"],
    )
    config = VitMatteConfig(
        backbone_config=backbone,
        hidden_size=16,
        convstream_hidden_sizes=[4, 8, 8],
        fusion_hidden_sizes=[8, 8, 8, 4],
        initializer_range=0.3,
    )
    torch.manual_seed(seed)
    model = VitMatteForImageMatting(config).eval()
    with torch.no_grad():  # fresh weights hardly answer to the picture; these do
        for name, value in model.named_parameters():
            if value.ndim > 1:
                value.copy_(torch.randn_like(value) * (1.5 / value[0].numel() ** 0.5))
            elif "norm" in name and name.endswith("weight"):
                value.fill_(1.0)
            if near and name.endswith("position_embeddings"):
                value.zero_()
    model.save_pretrained(folder)
    VitMatteImageProcessor().save_pretrained(folder)
    return folder
