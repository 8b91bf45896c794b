"""Files out of model repositories, through ``huggingface_hub`` where it is installed."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from multiplane.core.errors import ConfigError, MissingDependencyError, WeightsError
from multiplane.core.plugins import load
from multiplane.hub.sources import HubSource

SAFE_SUFFIXES = (".safetensors", ".onnx", ".json", ".txt")
"""Formats that hold data and cannot hold code."""


def fetch_file(source: HubSource, target: Path, limit_bytes: int) -> None:
    """Bring one file out of a model repository.

    Args:
        source: Repository, pinned revision and file.
        target: Where to write it; its folder exists. What it holds is not checked here.
        limit_bytes: The most it may hold.

    Raises:
        ConfigError: The revision is not a full commit, or the file could hold code.
        MissingDependencyError: ``huggingface_hub`` is not installed.
        WeightsError: The file cannot be fetched or is too large.
    """
    if not re.fullmatch(r"[0-9a-f]{40}", source.revision):
        raise ConfigError(
            f"revision {source.revision!r} of {source.repository} is not pinned",
            why="a branch or tag can change under us",
            fix="name the full commit, 40 hex digits",
        )
    if not source.file.endswith(SAFE_SUFFIXES):
        raise ConfigError(
            f"{source.file} of {source.repository} is not one of {', '.join(SAFE_SUFFIXES)}",
            why="other formats can run code while they are read",
            fix="name the .safetensors file of the same repository",
        )
    if find_spec("huggingface_hub") is None:
        raise MissingDependencyError(
            f"{source} needs the package 'huggingface_hub'",
            why="it is optional, so the core install stays small",
            fix="pip install huggingface_hub",
        )
    download: Any = load("huggingface_hub:hf_hub_download")
    try:
        held = Path(download(source.repository, source.file, revision=source.revision))
    except (OSError, ValueError) as error:  # its own errors derive from these
        raise WeightsError(f"cannot fetch {source}", why=str(error).split("\n")[0]) from error
    if held.stat().st_size > limit_bytes:
        raise WeightsError(
            f"{source} has {held.stat().st_size} bytes, wanted {limit_bytes}",
            why="the repository gave another file than the pinned one",
        )
    shutil.copyfile(held, target)
