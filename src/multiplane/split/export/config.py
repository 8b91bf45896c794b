"""What can be chosen about the files that come out."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import Field, field_validator

from multiplane.core.config import Also, Effort, Options, Words, nearest

Format: TypeAlias = Literal[
    "prores_4444", "ffv1", "vp9", "png", "greenscreen_h264", "greenscreen_h265", "packed_alpha",
    "matte",
]  # fmt: skip
_FORMATS = (
    "a list of: prores_4444, ffv1, vp9, png, greenscreen_h264, greenscreen_h265, packed_alpha, "
    "matte"
)
_COLOUR = "[red, green, blue] from 0 to 255 each, or a colour like '#2BE640'"
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")


class ExportOptions(Options):
    """Which files are written of a clip, and how."""

    formats: Annotated[tuple[Format, ...], Words(_FORMATS)] = Field(
        default=("prores_4444",),
        min_length=1,
        description="one file each, all in one pass: prores_4444 (.mov, editors), ffv1 (.mkv, "
        "exact), vp9 (.webm, browsers), png (a folder of pictures), greenscreen_h264 and "
        "greenscreen_h265 (.mp4, over one colour), packed_alpha (.mp4, DeoVR and HereSphere), "
        "matte (.mkv, the alpha alone, exact)",
    )
    background_rgb: Annotated[tuple[int, int, int], Also("background_color"), Words(_COLOUR)] = (
        Field(
            default=(0, 255, 0),
            description="colour behind people in the green screens; players of VR key #2BE640",
        )
    )
    eyes: Literal["together", "separate"] = Field(
        default="together",
        description="both eyes in one file as the source has them, or a file an eye; packed_alpha "
        "always holds both",
    )
    decontaminate: bool = Field(
        default=True,
        description="take the old background out of the colour of soft edges, and put nothing "
        "but the colour of people into the files; off leaves the picture as it is",
    )
    extend_px: int = Field(
        default=12,
        ge=0,
        le=256,
        description="how far the colour of people goes on under alpha 0, so that scaling and "
        "compression bring in no fringe",
    )
    packed_fov_deg: int = Field(
        default=190,
        ge=180,
        le=220,
        description="field of view of the fisheye circles of packed_alpha, in degrees",
    )
    packed_codec: Literal["h264", "h265"] = Field(
        default="h265", description="how packed_alpha is encoded"
    )
    quality: int | None = Field(
        default=None,
        ge=0,
        le=51,
        description="constant quality (crf) of H.264, H.265 and VP9, lower is better; null takes "
        "the codec's own",
    )
    speed: Literal["ultrafast", "veryfast", "fast", "medium", "slow", "veryslow"] = Field(
        default="medium", description="how much time encoders take to make files smaller"
    )
    encoder: Literal["auto", "nvenc", "cpu"] = Field(
        default="auto",
        description="what encodes H.264 and H.265: an NVIDIA card (nvenc, an error where there is "
        "none), the processor (cpu), or the card where there is one, which is said",
    )
    name_tags: bool = Field(
        default=True,
        description="put what players go by into the names of files: _180_LR, _fisheye190_LR_alpha",
    )
    sound: Literal["keep", "drop"] = Field(
        default="keep", description="copy all tracks of sound, packet by packet, or leave them out"
    )
    verify_sync: bool = Field(
        default=True,
        description="compare each written video with the source: frames, timestamps, packets of "
        "sound; a difference is an error and the files are removed",
    )
    spherical: Literal["keep", "inject", "drop"] = Field(
        default="keep",
        description="the VR180 boxes of MP4: as the source has them, made where it has none, or "
        "left out; where a container cannot hold them, a sidecar is written beside",
    )
    overlays: Literal["off", "pictures", "video"] = Field(
        default="off",
        description="who was found, drawn on the frames: boxes, numbers, agreement of the eyes",
    )
    confidence: Literal["off", "pictures", "video"] = Field(
        default="off", description="maps of how sure alpha is, pixel by pixel: white is sure"
    )
    pictures: int = Field(
        default=4,
        ge=0,
        le=1000,
        description="how many frames, evenly over the clip, become previews over a checkerboard, "
        "and overlays and confidence maps where these are pictures",
    )
    preview_px: int = Field(
        default=1024,
        ge=64,
        le=8192,
        description="longer side of those pictures and videos, at most",
    )
    quality_figures: Literal["off", "sampled", "every"] = Field(
        default="sampled",
        description="measure edges and flicker of the alphas: not at all, in some 60 places of the "
        "clip, or in every frame",
    )
    threads: Annotated[int, Effort()] = Field(
        default=0,
        ge=0,
        le=256,
        description="frames composed at a time; 0 is one for two processors, four at most",
    )

    @field_validator("formats", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
        """Words with commas between them will do; each format counts once.

        Raises:
            ValueError: One is not known, or there is none.
        """
        words = _listed(value) if isinstance(value, str) else value
        if not isinstance(words, list | tuple) or not words:
            raise ValueError("at least one format is wanted")
        known = get_args(Format)
        for word in words:
            if word not in known:
                guess = nearest(str(word), known)
                raise ValueError(
                    f"{word!r} is no format" + (f"; did you mean {guess!r}?" if guess else "")
                )
        return tuple(dict.fromkeys(words))

    @field_validator("background_rgb", mode="before")
    @classmethod
    def _colour(cls, value: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
        """Six hexadecimal digits or three numbers.

        Raises:
            ValueError: It is no colour.
        """
        if isinstance(value, str):
            found = _HEX.fullmatch(value.strip())
            value = tuple(bytes.fromhex(found[1])) if found else _listed(value)
        if not isinstance(value, list | tuple) or len(value) != 3:
            raise ValueError("a colour has three parts")
        parts = [int(part) if str(part).isdecimal() else -1 for part in value]
        if not all(0 <= part <= 255 for part in parts):
            raise ValueError("red, green and blue go from 0 to 255")
        return tuple(parts)


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.strip("[]() ").split(",") if word.strip()]
