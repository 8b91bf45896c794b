"""Pipelines of diffusers: found by a name of the table, on the model hub, or by a path."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from multiplane.core.errors import WeightsError
from multiplane.hub.cache import default_cache, remembered_sha256
from multiplane.hub.layout import INDEX, files_of
from multiplane.hub.own import contents, find_own

MOST_JSON_BYTES = 16 * 2**20
"""No config, index or vocabulary of words is larger."""


@dataclass(frozen=True)
class FoundPipeline:
    """A pipeline on this machine.

    Attributes:
        path: A folder of diffusers, or one file with all weights.
        config: For one file, the folder whose configurations and tokenizers belong to it, where
            one is known.
        name: What it is called in records.
        fingerprint: What tells its weights from others, 40 or 64 hex digits.
        licence: Its terms; empty where nobody here knows them.
        notes: What the user should know.
    """

    path: Path
    config: Path | None
    name: str
    fingerprint: str
    licence: str = ""
    notes: tuple[str, ...] = ()


def find(model: str, config: str = "") -> FoundPipeline:
    """Find a pipeline on this machine, and fetch it when it is not there.

    Args:
        model: A folder or a .safetensors file.
        config: For a single file, the folder of diffusers whose configurations belong to it.

    Returns:
        Where it is.

    Raises:
        WeightsError: It is not there.
    """
    path = find_own(model)
    own = find_own(config) if config else None
    return FoundPipeline(path, own, path.name, _own_fingerprint(path, own))


def _own_fingerprint(path: Path, config: Path | None) -> str:
    """What tells a pipeline of the user's own apart, by the files that are read of it."""
    marks = [_contents(one) for one in (path, config) if one is not None]
    return marks[0] if len(marks) == 1 else hashlib.sha256("\n".join(marks).encode()).hexdigest()


def _contents(path: Path) -> str:
    cache = default_cache()
    if path.is_file():
        return remembered_sha256(path, cache)
    index = read_index(path)
    names = [one.relative_to(path).as_posix() for one in path.glob("*/*") if one.is_file()]
    return contents(path, cache, tuple(files_of(index, [INDEX, *names])))


def read_index(folder: Path) -> dict[str, object]:
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
        raise WeightsError(f"{path} holds no JSON object", why="it lists networks", fix=fix)
    return told
