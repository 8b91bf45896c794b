"""What can be chosen about finding the characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from multiplane.core.compute import BatchSize, Device, MaxVramGb, Precision
from multiplane.core.config import Effort, Options
from multiplane.core.plugins import with_foreign_options


class AutoOptions(Options):
    """Combined for shots, salient for single pictures, motion without weights. Says which."""

    kind: Literal["auto"] = "auto"


class SalientOptions(Options):
    """U²-Net (Qin et al. 2020): what catches the eye in a single frame. 4.6 MB of weights."""

    kind: Literal["salient"] = "salient"
    model: Literal["u2netp", "u2net"] = Field(
        default="u2netp", description="the network, by its hub name; u2net is slow, and 176 MB"
    )
    every_frames: int = Field(
        default=3,
        ge=1,
        le=24,
        description="looks at every so many frames; flow carries it between, as far as it can",
    )
    closer: bool = Field(
        default=True, description="looks again, closer, at the part where somebody was found"
    )
    work_px: int = Field(
        default=480, ge=64, le=2048, description="long side that beliefs are held at, pixels"
    )
    threads: Annotated[int, Effort()] = Field(
        default=0, ge=0, le=256, description="threads; 0 means one a processor"
    )


class MotionOptions(Options):
    """What differs from what stays when the camera's motion is taken out. No weights."""

    kind: Literal["motion"] = "motion"
    references: int = Field(
        default=16, ge=2, le=256, description="frames of the shot each frame is held against"
    )
    tolerance: float = Field(
        default=14.0, gt=0, le=128, description="difference that counts as another colour, of 255"
    )
    wiggle_px: int = Field(
        default=1, ge=0, le=16, description="how far grass and leaves may wave, at work_px"
    )
    work_px: int = Field(
        default=480, ge=64, le=2048, description="long side that beliefs are held at, pixels"
    )
    threads: Annotated[int, Effort()] = Field(
        default=0, ge=0, le=256, description="threads; 0 means one a processor"
    )


class CombinedOptions(Options):
    """Salience seeds, what moves over the shot decides; each counts by how far it proves right."""

    kind: Literal["combined"] = "combined"
    salient: SalientOptions = Field(
        default=SalientOptions(), description="how salience is looked for"
    )
    motion: MotionOptions = Field(default=MotionOptions(), description="how motion is looked for")
    colour_weight: float = Field(
        default=0.35, ge=0, le=2, description="how much the colours learned over the shot count"
    )


GROUP = "multiplane.segment"
"""Entry-point group through which a foreign package adds a backend; GROUP.options its options."""
_SHIPPED = AutoOptions | SalientOptions | MotionOptions | CombinedOptions
if TYPE_CHECKING:
    Backend = Annotated[_SHIPPED, Field(discriminator="kind")]
else:
    Backend = Annotated[with_foreign_options(_SHIPPED, GROUP), Field(discriminator="kind")]


class SegmentOptions(Options):
    """Who is taken for a character, and in what form."""

    backend: Backend = Field(default=AutoOptions(), description="how the characters are found")
    smoothing_frames: int = Field(
        default=2, ge=0, le=8, description="neighbours on each side that steady a frame's mask"
    )
    edges: Literal["guided", "grabcut"] = Field(
        default="grabcut", description="how the mask is drawn to the edges of the full-size frame"
    )
    min_instance_px: int = Field(
        default=50, ge=0, description="smaller objects are left out, pixels of area"
    )
    max_instance_px: int = Field(
        default=0, ge=0, description="larger objects are left out, pixels of area; 0 keeps all"
    )
    context: str | None = Field(
        default=None,
        pattern=r"^(transparent|white|black|gray|grey|blur|original|#[0-9a-fA-F]{6})$",
        description="what surrounds a cut-out of each instance: transparent, white, black, gray, "
        "#rrggbb, blur or original; left out, none are written",
    )
    context_margin_px: int = Field(
        default=16, ge=0, le=4096, description="room round a cut-out of an instance"
    )
    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0
