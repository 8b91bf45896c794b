"""Which pipeline one file with all weights belongs to, told from the names and shapes in it.

Such files hold the layout of the original Stable Diffusion: ``model.diffusion_model.*`` the
denoiser, ``first_stage_model.*`` the autoencoder, ``cond_stage_model.*`` or (XL)
``conditioner.embedders.*`` the text encoders. Only the header is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from multiplane.core.errors import WeightsError

DENOISER = "model.diffusion_model."
_FIRST = f"{DENOISER}input_blocks.0.0.weight"
_XL_WORDS = "conditioner.embedders.1.model."
_REFINER_WORDS = "conditioner.embedders.0.model."
_SD2_WORDS = "cond_stage_model.model."
_SD_WORDS = "cond_stage_model.transformer."
_MOST_HEADER_BYTES = 100 * 2**20
_INPAINTING, _PLAIN = 9, 4
_FOLDER = "name the folder of diffusers of the same model instead, with model_index.json in it"


def shapes_of(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors of a .safetensors file.

    Args:
        path: The file.

    Returns:
        Name → shape.

    Raises:
        WeightsError: It is no .safetensors file, or is cut off.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= _MOST_HEADER_BYTES:
                why = "it does not begin with the length of its header"
            else:
                told = json.loads(file.read(length))
                why = _cut_off(told, path.stat().st_size - 8 - length)
                if not why:
                    return {
                        name: tuple(one["shape"])
                        for name, one in told.items()
                        if name != "__metadata__"
                    }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = f"its header cannot be read: {type(error).__name__}: {error}"
    raise WeightsError(
        f"{path} is no whole .safetensors file",
        why=why,
        fix="download it again, and compare its size with that on its page",
    )


def architecture_of(shapes: Mapping[str, tuple[int, ...]], path: Path) -> str:
    """The entry of the table whose configurations fit a file.

    Args:
        shapes: Name → shape of its tensors.
        path: The file, for errors.

    Returns:
        ``sd15``, ``sd15-inpainting``, ``sd2-inpainting``, ``sdxl`` or ``sdxl-inpainting``.

    Raises:
        WeightsError: It is no whole Stable Diffusion, or its configurations cannot be told.
    """
    first = shapes.get(_FIRST)
    if first is None or len(first) != 4:
        raise WeightsError(
            f"{path} holds no Stable Diffusion in the original layout: no {_FIRST}",
            why="a single file is taken when it holds denoiser, autoencoder and text encoders; "
            f"its first names are {', '.join(list(shapes)[:3]) or 'none'}",
            fix=_FOLDER,
        )
    family = _family(shapes)
    if not family:
        raise WeightsError(
            f"{path} has no text encoder",
            why=f"none of its names begins with {_SD_WORDS}, {_SD2_WORDS} or {_XL_WORDS}",
            fix=_FOLDER,
        )
    channels = first[1]
    if channels not in {_INPAINTING, _PLAIN} or family == "refiner":
        raise WeightsError(
            f"{path} is another kind of Stable Diffusion: {channels} input channels"
            + (", a refiner" if family == "refiner" else ""),
            why=f"{_INPAINTING} (inpainting) and {_PLAIN} (from words) can be driven",
            fix="name an inpainting checkpoint, or a plain one",
        )
    if (family, channels) == ("sd2", _PLAIN):
        raise WeightsError(
            f"{path} is a plain Stable Diffusion 2, and does not say what it predicts",
            why="some of them predict noise and some velocity, and both look the same",
            fix="name the folder of diffusers it was made from: config: FOLDER",
        )
    return f"{family}-inpainting" if channels == _INPAINTING else family


def _family(shapes: Mapping[str, tuple[int, ...]]) -> str:
    starts = {
        _XL_WORDS: "sdxl", _REFINER_WORDS: "refiner", _SD2_WORDS: "sd2", _SD_WORDS: "sd15"
    }  # fmt: skip
    return next(
        (
            family
            for start, family in starts.items()
            if any(name.startswith(start) for name in shapes)
        ),
        "",
    )


def _cut_off(header: Mapping[str, Mapping[str, tuple[int, int]]], held: int) -> str:
    """Whether the numbers end before the header says so."""
    ends = [one["data_offsets"][1] for name, one in header.items() if name != "__metadata__"]
    wanted = max(ends, default=0)
    return f"it holds {held:,} bytes of numbers, its header says {wanted:,}" * (wanted != held)
