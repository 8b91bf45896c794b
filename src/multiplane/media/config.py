"""How video is encoded."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import Field, ValidationInfo, field_validator, model_validator

from multiplane.core.config import Options

PixelFormat: TypeAlias = Literal[
    "yuv420p", "yuv422p", "yuv444p", "yuv422p10le", "yuv444p10le", "bgr0", "gray",
    "yuva420p", "yuva444p10le", "bgra",
]  # fmt: skip

ALPHA_FORMATS: dict[str, PixelFormat] = {
    "prores_ks": "yuva444p10le",
    "ffv1": "bgra",
    "libvpx-vp9": "yuva420p",
}
"""Codec that can hold alpha → how it stores it."""
NVENC: dict[str, str] = {"libx264": "h264_nvenc", "libx265": "hevc_nvenc"}
"""Encoder of the processor → that of an NVIDIA card for the same codec."""

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
    encoder: Literal["auto", "nvenc", "cpu"] = Field(
        default="cpu",
        description="what encodes libx264 and libx265: cpu, nvenc (an NVIDIA card's encoder; an "
        "error where there is none), or auto (nvenc where it opens, else cpu, and said)",
    )
    alpha: bool = Field(
        default=False,
        description="whether frames come with alpha, straight; prores_ks (.mov) for editors, ffv1 "
        "(.mkv) exact to the bit, libvpx-vp9 (.webm) for browsers",
    )
    pixel_format: PixelFormat | None = Field(
        default=None,
        description="how the encoder stores pixels; unset takes yuv420p (yuv444p when a side is "
        "odd), bgr0 for ffv1 and yuv422p10le for prores_ks; with alpha yuva420p, bgra and "
        "yuva444p10le; gray (ffv1) holds mattes",
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

    @model_validator(mode="after")
    def _codec_has_what_is_asked(self) -> Self:
        own = ALPHA_FORMATS.get(self.codec)
        if self.alpha and own is None:
            raise ValueError(
                f"{self.codec} has no alpha channel; take codec {' or '.join(ALPHA_FORMATS)}"
            )
        if self.alpha and self.pixel_format not in {None, own}:
            raise ValueError(f"{self.codec} stores alpha as {own}, not as {self.pixel_format}")
        if not self.alpha and self.pixel_format in ALPHA_FORMATS.values():
            raise ValueError(f"pixel_format {self.pixel_format} needs alpha: true")
        if self.encoder == "nvenc" and self.codec not in NVENC:
            raise ValueError(f"nvenc encodes {' and '.join(NVENC)}, not {self.codec}")
        return self
