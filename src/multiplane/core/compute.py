"""What a neural backend runs on: options that every stage with such backends has, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import Field

from multiplane.core.config import Effort

Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    Effort(),
    Field(description="where networks run; auto takes CUDA where there is any, and says so"),
]
Precision = Annotated[
    Literal["auto", "fp32", "fp16", "bf16"],
    Field(description="what networks compute with; auto is bf16 or fp16 on CUDA, else fp32"),
]
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


class _Computes(Protocol):
    @property
    def device(self) -> Literal["auto", "cpu", "cuda"]: ...
    @property
    def precision(self) -> Literal["auto", "fp32", "fp16", "bf16"]: ...
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

    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "fp32", "fp16", "bf16"] = "auto"
    batch_size: int = 0
    max_vram_gb: float = 0.0

    @classmethod
    def of(cls, options: _Computes) -> Compute:
        """Take it from the options of a stage that has these four."""
        return cls(options.device, options.precision, options.batch_size, options.max_vram_gb)
