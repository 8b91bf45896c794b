"""Checkpoints as torch saved them before 1.6: pickles, then the numbers one after the other."""

from __future__ import annotations

from pathlib import Path

import torch

from multiplane.networks.checkpoint.opcodes import follow

_MAGIC = 0x1950A86A20F9469CFC6C
_WEIGHTS = "state_dict"


def load_legacy(path: Path) -> dict[str, torch.Tensor]:
    """Read the tensors with torch's own reader of weights.

    Args:
        path: A file that begins with a pickle.

    Returns:
        Name → tensor, in the order of the file; of a training's checkpoint those of its
        ``state_dict``.

    Raises:
        ValueError: It is another pickle, is damaged, or holds what is more than weights.
    """
    with path.open("rb") as file:
        # followed first, for an error that tells an attack from a file of another kind
        if follow(file) != _MAGIC:
            raise ValueError("a pickle, but none that torch saved")
        for _ in ("protocol", "system", "object"):
            follow(file)
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file gives many kinds
        told = str(error).strip().split("\n")[0]
        raise ValueError(f"torch cannot read it: {told or type(error).__name__}") from error
    if isinstance(loaded, dict) and isinstance(loaded.get(_WEIGHTS), dict):
        loaded = loaded[_WEIGHTS]
    entries = loaded.items() if isinstance(loaded, dict) else ()
    return {str(key): value for key, value in entries if isinstance(value, torch.Tensor)}
