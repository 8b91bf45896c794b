"""What can be chosen about shots."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from multiplane.core.config import Options


class AdaptiveCuts(Options):
    """A cut is a change that stands out from the changes round it; camera moves do not count."""

    kind: Literal["adaptive"] = "adaptive"
    ratio: float = Field(
        default=3.0, gt=1, le=100, description="how many times the changes round it a cut must be"
    )
    min_content: float = Field(
        default=15.0, ge=0, le=255, description="the least mean change of hue, saturation, value"
    )
    window_frames: int = Field(
        default=2, ge=1, le=30, description="how many frames before and after count as round it"
    )


class ContentCuts(Options):
    """A cut is a change above a fixed threshold."""

    kind: Literal["content"] = "content"
    threshold: float = Field(
        default=27.0, gt=0, le=255, description="the least mean change of hue, saturation, value"
    )


class NoCuts(Options):
    """The clip is one shot."""

    kind: Literal["none"] = "none"


Cuts = Annotated[AdaptiveCuts | ContentCuts | NoCuts, Field(discriminator="kind")]


class ShotsOptions(Options):
    """Which frames are taken, and where one shot ends and the next begins."""

    video_cuts: Cuts = Field(default=AdaptiveCuts(), description="how cuts in a video are found")
    picture_cuts: Cuts = Field(
        default=ContentCuts(),
        description="how cuts between the pictures of a folder are found; there, neighbours may "
        "be unrelated, so the adaptive way finds too few",
    )
    min_shot_frames: int = Field(
        default=8,
        ge=1,
        le=10_000,
        description="a shorter shot of a video joins the neighbour it is more alike; pictures of "
        "a folder stay as they are cut",
    )
    every_frames: int = Field(
        default=1, ge=1, le=100_000, description="take every N-th frame, counted from each cut"
    )
    max_frames_per_shot: int = Field(
        default=0, ge=0, le=1_000_000, description="at most so many, spread evenly; 0 is all"
    )
    start_s: float = Field(default=0.0, ge=0, description="where in a video to start, in seconds")
    stop_s: float | None = Field(
        default=None, gt=0, description="where in a video to stop, in seconds; null is its end"
    )
    drop_duplicates: bool = Field(
        default=False,
        description="leave out frames that look like the one before (drawn on twos); off where "
        "every frame shall have its own background",
    )
    duplicate_bits: int = Field(
        default=2,
        ge=0,
        le=32,
        description="how many of the 64 bits of the perceptual hash may differ in a duplicate",
    )

    @model_validator(mode="after")
    def _stop_is_after_start(self) -> ShotsOptions:
        if self.stop_s is not None and self.stop_s <= self.start_s:
            raise ValueError(f"stop_s {self.stop_s:g} is not after start_s {self.start_s:g}")
        return self
