"""Options of the stage ``restore.candidates``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from multiplane.core.compute import BatchSize, Device, MaxVramGb, Precision
from multiplane.core.config import Also, Options, Words, models_in
from multiplane.core.plugins import with_foreign_options
from multiplane.restore.inpaint.config import (
    GROUP,
    LamaOptions,
    OpenCvOptions,
    PatchMatchOptions,
)
from multiplane.restore.inpaint.diffusion import DiffusionOptions

MOST_ROWS = 64
MOST_SEED = 2**31 - 1
_ROWS = f"a whole number from 1 to {MOST_ROWS}, or backends with commas between: patchmatch,lama"


class AutoOptions(Options):
    """Diffusion where its weights and PyTorch are here, else lama, else patchmatch; says why."""

    kind: Literal["auto"] = "auto"


_SHIPPED = AutoOptions | DiffusionOptions | LamaOptions | PatchMatchOptions | OpenCvOptions
if TYPE_CHECKING:
    Backend = Annotated[_SHIPPED, Field(discriminator="kind")]
else:
    Backend = Annotated[with_foreign_options(_SHIPPED, GROUP), Field(discriminator="kind")]


class Row(Options):
    """One restoration: by what, and where chance starts."""

    backend: Backend | None = Field(
        default=None, description="what invents pixels; left out: that of the stage"
    )
    seed: int = Field(
        default=0, ge=0, le=MOST_SEED, description="0: the stage's seed, counted up row by row"
    )


class CandidatesOptions(Options):
    """Several restorations of a damaged picture, untouched outside of the damage."""

    backend: Backend = Field(
        default_factory=AutoOptions,
        description="what invents pixels: auto, diffusion, lama, patchmatch or opencv",
    )
    rows: Annotated[int | tuple[Row, ...], Words(_ROWS)] = Field(
        default=4,
        description="how many restorations, each with the next seed; or a list that names a "
        "backend a row, perhaps with its seed: [diffusion, diffusion:7, lama, patchmatch]",
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=MOST_SEED,
        description="above 0: of the first row, counted up row by row; 0: drawn by chance once a "
        "picture, and written into the record",
    )
    mask_mode: Literal["white", "black"] = Field(
        default="white", description="which colour of the mask is to be repaired"
    )
    mask_threshold: int = Field(
        default=128, ge=1, le=255, description="mask pixels from this grey on count as white"
    )
    grow_px: Annotated[int, Also("mask_dilate")] = Field(
        default=0, ge=0, le=500, description="how far the damage is grown before it is repaired"
    )
    feather_px: int = Field(
        default=4,
        ge=0,
        le=64,
        description="width of the blend between repair and picture; it lies within what grow_px "
        "added, never over the damage nor beyond, so without grow_px there is none",
    )
    context_px: Annotated[int, Also("padding")] = Field(
        default=128,
        ge=16,
        le=4096,
        description="how far around a damage to look, in pixels of the picture; at least half "
        "the damage's longer side",
    )
    together: bool = Field(
        default=False,
        description="repair all damage of a picture in one pass that looks at all of it; False: "
        "what lies apart is repaired one by one",
    )
    match_colour: bool = Field(
        default=True,
        description="bring each repair into the colour and light of its surroundings",
    )
    match_grain: bool = Field(
        default=True,
        description="give repairs that are smoother than their surroundings the same grain",
    )
    score: bool = Field(
        default=True,
        description="score and rank the restorations: seam, texture, colour, likeness; shown, "
        "never deciding",
    )
    lpips_features: str = Field(
        default="",
        description="safetensors with AlexNet's features: likeness to the surroundings then "
        "counts too; needs multiplane[perceptual]. Empty: it is not measured",
    )
    format: Literal["lossless", "png", "tif"] = Field(
        default="lossless",
        description="file format of the restorations; lossless keeps that of a picture which "
        "loses nothing (PNG, TIFF, BMP), else PNG. Depth, profile and tags are kept",
    )
    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0

    @field_validator("rows", mode="before")
    @classmethod
    def _read_rows(cls, value: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
        """``diffusion:7`` stands for that backend with that seed; a word for a list of one.

        Raises:
            ValueError: It is no number and no list; a word names no backend, or its seed is no
                number.
        """
        if value in (None, "") or isinstance(value, float | bool):
            raise ValueError(f"wanted {_ROWS}")
        if isinstance(value, str) and not value.strip().isdigit():
            value = [word.strip() for word in value.strip("[] ").split(",")]
        if not isinstance(value, list | tuple):
            return value
        return tuple(_row(one) for one in value)

    @field_validator("rows")
    @classmethod
    def _bound_rows(cls, value: int | tuple[Row, ...]) -> int | tuple[Row, ...]:
        """From 1 to :data:`MOST_ROWS`.

        Raises:
            ValueError: Fewer or more.
        """
        count = value if isinstance(value, int) else len(value)
        if not 1 <= count <= MOST_ROWS:
            raise ValueError(f"{count} rows, wanted 1 to {MOST_ROWS}")
        return value


def _row(value: object) -> object:
    """A word as a row; anything else as it is.

    Raises:
        ValueError: It names no backend, or its seed is no number.
    """
    if not isinstance(value, str):
        return value
    kind, colon, seed = (part.strip() for part in value.partition(":"))
    models = models_in(Row.model_fields["backend"].annotation)
    kinds = [one.model_fields["kind"].default for one in models]
    if kind not in kinds:
        raise ValueError(
            f"no backend {kind!r}; wanted how many rows, or a list of {', '.join(kinds)}, "
            "each perhaps with its seed: patchmatch:7"
        )
    row: dict[str, object] = {"backend": {"kind": kind}}
    if colon:
        if not seed.isdecimal() or int(seed) > MOST_SEED:
            raise ValueError(f"seed {seed!r} of {kind}, wanted 0 to {MOST_SEED}: {kind}:7")
        row["seed"] = int(seed)
    return row
