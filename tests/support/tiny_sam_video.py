"""Checkpoints of the real video networks with few, random weights, as their publishers lay them.

torch and transformers are imported in the makers: tests skip before they call one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

SIZE = 64
"""Side of the square that the networks look at, pixels."""
KINDS = ("sam2_video", "edgetam_video", "sam3_tracker_video")
_HIDDEN = 128
_PROMPTS: dict[str, Any] = {"hidden_size": _HIDDEN, "image_size": SIZE, "patch_size": 16}
_DECODER: dict[str, Any] = {
    "hidden_size": _HIDDEN,
    "mlp_dim": 32,
    "num_attention_heads": 2,
    "iou_head_hidden_dim": 16,
}
_MEMORY: dict[str, Any] = {
    "memory_attention_hidden_size": _HIDDEN,
    "memory_attention_num_layers": 1,
    "memory_attention_rope_feat_sizes": [SIZE // 16] * 2,
    "memory_encoder_hidden_size": _HIDDEN,
    "memory_encoder_output_channels": 64,
    "mask_downsampler_embed_dim": _HIDDEN,
    "memory_fuser_embed_dim": _HIDDEN,
    "memory_fuser_intermediate_dim": 32,
    "memory_fuser_num_layers": 1,
}


def save_tiny_video_sam(folder: Path, kind: str = "sam2_video", seed: int = 0) -> Path:
    """Write config, weights and processor of a tiny random network; the folder, for convenience.

    Random weights answer what is nobody's mask, but they answer the same each time, and what they
    answer depends on all that the network reads.
    """
    import torch  # noqa: PLC0415 - not installed where these tests are skipped
    import transformers  # noqa: PLC0415

    torch.manual_seed(seed)
    made = {"sam2_video": _sam2, "edgetam_video": _edgetam, "sam3_tracker_video": _sam3}[kind]()
    _shake(made)
    made.save_pretrained(folder)
    size = {"height": SIZE, "width": SIZE}
    low = {"height": SIZE // 4, "width": SIZE // 4}
    stills = transformers.Sam2ImageProcessor(size=size, mask_size=low)
    stills.save_pretrained(folder)
    return folder


def _sam2() -> Any:
    import transformers  # noqa: PLC0415

    config = transformers.Sam2VideoConfig(
        vision_config=_hiera(),
        prompt_encoder_config=_PROMPTS,
        mask_decoder_config=_DECODER,
        image_size=SIZE,
        memory_attention_feed_forward_hidden_size=32,
        **_MEMORY,
    )
    return transformers.Sam2VideoModel(config)


def _edgetam() -> Any:
    import transformers  # noqa: PLC0415

    config = transformers.EdgeTamVideoConfig(
        vision_config=_hiera(),
        prompt_encoder_config=_PROMPTS,
        mask_decoder_config=_DECODER,
        image_size=SIZE,
        memory_attention_mlp_hidden_size=32,
        memory_attention_rope_k_sizes=[4, 4],
        perceiver_resampler_num_latents=16,
        perceiver_resampler_num_latents_2d=16,
        perceiver_resampler_mlp_intermediate_size=32,
        **_MEMORY,
    )
    return transformers.EdgeTamVideoModel(config)


def _sam3() -> Any:
    import transformers  # noqa: PLC0415

    backbone = {
        "model_type": "sam3_vit_model",
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIZE,
        "patch_size": 16,
        "pretrain_image_size": SIZE,
        "window_size": 4,
        "global_attn_indexes": [1],
    }
    config = transformers.Sam3TrackerVideoConfig(
        vision_config={
            "model_type": "sam3_vision_model",
            "backbone_config": backbone,
            "fpn_hidden_size": _HIDDEN,
        },
        prompt_encoder_config=_PROMPTS,
        mask_decoder_config=_DECODER,
        image_size=SIZE,
        memory_attention_feed_forward_hidden_size=32,
        **_MEMORY,
    )
    return transformers.Sam3TrackerVideoModel(config)


def _hiera() -> dict[str, Any]:
    backbone = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": 8,
        "image_size": [SIZE, SIZE],
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [8, 16, 24, 32],
        "num_attention_heads_per_stage": [1, 1, 2, 2],
        "window_size_per_stage": [8, 4, 4, 2],
        "global_attention_blocks": [3],
        "window_positional_embedding_background_size": [7, 7],
        "mlp_ratio": 2.0,
    }
    return {
        "model_type": "sam2_vision_model",
        "backbone_config": backbone,
        "backbone_channel_list": [32, 24, 16, 8],
        "backbone_feature_sizes": [[SIZE // 4] * 2, [SIZE // 8] * 2, [SIZE // 16] * 2],
        "fpn_hidden_size": _HIDDEN,
    }


def _shake(model: Any) -> None:
    """Give values to what starts as zeros, and sway to what starts small.

    A checkpoint that was only initialised reads its memory and then multiplies it by nothing.
    """
    import torch  # noqa: PLC0415

    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim > 1 or not value.abs().sum():
                torch.nn.init.normal_(value, std=0.5 / max(1, value[0].numel()) ** 0.5)
            if name.endswith("pred_obj_score_head.proj_out.bias"):
                value.fill_(8.0)  # somebody is there
