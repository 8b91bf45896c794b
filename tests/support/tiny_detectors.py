"""Tiny detectors: the real classes with random weights, saved as published ones are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import (
    DFineConfig,
    DFineForObjectDetection,
    RfDetrConfig,
    RfDetrForObjectDetection,
    RfDetrImageProcessor,
    RTDetrImageProcessor,
)

LABELS = {0: "person", 1: "dog", 2: "traffic light"}
SIDE_PX = 64


def save_d_fine(folder: Path, labels: Mapping[int, str] = LABELS, **changes: Any) -> Path:
    """A D-FINE with an HGNet-V2 of eight channels."""
    backbone = {
        "model_type": "hgnet_v2", "stem_channels": [3, 8, 8], "stage_in_channels": [8, 8, 8, 16],
        "stage_mid_channels": [8, 8, 8, 8], "stage_out_channels": [8, 8, 16, 16],
        "stage_num_blocks": [1, 1, 1, 1], "stage_numb_of_layers": [1, 1, 1, 1],
        "depths": [1, 1, 1, 1], "hidden_sizes": [8, 8, 16, 16], "embedding_size": 8,
        "out_features": ["stage2", "stage3", "stage4"], "use_learnable_affine_block": True,
    }  # fmt: skip
    config = DFineConfig(
        backbone_config=backbone, encoder_in_channels=[8, 16, 16], encoder_hidden_dim=16,
        d_model=16, encoder_ffn_dim=16, encoder_attention_heads=2,
        decoder_in_channels=[16, 16, 16], decoder_ffn_dim=16, decoder_layers=2,
        decoder_attention_heads=2, decoder_n_points=2, num_queries=20, num_denoising=0,
        lqe_hidden_dim=8, max_num_bins=8, **_named(labels), **changes,
    )  # fmt: skip
    return _save(folder, DFineForObjectDetection, config, RTDetrImageProcessor, 0.2)


def save_rf_detr(folder: Path, labels: Mapping[int, str] = LABELS, **changes: Any) -> Path:
    """An RF-DETR with a windowed DINOv2 of four layers."""
    backbone = {
        "model_type": "rf_detr_dinov2", "hidden_size": 24, "num_hidden_layers": 4,
        "num_attention_heads": 2, "image_size": SIDE_PX, "patch_size": 8, "num_windows": 2,
        "out_features": ["stage2", "stage4"], "mlp_ratio": 2, "num_register_tokens": 0,
    }  # fmt: skip
    config = RfDetrConfig(
        backbone_config=backbone, d_model=16, decoder_layers=2, decoder_self_attention_heads=2,
        decoder_cross_attention_heads=2, decoder_n_points=2, decoder_ffn_dim=16, num_queries=20,
        group_detr=2, c2f_num_blocks=1, intermediate_size=16, **_named(labels), **changes,
    )  # fmt: skip
    return _save(folder, RfDetrForObjectDetection, config, RfDetrImageProcessor, 0.2)


def _named(labels: Mapping[int, str]) -> dict[str, Any]:
    return {"id2label": dict(labels), "label2id": {name: n for n, name in labels.items()}}


def _save(folder: Path, cls: Any, config: Any, processor: Any, spread: float) -> Path:
    """Random weights whose scores spread from 0 to 1 and whose boxes differ."""
    generator = torch.Generator().manual_seed(7)
    model = cls(config).eval()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if not value.is_floating_point() or "running" in name:
                continue
            noise = torch.randn(value.shape, generator=generator)
            if "class_embed" in name:
                value.copy_(noise * 0.4 if value.ndim > 1 else torch.zeros_like(noise))
            elif "bbox_embed" in name:
                value.copy_(noise * spread)
            elif value.ndim > 1 and "lqe" not in name:
                value.copy_(noise / value[0].numel() ** 0.5)  # signals stay as strong as they are
    model.save_pretrained(folder)
    processor(size={"height": SIDE_PX, "width": SIDE_PX}).save_pretrained(folder)
    return folder
