"""Which files of a pipeline of diffusers are read: of each part one set of weights, and words."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from multiplane.core.errors import WeightsError

INDEX = "model_index.json"
MOST_JSON_BYTES = 16 * 2**20
"""No config, index or vocabulary of words is larger."""
SUFFIXES = (".safetensors", ".json", ".txt")
"""What is fetched and read of a pipeline; everything else is left where it is."""
UNUSED = frozenset({"safety_checker", "feature_extractor", "image_encoder", "watermarker"})
"""Parts that are never used here: a checker that blackens pictures, and what prepares its input."""
VARIANT = "fp16"
_NAMES = ("diffusion_pytorch_model", "model")
_PICKLES = (".bin", ".ckpt", ".pt", ".pth")
_PART = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SHARD = r"-\d{5}-of-\d{5}"


def read_index(folder: Path) -> dict[str, Any]:
    """Read what a folder of diffusers says that it is made of.

    Args:
        folder: The folder.

    Returns:
        The object in its model_index.json.

    Raises:
        WeightsError: There is none, or it is no JSON object, or too large.
    """
    path = folder / INDEX
    fix = f"name a folder of diffusers, with {INDEX} in it, or a single .safetensors file"
    if not path.is_file():
        raise WeightsError(
            f"{folder} has no {INDEX}",
            why="it says which networks a pipeline is made of",
            fix=fix,
        )
    try:
        told = json.loads(path.read_bytes()) if path.stat().st_size <= MOST_JSON_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path} is no JSON", why=str(error), fix=fix) from error
    if not isinstance(told, dict):
        raise WeightsError(
            f"{path} holds no JSON object", why="it lists the networks of a pipeline", fix=fix
        )
    return told


def parts_of(index: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The parts that a pipeline is made of.

    Args:
        index: What model_index.json says.

    Returns:
        Name of a part (and its folder) → library and class. Parts it does not have, and those
        that are not used here, are left out.
    """
    return {
        name: (str(value[0]), str(value[1]))
        for name, value in index.items()
        if _PART.fullmatch(name)
        and name not in UNUSED
        and isinstance(value, list)
        and len(value) == 2
        and all(isinstance(one, str) for one in value)
    }


def files_of(index: Mapping[str, Any], names: Collection[str], prefer: str = "") -> list[str]:
    """The files of a pipeline that are read.

    Args:
        index: What model_index.json says.
        names: All files that there are, with forward slashes.
        prefer: The variant of weights to take where a part has it: empty for the plain ones,
            ``fp16``. The other one is taken where there is no choice.

    Returns:
        Their names, sorted; model_index.json among them.
    """
    chosen = {INDEX} & set(names)
    for part in parts_of(index):
        here = [name for name in names if name.rpartition("/")[0] == part]
        weights, listed = choose_weights([name.rpartition("/")[2] for name in here], prefer)
        chosen |= {f"{part}/{name}" for name in (*weights, *([listed] if listed else []))}
        chosen |= {
            name for name in here if name.endswith((".json", ".txt")) and not _lists_shards(name)
        }
    return sorted(chosen)


def lacking_weights(index: Mapping[str, Any], names: Collection[str]) -> list[str]:
    """The parts of a pipeline that have weights, but none as safetensors.

    Args:
        index: What model_index.json says.
        names: All files that there are, with forward slashes.

    Returns:
        Their names.
    """
    lacking = []
    for part in parts_of(index):
        here = {name.rpartition("/")[2] for name in names if name.rpartition("/")[0] == part}
        if any(name.endswith(_PICKLES) for name in here) and not choose_weights(here)[0]:
            lacking.append(part)
    return lacking


def choose_weights(names: Collection[str], prefer: str = "") -> tuple[list[str], str]:
    """One set of weights out of the files of a part.

    Args:
        names: The files of its folder.
        prefer: The variant to take where there is it.

    Returns:
        The files with weights, sorted (none where there is no safetensors), and the list of
        shards that belongs to them, or an empty text.
    """
    for variant in (prefer, "" if prefer else VARIANT):
        dot = f".{variant}" if variant else ""
        for stem in _NAMES:
            if f"{stem}{dot}.safetensors" in names:
                return [f"{stem}{dot}.safetensors"], ""
            listed = f"{stem}.safetensors.index{dot}.json"
            shards = _shards(stem, dot, names)
            if listed in names and shards:
                return shards, listed
    return [], ""


def variant_of(names: Collection[str], prefer: str = "") -> str:
    """The variant that :func:`choose_weights` takes: empty for the plain weights.

    Args:
        names: The files of a part's folder.
        prefer: The variant to take where there is it.
    """
    weights, _ = choose_weights(names, prefer)
    return VARIANT if any(f".{VARIANT}" in name for name in weights) else ""


def _shards(stem: str, dot: str, names: Collection[str]) -> list[str]:
    form = re.compile(
        rf"{re.escape(stem)}(?:{re.escape(dot)}{_SHARD}|{_SHARD}{re.escape(dot)})\.safetensors"
    )
    return sorted(name for name in names if form.fullmatch(name))


def _lists_shards(name: str) -> bool:
    return ".index." in name.rpartition("/")[2]
