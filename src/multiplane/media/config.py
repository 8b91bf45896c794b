"""How video is encoded."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from multiplane.core.config import Options

PixelFormat: TypeAlias = Literal[
    "yuv420p", "yuv422p", "yuv444p", "yuv422p10le", "yuv444p10le", "bgr0"
]

_LOWEST_QUALITY = {"libx264": 51, "libx265": 51}
"""Codec → where its crf ends, when that is before 63."""


class VideoOptions(Options):
    """How frames become a video file."""

    codec: Literal["libx264", "libx265", "libvpx-vp9", "libsvtav1", "ffv1", "prores_ks"] = Field(
        default="libx264",
        description="encoder; ffv1 is exact to the bit (in .mkv), prores_ks is for editors (.mov)",
    )
    quality: int | None = Field(
        default=None,
        ge=0,
        le=63,
        description="constant quality (crf) of the encoder, lower is better; at most 51 for "
        "libx264 and libx265; unset takes 16 for libx264, 18 for libx265, 20 for libvpx-vp9 and "
        "libsvtav1; ffv1 and prores_ks have none",
    )
    speed: Literal["ultrafast", "veryfast", "fast", "medium", "slow", "veryslow"] = Field(
        default="medium",
        description="how much time the encoder takes to make the file smaller",
    )
    pixel_format: (
        Literal["yuv420p", "yuv422p", "yuv444p", "yuv422p10le", "yuv444p10le", "bgr0"] | None
    ) = Field(
        default=None,
        description="how the encoder stores pixels; unset takes yuv420p (yuv444p when a side is "
        "odd), bgr0 for ffv1 and yuv422p10le for prores_ks",
    )
    sound: Literal["keep", "drop"] = Field(
        default="keep",
        description="whether the sound of the source goes into the new file, copied packet by "
        "packet, or encoded anew where the container cannot take it",
    )

    @field_validator("quality")
    @classmethod
    def _codec_has_the_quality(cls, quality: int | None, info: ValidationInfo) -> int | None:
        codec = info.data.get("codec")
        most = _LOWEST_QUALITY.get(str(codec))
        if quality is not None and most is not None and quality > most:
            raise ValueError(f"{codec} takes a quality from 0 to {most}")
        return quality
