"""What a neural backend runs on: options that every stage with such backends has, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, Field, ValidationInfo

from multiplane.core.config import Effort


def _as_fp16_says(value: str, told: ValidationInfo) -> str:
    """See that a precision is none that ``fp16`` rules out, in stages that have both.

    Raises:
        ValueError: It is.
    """
    if told.data.get("fp16") and value not in {"auto", "fp16"}:
        raise ValueError("fp16 asks for another; leave one of them out")
    return value


Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    Effort(),
    Field(description="where networks run; auto takes CUDA where there is any, and says so"),
]
Precision = Annotated[
    Literal["auto", "fp32", "fp16", "bf16"],
    AfterValidator(_as_fp16_says),
    Field(description="what networks compute with; auto is bf16 or fp16 on CUDA, else fp32"),
]
Fp16 = Annotated[bool, Field(description="short for precision fp16")]
"""Stands before the precision in a stage's options, which then may not say otherwise."""
BatchSize = Annotated[
    int,
    Effort(),
    Field(ge=0, le=4096, description="what a network takes at once; 0 takes the backend's own"),
]
MaxVramGb = Annotated[
    float,
    Effort(),
    Field(ge=0, le=1024, description="most memory of the GPU to use, GB of 10^9; 0 means all"),
]
MemoryOffload = Annotated[
    bool,
    Effort(),
    Field(
        description="keeps what a network remembers in the machine's memory, not the GPU's; "
        "slower, and the same result"
    ),
]


class _Computes(Protocol):
    @property
    def device(self) -> Device: ...
    @property
    def precision(self) -> Precision: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def max_vram_gb(self) -> float: ...


@dataclass(frozen=True)
class Compute:
    """What a backend is told about where and how it runs; those without networks ignore it.

    Attributes:
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: ``auto``, ``fp32``, ``fp16`` or ``bf16``.
        batch_size: What the network takes at once; 0 leaves it to the backend.
        max_vram_gb: Most memory of the GPU to use, in GB of 10^9 bytes; 0 means all.
    """

    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: int = 0
    max_vram_gb: float = 0.0

    @classmethod
    def of(cls, options: _Computes) -> Compute:
        """Take it from the options of a stage that has these four, and maybe :data:`Fp16`."""
        precision = "fp16" if getattr(options, "fp16", False) else options.precision
        return cls(options.device, precision, options.batch_size, options.max_vram_gb)
