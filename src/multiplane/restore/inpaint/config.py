"""Options of the stage ``restore.inpaint``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from multiplane.core.compute import BatchSize, Device, MaxVramGb, Precision
from multiplane.core.config import Also, Options
from multiplane.core.plugins import with_foreign_options
from multiplane.restore.inpaint.diffusion import DiffusionOptions


class AutoOptions(Options):
    """LaMa where its weights and PyTorch are here, else patchmatch. Says which, and why."""

    kind: Literal["auto"] = "auto"


class LamaOptions(Options):
    """A network that has seen many places, and continues them. Needs PyTorch and weights."""

    kind: Literal["lama"] = "lama"
    model: str = Field(
        default="big-lama",
        min_length=1,
        description="weights by name (multiplane models list), or a file or folder of one's own: "
        "best.ckpt with or without its config.yaml, big-lama.pt, safetensors",
    )
    max_megapixels: float = Field(
        default=0.36,
        ge=0.07,
        le=64.0,
        description="crops with more pixels are painted at a smaller size, and what was painted "
        "is enlarged; LaMa was trained at 0.07 and judged at 0.26. More is sharper and slower, "
        "and loses its way in large holes",
    )
    refine: bool = Field(
        default=False,
        description="paint crops of up to 2 megapixels at their own size all the same, each "
        "made to agree with what is painted at half its size: sharp and calm, some 50 times "
        "slower, and 4 GB of memory a megapixel",
    )


class PatchMatchOptions(Options):
    """Copies of the surroundings, arranged so that they fit. No weights, CPU only."""

    kind: Literal["patchmatch"] = "patchmatch"
    rounds: int = Field(
        default=3,
        ge=1,
        le=16,
        description="how often search and vote alternate at full size (more at coarser sizes)",
    )
    max_megapixels: float = Field(
        default=1.5,
        ge=0.01,
        le=64.0,
        description="crops with more pixels are searched at half (a quarter, ...) their size; "
        "the pixels are copied at full size all the same; about 0.4 GB of memory a megapixel",
    )


class OpenCvOptions(Options):
    """Colours flow in from the border, as in OpenCV: fast, smears in all but small holes."""

    kind: Literal["opencv"] = "opencv"
    method: Literal["telea", "navier-stokes"] = Field(
        default="telea", description="which of the two methods of OpenCV"
    )
    radius_px: float = Field(
        default=5.0, ge=1.0, le=100.0, description="how far around a pixel colours are gathered"
    )


GROUP = "multiplane.inpaint"
"""Entry-point group through which a foreign package adds a backend; GROUP.options its options."""
_SHIPPED = AutoOptions | LamaOptions | DiffusionOptions | PatchMatchOptions | OpenCvOptions
if TYPE_CHECKING:
    Backend = Annotated[_SHIPPED, Field(discriminator="kind")]
else:
    Backend = Annotated[with_foreign_options(_SHIPPED, GROUP), Field(discriminator="kind")]


class InpaintOptions(Options):
    """Fills what nobody saw, and nothing else."""

    backend: Backend = Field(
        default_factory=AutoOptions,
        description="what invents pixels: auto, lama, diffusion, patchmatch or opencv",
    )
    grow_px: Annotated[int, Also("mask_dilate")] = Field(
        default=20,
        ge=0,
        le=500,
        description="how far masks are grown before filling; without effect where the holes of "
        "restore.plate are given, since it has grown the masks already",
    )
    feather_px: int = Field(
        default=4,
        ge=0,
        le=64,
        description="width of the blend between fill and frame; it lies inside the grown mask, "
        "never over the mask itself",
    )
    context_px: int = Field(
        default=128,
        ge=16,
        le=4096,
        description="how far around a hole to learn from; at least half the hole's longer side "
        "(lama: a quarter)",
    )
    carry: bool = Field(
        default=True,
        description="within a shot invent once and carry the fill along with the camera; "
        "False invents every frame anew",
    )
    canvas_megapixels: float = Field(
        default=4.0,
        ge=0.05,
        le=256.0,
        description="largest canvas a shot's fill is invented on; a camera that travels further "
        "gets several, each continuing the one before",
    )
    format: Literal["same", "png", "jpg", "webp"] = Field(
        default="same",
        description="file format of the backgrounds; same keeps that of the frame. jpg and webp "
        "lose a little everywhere, so pixels outside the mask are then no longer identical",
    )
    quality: int = Field(
        default=0, ge=0, le=100, description="of jpg and webp; 0 takes the frame's own, or 95"
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="where chance starts")
    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0
