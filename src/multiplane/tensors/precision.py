"""Which numbers networks compute with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal, TypeAlias

import torch

PrecisionName: TypeAlias = Literal["auto", "fp32", "fp16", "bf16"]

_TYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def pick_dtype(name: PrecisionName, device: torch.device) -> torch.dtype:
    """Turn a choice into a dtype.

    Args:
        name: ``auto`` takes bfloat16 on GPUs that compute with it, float16 on older ones and
            float32 on a CPU; the rest is taken as it is said.
        device: Where networks run.

    Returns:
        float32, float16 or bfloat16.
    """
    if name != "auto":
        return _TYPES[name]
    if device.type != "cuda":
        return torch.float32
    # without this, older GPUs say yes too, and convert to and from float32 each time
    computes = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if computes else torch.float16


@contextlib.contextmanager
def computing(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Run networks without gradients, in the given precision.

    Weights stay float32; autocast chooses what is computed in less. Functions that need float32
    (FFTs) leave it by themselves.
    """
    with (
        torch.inference_mode(),
        torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32),
    ):
        yield
