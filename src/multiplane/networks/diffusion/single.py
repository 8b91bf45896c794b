"""Pipelines out of one file, in the layout of the original Stable Diffusion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from multiplane.core.errors import WeightsError
from multiplane.networks.checkpoint import Checkpoint, open_checkpoint
from multiplane.networks.diffusion.check import Part, check_folder
from multiplane.networks.diffusion.components import (
    check_fit,
    check_sizes,
    class_of,
    load_part,
    misfit,
    silence,
    told_of,
)
from multiplane.networks.diffusion.originals import PREFIXES, as_transformers, prefix_of

_STARTS = {"unet": "model.diffusion_model.", "vae": "first_stage_model."}
_CLASSES = {
    "unet": "UNet2DConditionModel",
    "vae": "AutoencoderKL",
    "text_encoder": "CLIPTextModel",
    "text_encoder_2": "CLIPTextModelWithProjection",
}
"""What the original layout can be turned into."""


def load_single(
    path: Path, config: Path, dtype: torch.dtype
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Load the parts of a pipeline: weights from one file, all else from a folder.

    The file is read by names; nothing of it is run, and nothing is fetched.

    Args:
        path: .safetensors, or what torch saved.
        config: A folder of diffusers of the same architecture; its weights, if it has any, are
            not looked at.
        dtype: Of the weights in memory.

    Returns:
        What the folder's model_index.json says, and name → part.

    Raises:
        WeightsError: The file is damaged or does not fit the configurations.
        MissingDependencyError: A part needs a package that is not installed.
    """
    index, parts = check_folder(config, weights=False)
    checkpoint = open_checkpoint(path)
    loaded = {}
    for part in parts:
        if not part.network:
            loaded[part.name] = load_part(part, dtype)
            continue
        if _CLASSES.get(part.name) != part.kind:
            raise WeightsError(
                f"{config} has a {part.name} of the class {part.kind}, which a single file cannot "
                "fill",
                why=f"single files are taken as {', '.join(_CLASSES.values())}",
                fix="name the configurations of a Stable Diffusion 1.5, 2 or XL: config: FOLDER",
            )
        loaded[part.name] = _load_network(part, checkpoint, dtype)
    return index, loaded


def _load_network(part: Part, checkpoint: Checkpoint, dtype: torch.dtype) -> Any:  # noqa: ANN401
    """Load one network out of a file.

    Raises:
        WeightsError: The file does not hold it, or another one.
    """
    known = part.name in _STARTS
    start = _STARTS[part.name] if known else prefix_of(part.name, checkpoint.shapes)
    shapes = {
        name.removeprefix(start): shape
        for name, shape in checkpoint.shapes.items()
        if start and name.startswith(start)
    }
    if not shapes:
        starts = (_STARTS[part.name],) if known else PREFIXES[part.name]
        raise WeightsError(
            f"{checkpoint.path} holds no {part.name}",
            why=f"none of its names begins with {' or '.join(starts)}",
            fix="name the folder of diffusers of the same model instead, with model_index.json in "
            "it",
        )
    cls = class_of(part)
    with silence():
        empty = check_sizes(cls, part, shapes, checkpoint.path)
        tensors = checkpoint.read(start + name for name in shapes)
        if known:
            return _from_original(cls, part, tensors, checkpoint.path, dtype)
        stripped = {name.removeprefix(start): value for name, value in tensors.items()}
        wanted = empty.state_dict()
        state = as_transformers(stripped, empty.config.num_hidden_layers, wanted)
        return _from_state(cls, part, state, checkpoint.path, dtype)


def _from_original(
    cls: Any, part: Part, tensors: Mapping[str, torch.Tensor], path: Path, dtype: torch.dtype  # noqa: ANN401
) -> Any:  # fmt: skip # noqa: ANN401
    """Have diffusers turn names of the original layout into its own, and compare what came of it.

    Raises:
        WeightsError: Values are missing, left over, or of another shape.
    """
    held = sum(value.numel() for value in tensors.values())
    try:
        model = cls.from_single_file(
            dict(tensors), config=str(part.folder.parent), subfolder=part.name,
            local_files_only=True, torch_dtype=dtype,
        )  # fmt: skip
    except Exception as error:  # whatever the library says of names and shapes
        unfit = misfit(part, told_of(error), path)
        raise unfit from error
    missing = [name for name, value in model.named_parameters() if value.is_meta]
    used = sum(value.numel() for value in model.parameters())
    if missing or used != held:
        told = f"{len(missing)} missing: {', '.join(missing[:3])}" if missing else ""
        told = told or f"{held:,} values in the file, {used:,} in the network"
        unfit = misfit(part, told, path)
        raise unfit
    return model.eval().requires_grad_(False)


def _from_state(
    cls: Any, part: Part, state: Mapping[str, torch.Tensor], path: Path, dtype: torch.dtype  # noqa: ANN401
) -> Any:  # fmt: skip # noqa: ANN401
    """Fill a network of transformers.

    Raises:
        WeightsError: Values are missing, left over, or of another shape.
    """
    config = cls.config_class.from_pretrained(str(part.folder), local_files_only=True)
    try:
        model, info = cls.from_pretrained(
            None, config=config, state_dict=dict(state), dtype=dtype, output_loading_info=True,
            ignore_mismatched_sizes=True,
        )  # fmt: skip
    except Exception as error:
        unfit = misfit(part, told_of(error), path)
        raise unfit from error
    check_fit(part, info, path)
    return model.eval().requires_grad_(False)
