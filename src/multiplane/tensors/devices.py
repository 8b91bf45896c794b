"""Which device the models run on."""

from __future__ import annotations

import logging
from typing import Literal, TypeAlias

import torch

from multiplane.core.errors import ConfigError

logger = logging.getLogger(__name__)

DeviceName: TypeAlias = Literal["auto", "cpu", "cuda"]


def pick_device(name: DeviceName = "auto") -> torch.device:
    """Turn a choice into a device that is there.

    Args:
        name: ``cpu``; ``cuda``, which must be there; ``auto`` for CUDA where there is any. The
            log says what ``auto`` chose.

    Returns:
        The device.

    Raises:
        ConfigError: CUDA was asked for and is not there.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        built = torch.version.cuda is not None
        raise ConfigError(
            "device 'cuda' is not there",
            why="the driver shows no GPU" if built else "this torch was built without CUDA",
            fix="use device 'auto' or 'cpu', or see: multiplane doctor",
        )
    if name == "auto":
        name = "cuda" if there else "cpu"
        logger.info("device: %s", describe_cuda() if there else "cpu, for want of CUDA")
    return torch.device(name)


def describe_cuda() -> str | None:
    """Name and memory of the GPU that torch would use, or None when it can use none."""
    if not torch.cuda.is_available():
        return None
    seen = torch.cuda.get_device_properties(torch.cuda.current_device())
    return f"{seen.name}, {seen.total_memory / 2**30:.0f} GiB"
