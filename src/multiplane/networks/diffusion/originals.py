"""Text encoders out of single files: their names there, and those of transformers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import torch

PREFIXES = {
    "text_encoder": (
        "cond_stage_model.transformer.", "cond_stage_model.model.",
        "conditioner.embedders.0.transformer.",
    ),
    "text_encoder_2": ("conditioner.embedders.1.model.",),
}  # fmt: skip
"""Part of a pipeline → where its tensors are."""
_LEVEL = "text_model."
_BLOCK = re.compile(r"transformer\.resblocks\.(\d+)\.(.+)")
_ENDS = {
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight",
    "ln_final.bias": "final_layer_norm.bias",
}
_LAYERS = {
    "ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
    "attn.out_proj": "self_attn.out_proj",
}  # fmt: skip
_PROJECTION = "text_projection"
_COUNTED_OUT = "position_ids"
"""A buffer that counts from 0, which older files hold."""


def prefix_of(part: str, names: Iterable[str]) -> str:
    """Where in a file the tensors of a text encoder are.

    Args:
        part: ``text_encoder`` or ``text_encoder_2``.
        names: All names of the file.

    Returns:
        What they begin with; empty when there are none.
    """
    known = list(names)
    starts = PREFIXES.get(part, ())
    return next((one for one in starts if any(name.startswith(one) for name in known)), "")


def as_transformers(
    tensors: Mapping[str, torch.Tensor], layers: int, wanted: Iterable[str]
) -> dict[str, torch.Tensor]:
    """Give the tensors of a text encoder the names that transformers has for them.

    Those of CLIP keep theirs. open_clip has one matrix for query, key and value, its projection
    lies the other way round, and it has blocks that a pipeline leaves away: Stable Diffusion 2
    stops before the last.

    Args:
        tensors: Name → tensor, without what all names of the file begin with.
        layers: How many layers the pipeline has; further ones are left away.
        wanted: The names that the network has.

    Returns:
        Name → tensor.
    """
    names = list(wanted)
    level = _LEVEL if any(name.startswith(_LEVEL) for name in names) else ""
    projected = any(name.startswith(_PROJECTION) for name in names)
    if not any(_BLOCK.fullmatch(name) for name in tensors):
        renamed = dict(tensors)
    else:
        renamed = _from_open_clip(tensors, layers, projected)
    return {
        (name if name.startswith(_PROJECTION) else level + name.removeprefix(_LEVEL)): value
        for name, value in renamed.items()
        if not name.endswith(_COUNTED_OUT)
    }


def _from_open_clip(
    tensors: Mapping[str, torch.Tensor], layers: int, projected: bool
) -> dict[str, torch.Tensor]:
    found = {}
    for name, value in tensors.items():
        match = _BLOCK.fullmatch(name)
        if name in _ENDS:
            found[_ENDS[name]] = value
        elif name == _PROJECTION and projected:
            found[f"{_PROJECTION}.weight"] = value.T.contiguous()
        elif match and int(match[1]) < layers:
            found |= _layer(f"encoder.layers.{match[1]}.", match[2], value)
        elif not match and name not in {_PROJECTION, "logit_scale", "attn_mask"}:
            found[name] = value  # nobody's, and told of as such
    return found


def _layer(start: str, name: str, value: torch.Tensor) -> dict[str, torch.Tensor]:
    """One tensor of a block, or the three that it is made of."""
    kind = name.removeprefix("attn.in_proj_")
    if kind in {"weight", "bias"}:
        parts = zip("qkv", value.chunk(3), strict=True)
        return {f"{start}self_attn.{one}_proj.{kind}": part.contiguous() for one, part in parts}
    stem, _, end = name.rpartition(".")
    return {f"{start}{_LAYERS.get(stem, stem)}.{end}": value}
