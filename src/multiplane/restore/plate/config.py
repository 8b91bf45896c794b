"""Options of the plate stage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from multiplane.core.config import Effort, Options


class PlateOptions(Options):
    """How hidden background is taken from the frames that saw it."""

    grow_px: int = Field(
        default=20,
        ge=0,
        le=400,
        description="masks are grown by this before they are filled; where an alpha reaches even "
        "further it is covered with 4 px to spare",
    )
    source_margin_px: int = Field(
        default=8,
        ge=0,
        le=400,
        description="how much further from a mask a source stays wherever another frame shows "
        "the place better",
    )
    max_references: int = Field(
        default=24, ge=1, le=256, description="frames held as sources at a time; memory grows"
    )
    window_frames: int = Field(
        default=300, ge=8, le=100000, description="longer shots choose sources anew this often"
    )
    canvas_px: int = Field(
        default=400_000,
        ge=10_000,
        le=16_000_000,
        description="size of the map on which sources are compared, in its own pixels",
    )
    ring_px: int = Field(
        default=40, ge=8, le=400, description="band round the hole where light is matched"
    )
    feather_px: int = Field(
        default=6,
        ge=0,
        le=64,
        description="band inside the grown mask that blends into the frame; at most grow_px / 3",
    )
    refine: bool = Field(
        default=True, description="follow parallax with optical flow where the camera moves"
    )
    max_shift_px: float = Field(
        default=6.0, ge=0.0, le=64.0, description="parallax beyond this is taken for a mistake"
    )
    threads: Annotated[int, Effort()] = Field(
        default=0, ge=0, le=256, description="threads; 0 means one a processor"
    )
