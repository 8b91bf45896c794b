"""What can be chosen about chunks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from multiplane.core.config import Also, Options, Words


class ChunksOptions(Options):
    """How the picture is laid out, and into what parts a clip is cut."""

    layout: Literal["auto", "sbs", "over_under", "mono"] = Field(
        default="auto",
        description="where the eyes are in the picture: side by side, one over the other, or only "
        "one (flat 2D video, or VR of one eye); auto goes by the file's metadata and its shape",
    )
    eyes: Literal["auto", "left_first", "right_first"] = Field(
        default="auto",
        description="which eye is left or on top; auto looks at the sign of the disparity",
    )
    projection: Literal["auto", "half_equirect", "flat"] = Field(
        default="auto",
        description="how directions become pixels: half-equirectangular (VR180) or a plain camera",
    )
    scale: Annotated[float, Also("scale_factor")] = Field(
        default=0.5,
        ge=0.05,
        le=1,
        description="size of the picture that people are looked for in, as a share of the "
        "source's: 0.25, 0.5 and 1 are the usual ones; edges are found at full size in any case",
    )
    chunk_frames: Annotated[int, Also("chunk_size")] = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="frames of a chunk at most, those of the overlap included; 0 is as many as "
        "max_memory_gb holds at this scale",
    )
    overlap_frames: Annotated[int, Words("a whole number from 0, less than chunk_frames")] = Field(
        default=12,
        validate_default=True,  # chunk_frames alone may be less than the default
        ge=0,
        le=10_000,
        description="frames that neighbouring chunks share; there one fades into the other, and "
        "people are known again",
    )
    max_memory_gb: float = Field(
        default=4.0,
        ge=0.5,
        le=4096,
        description="memory of the computer, in GB of 10^9 bytes, that chunk_frames 0 reckons with",
    )
    start_s: float = Field(
        default=0.0, ge=0, description="where to start, in seconds from the first frame"
    )
    stop_s: Annotated[float | None, Words("a number of seconds after start_s, or null")] = Field(
        default=None, gt=0, description="where to stop, in seconds; null is the end of the clip"
    )
    look_through: bool = Field(
        default=False,
        description="decode the whole clip once before the work begins, so that damage in its "
        "middle is known in time; one that is cut off is always looked through",
    )

    @field_validator("overlap_frames")
    @classmethod
    def _chunks_go_on(cls, overlap: int, info: ValidationInfo) -> int:
        chunk = info.data.get("chunk_frames")
        if chunk and overlap >= chunk:
            raise ValueError(
                f"each chunk must bring new frames, and chunk_frames is {chunk}: "
                f"wanted {chunk - 1} at most"
            )
        return overlap

    @field_validator("stop_s")
    @classmethod
    def _stop_is_after_start(cls, stop: float | None, info: ValidationInfo) -> float | None:
        start = info.data.get("start_s")
        if stop is not None and start is not None and stop <= start:
            raise ValueError(f"start_s is {start:g}, and nothing lies before it")
        return stop
