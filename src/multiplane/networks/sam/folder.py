"""What the files of a SAM's folder say beside its weights: which network, and what it looks at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import AutoImageProcessor

from multiplane.core.errors import WeightsError

_CONFIG_LIMIT_BYTES = 16 * 2**20


def kind_of(folder: Path) -> str:
    """Which network a folder holds, as its config.json says.

    Args:
        folder: Holds config.json.

    Returns:
        Its ``model_type``.

    Raises:
        WeightsError: There is no config.json, or it does not say.
    """
    path = folder / "config.json"
    try:
        with path.open("rb") as file:
            kind = json.loads(file.read(_CONFIG_LIMIT_BYTES))["model_type"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(
            f"{path} cannot be read: {type(error).__name__}: {error}",
            why="it says which network the weights beside it belong to",
            fix=f"put the config.json that came with the weights at {path}, or type: "
            "multiplane models pull sam2.1-large",
        ) from error
    return str(kind)


def open_processor(folder: Path) -> Any:  # noqa: ANN401 - transformers is not typed for us
    """Open the image processor that came with the weights.

    Args:
        folder: Holds preprocessor_config.json or processor_config.json.

    Returns:
        An image processor of transformers.

    Raises:
        WeightsError: There is none.
    """
    names = ("preprocessor_config.json", "processor_config.json")
    there = [name for name in names if (folder / name).is_file()]
    if not there:
        raise WeightsError(
            f"{folder} has neither {names[0]} nor {names[1]}",
            why="it says to what size and colours a frame is brought for the network",
            fix=f"put the {names[0]} that came with the weights into {folder}",
        )
    try:
        return AutoImageProcessor.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise WeightsError(
            f"{folder} has no readable image processor: {str(error).split(chr(10))[0]}",
            why="it says to what size and colours a frame is brought for the network",
            fix=f"put the {' and the '.join(there)} that came with the weights into {folder}",
        ) from error
