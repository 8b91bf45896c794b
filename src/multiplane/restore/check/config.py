"""Options of the stage ``restore.check``."""

from __future__ import annotations

from pydantic import Field

from multiplane.core.config import Options


class CheckOptions(Options):
    """Looks at finished backgrounds as a stranger would, and says which deserve a second look."""

    residual: bool = Field(
        default=True,
        description="look for leftovers of characters with the salience network u2netp (4.6 MB, "
        "fetched once)",
    )
    grow_px: int = Field(
        default=20,
        ge=0,
        le=500,
        description="how far masks were grown before filling; without effect where holes or fills "
        "say what was filled",
    )
    every_frames: int = Field(
        default=24,
        ge=1,
        le=100_000,
        description="look for leftovers in one frame of this many; that is what costs time",
    )
    closely_every_frames: int = Field(
        default=6,
        ge=1,
        le=100_000,
        description="look for seams, flicker and blur in one frame of this many",
    )
    seam_step_px: int = Field(
        default=4,
        ge=1,
        le=64,
        description="distance over which a seam is looked for; about the width of the feather",
    )
    most_listed: int = Field(
        default=24, ge=1, le=10_000, description="how many of the worst frames of a shot are listed"
    )
    leftover: float = Field(
        default=0.12,
        gt=0.0,
        le=1.0,
        description="a frame is listed when this much of the character's place still catches the "
        "eye and has the character's colours, or when it shines through by this much",
    )
    seam: float = Field(
        default=1.4,
        ge=1.0,
        le=256.0,
        description="a frame is listed when its border changes this much more than beside it",
    )
    flicker: float = Field(
        default=1.6,
        ge=1.0,
        le=256.0,
        description="a frame is listed when its fill changes this much more than its surroundings",
    )
    blur: float = Field(
        default=0.4,
        ge=0.0,
        le=1.0,
        description="a frame is listed when its fill is less sharp than this share of what "
        "surrounds it",
    )
