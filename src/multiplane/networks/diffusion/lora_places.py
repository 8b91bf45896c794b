"""Layers of a pipeline by all the names that LoRA files have for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

_DENOISERS = ("unet", "transformer")
_ENCODERS = {
    "text_encoder": ("lora_te_", "lora_te1_"),
    "text_encoder_2": ("lora_te2_",),
    "text_encoder_3": ("lora_te3_",),
}
"""Parts of a pipeline that read words, and how kohya's scripts begin the names of their layers."""
_LEVEL = "text_model."
"""transformers 5 has it in one class of CLIP and not in the other; files always have it."""
_OLD_PROJECTIONS = {
    "q_proj": "to_q", "k_proj": "to_k", "v_proj": "to_v", "out_proj": "to_out.0"
}  # fmt: skip
_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
_OUTSIDE = {
    "conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2", "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2", "conv_norm_out": "out.0", "conv_out": "out.2",
}  # fmt: skip


class Place(NamedTuple):
    """A layer of a pipeline.

    Attributes:
        part: ``unet``, ``transformer``, ``text_encoder`` …
        path: Within it, as its ``named_modules`` has it.
    """

    part: str
    path: str


def places_of(pipeline: Any) -> dict[str, Place]:  # noqa: ANN401 - diffusers is not typed for us
    """Find all layers that a LoRA may change.

    Args:
        pipeline: Of diffusers.

    Returns:
        Name → layer. A layer has several: those of diffusers and peft with and without the part
        before it, those of kohya's scripts, and for a UNet those of the original code, with which
        kohya's scripts train SDXL.
    """
    found: dict[str, Place] = {}
    for part in (*_DENOISERS, *_ENCODERS):
        network = getattr(pipeline, part, None)
        if not isinstance(network, torch.nn.Module):
            continue
        originals = _originals(network) if part == "unet" else {}
        for path, module in network.named_modules():
            if path and isinstance(getattr(module, "weight", None), torch.nn.Parameter):
                for name in _names(part, path, originals):
                    found.setdefault(name, Place(part, path))
    return found


def _names(part: str, path: str, originals: dict[str, str]) -> Iterator[str]:
    if part in _DENOISERS:
        yield f"{part}.{path}"
        yield path
        for one in (path, original_name(path, originals)):
            if one:
                flat = one.replace(".", "_")
                yield f"lora_{part}_{flat}"
                yield f"lora_unet_{flat}"
                yield f"lycoris_{flat}"
        return
    bare = path.removeprefix(_LEVEL)
    for one in dict.fromkeys((path, bare, _LEVEL + bare)):
        yield f"{part}.{one}"
        for begin in _ENCODERS[part]:
            yield begin + one.replace(".", "_")
        if part == "text_encoder":
            yield one
        head, _, last = one.rpartition(".")
        if last in _OLD_PROJECTIONS:
            yield f"{part}.{head}.{_OLD_PROJECTIONS[last]}"


def _originals(unet: Any) -> dict[str, str]:  # noqa: ANN401
    """Resnets, attentions and scalers of a UNet: their path, and their name in the original code.

    There blocks are counted through: after the first convolution come, a level, the resnets each
    with its attention, and what halves the picture; back up alike, with one resnet more.
    """
    names = {
        "mid_block.resnets.0": "middle_block.0",
        "mid_block.attentions.0": "middle_block.1",
        "mid_block.resnets.1": "middle_block.2",
    }
    number = 1
    for i, block in enumerate(getattr(unet, "down_blocks", ())):
        for j in range(len(block.resnets)):
            names[f"down_blocks.{i}.resnets.{j}"] = f"input_blocks.{number}.0"
            names[f"down_blocks.{i}.attentions.{j}"] = f"input_blocks.{number}.1"
            number += 1
        if getattr(block, "downsamplers", None):
            names[f"down_blocks.{i}.downsamplers.0.conv"] = f"input_blocks.{number}.0.op"
            number += 1
    number = 0
    for i, block in enumerate(getattr(unet, "up_blocks", ())):
        for j in range(len(block.resnets)):
            names[f"up_blocks.{i}.resnets.{j}"] = f"output_blocks.{number}.0"
            names[f"up_blocks.{i}.attentions.{j}"] = f"output_blocks.{number}.1"
            number += 1
        if getattr(block, "upsamplers", None):
            after = 2 if getattr(block, "attentions", None) else 1
            last = f"output_blocks.{number - 1}.{after}.conv"
            names[f"up_blocks.{i}.upsamplers.0.conv"] = last
    return names


def original_name(path: str, originals: dict[str, str]) -> str:
    """What the original code calls a layer of a UNet.

    Args:
        path: As diffusers has it.
        originals: The blocks.

    Returns:
        The name; empty where there is none.
    """
    if path in _OUTSIDE:
        return _OUTSIDE[path]
    head, inner = path, ""
    while head and head not in originals:
        head, _, last = head.rpartition(".")
        inner = f"{last}.{inner}" if inner else last
    if not head:
        return ""
    if ".resnets." in head:
        inner = _RESNET.get(inner, inner)
    return f"{originals[head]}.{inner}" if inner else originals[head]
