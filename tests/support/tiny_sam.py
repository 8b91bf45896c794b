"""Image networks of SAM 2.1, EdgeTAM and SAM 3 with few, random weights, as the real ones lie.

torch and transformers are imported in the makers: tests skip before they call one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

FAMILIES = ("sam2", "edgetam", "sam3_tracker")
SIZE = {"sam2": 128, "edgetam": 128, "sam3_tracker": 112, "sam3_video": 112}
"""Side of the square that the networks look at, pixels; logits have a quarter of it, or of
eight patches of 14."""
_HIDDEN = 32
_DECODER: dict[str, Any] = {
    "hidden_size": _HIDDEN,
    "mlp_dim": 32,
    "num_attention_heads": 2,
    "iou_head_hidden_dim": 16,
}


def save_tiny_sam(folder: Path, family: str = "sam2", seed: int = 0) -> Path:
    """Write config, weights and processor of a tiny random image network.

    Args:
        folder: Where to; made when it is not there.
        family: One of :data:`FAMILIES`, or ``sam3_video``: the detector that takes words and the
            tracker in one file, as SAM 3 is published; it has no tokenizer.
        seed: Of the weights.

    Returns:
        The folder.
    """
    import torch  # noqa: PLC0415 - not installed where these tests are skipped

    torch.manual_seed(seed)
    makers = {"sam2": _sam2, "edgetam": _edgetam, "sam3_tracker": _sam3, "sam3_video": _sam3_video}
    model = makers[family]()
    _shake(model)
    if (
        family == "sam3_video"
    ):  # save_pretrained doubles the prefix of the tracker (transformers 5.23)
        _save_plainly(model, folder)
    else:
        model.save_pretrained(folder)
    save_processor(folder, SIZE[family], family)
    return folder


def save_processor(folder: Path, size: int, family: str = "sam2") -> None:
    """Write the real processor of a family, for squares of this size."""
    import transformers as tf  # noqa: PLC0415

    sides = {"height": size, "width": size}
    if family.startswith("sam3"):
        low = size // 14 * 4
        stills = tf.Sam3ImageProcessor(size=sides, mask_size={"height": low, "width": low})
        tf.Sam3TrackerProcessor(stills).save_pretrained(folder)
    else:
        low = size // 4
        stills = tf.Sam2ImageProcessor(size=sides, mask_size={"height": low, "width": low})
        tf.Sam2Processor(stills).save_pretrained(folder)


def _sam2() -> Any:
    import transformers as tf  # noqa: PLC0415

    backbone = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": 8,
        "image_size": [SIZE["sam2"]] * 2,
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [8, 16, 24, 32],
        "num_attention_heads_per_stage": [1, 1, 2, 2],
        "window_size_per_stage": [8, 4, 4, 2],
        "global_attention_blocks": [3],  # none that pools
        "mlp_ratio": 2.0,
    }
    vision = {
        "model_type": "sam2_vision_model",
        "backbone_config": backbone,
        "backbone_channel_list": [32, 24, 16, 8],
        "backbone_feature_sizes": _levels(SIZE["sam2"] // 16),
        "fpn_hidden_size": _HIDDEN,
    }
    config = tf.Sam2Config(
        vision_config=vision,
        prompt_encoder_config=_prompts(SIZE["sam2"], 16),
        mask_decoder_config=_DECODER,
    )
    return tf.Sam2Model(config)


def _edgetam() -> Any:
    import transformers as tf  # noqa: PLC0415

    backbone = {
        "model_type": "timm_wrapper",
        "architecture": "repvit_m1",  # EdgeTAM's own, thinner
        "num_classes": 2,  # timm's config wants it said; there is no such head
        "model_args": {
            "in_chans": 3,
            "features_only": True,
            "out_indices": [0, 1, 2, 3],
            "embed_dim": [8, 16, 24, 32],
            "depth": [1, 1, 1, 1],
        },
    }
    vision = {
        "model_type": "edgetam_vision_model",
        "backbone_config": backbone,
        "backbone_channel_list": [32, 24, 16, 8],
        "backbone_feature_sizes": _levels(SIZE["edgetam"] // 16),
        "fpn_hidden_size": _HIDDEN,
    }
    config = tf.EdgeTamConfig(
        vision_config=vision,
        prompt_encoder_config=_prompts(SIZE["edgetam"], 16),
        mask_decoder_config=_DECODER,
    )
    return tf.EdgeTamModel(config)


def _sam3() -> Any:
    import transformers as tf  # noqa: PLC0415

    config = tf.Sam3TrackerConfig(
        vision_config=sam3_vision(),
        prompt_encoder_config=_prompts(SIZE["sam3_tracker"], 14),
        mask_decoder_config=_DECODER,
    )
    return tf.Sam3TrackerModel(config)


def sam3_vision() -> dict[str, Any]:
    """The vision part of SAM 3, tiny; the detector and the tracker share its backbone."""
    backbone = {
        "model_type": "sam3_vit_model",
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIZE["sam3_tracker"],
        "patch_size": 14,
        "pretrain_image_size": 56,
        "window_size": 4,
        "global_attn_indexes": [1],
    }
    return {
        "model_type": "sam3_vision_model",
        "backbone_config": backbone,
        "backbone_feature_sizes": _levels(SIZE["sam3_tracker"] // 14),
        "fpn_hidden_size": _HIDDEN,
    }


def _sam3_video() -> Any:
    import transformers as tf  # noqa: PLC0415

    layers = {"hidden_size": _HIDDEN, "num_attention_heads": 2}
    detr = {**layers, "num_layers": 1, "intermediate_size": 32}
    text = {
        "model_type": "clip_text_model",
        "vocab_size": 49408,
        "hidden_size": 16,
        "intermediate_size": 16,
        "projection_dim": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 32,
        "hidden_act": "gelu",
    }
    detector = {
        "model_type": "sam3",
        "vision_config": sam3_vision(),
        "text_config": text,
        "geometry_encoder_config": detr,
        "detr_encoder_config": detr,
        "detr_decoder_config": {**detr, "num_queries": 12},
        "mask_decoder_config": layers,
    }
    tracker = {
        "model_type": "sam3_tracker_video",
        "vision_config": sam3_vision(),
        "prompt_encoder_config": _prompts(SIZE["sam3_video"], 14),
        "mask_decoder_config": _DECODER,
        "image_size": SIZE["sam3_video"],
        "memory_attention_hidden_size": _HIDDEN,
        "memory_attention_num_layers": 1,
        "memory_attention_feed_forward_hidden_size": 32,
        "memory_attention_rope_feat_sizes": [8, 8],
        "memory_encoder_hidden_size": _HIDDEN,
        "memory_encoder_output_channels": 64,
        "mask_downsampler_embed_dim": 32,
        "memory_fuser_embed_dim": _HIDDEN,
        "memory_fuser_intermediate_dim": 32,
        "memory_fuser_num_layers": 1,
    }
    return tf.Sam3VideoModel(tf.Sam3VideoConfig(detector_config=detector, tracker_config=tracker))


def _levels(side: int) -> list[list[int]]:
    return [[4 * side] * 2, [2 * side] * 2, [side] * 2]


def _prompts(size: int, patch: int) -> dict[str, Any]:
    return {"hidden_size": _HIDDEN, "image_size": size, "patch_size": patch}


def _save_plainly(model: Any, folder: Path) -> None:
    from safetensors.torch import save_file  # noqa: PLC0415

    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    values = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(values, folder / "model.safetensors", {"format": "pt"})


def _shake(model: Any) -> None:
    """Give sway to what starts small and values to what starts as zeros, so that all counts."""
    import torch  # noqa: PLC0415

    with torch.no_grad():
        for value in model.parameters():
            if value.ndim > 1 or not value.abs().sum():
                torch.nn.init.normal_(value, std=0.7 / max(1, value[0].numel()) ** 0.5)
