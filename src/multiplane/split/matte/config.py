"""What can be chosen about mattes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from multiplane.core.compute import BatchSize, Device, MaxVramGb, Precision
from multiplane.core.config import Options
from multiplane.core.plugins import with_foreign_options


class AutoMatte(Options):
    """ViTMatte where its weights and CUDA are here, else guided. Says which, and why."""

    kind: Literal["auto"] = "auto"


class GuidedMatte(Options):
    """Iterated guided filter (He et al. 2013). Fast and steady; for video."""

    kind: Literal["guided"] = "guided"
    reach: float = Field(
        default=2.0, gt=0, le=8, description="radius of its windows, in widths of the band"
    )
    iterations: int = Field(
        default=3, ge=1, le=20, description="rounds; more forgives a rougher mask"
    )
    shrink: int = Field(
        default=2, ge=1, le=8, description="its coefficients are found on a picture so much smaller"
    )
    haze: float = Field(
        default=0.04,
        ge=0,
        le=0.4,
        description="shares this near to 0 and 1 become 0 and 1: what a filter leaves over is no "
        "hair",
    )


class ClosedFormMatte(Options):
    """Closed-form matting (Levin et al. 2008). Slower; for stills and masks that fit well."""

    kind: Literal["closed_form"] = "closed_form"
    epsilon: float = Field(
        default=1e-7, gt=0, le=1, description="how much colours may scatter; more is smoother"
    )
    max_iterations: int = Field(
        default=2000, ge=10, le=100_000, description="when the solver gives up on better"
    )


class VitMatteMatte(Options):
    """ViTMatte (Yao et al. 2023): a network, for hair and fur. Needs PyTorch and weights."""

    kind: Literal["vitmatte"] = "vitmatte"
    model: str = Field(
        default="vitmatte-small",
        min_length=1,
        description="weights by name (multiplane models list), or a folder of one's own with "
        "config.json, model.safetensors and preprocessor_config.json",
    )
    tile_px: int = Field(
        default=1024,
        ge=64,
        le=4096,
        description="side of what goes through the network at once, at most, in whole steps of 32; "
        "memory grows faster than its area",
    )
    overlap_px: int = Field(
        default=128,
        ge=0,
        le=2048,
        description="by how much neighbouring tiles overlap, where one turns into the next",
    )

    @model_validator(mode="after")
    def _tiles_go_on(self) -> Self:
        """Tiles that overlap by more than half are computed thrice and more.

        Raises:
            ValueError: They do.
        """
        if self.overlap_px > self.tile_px // 2:
            raise ValueError(
                f"overlap_px is {self.overlap_px}, wanted half of tile_px ({self.tile_px // 2}) "
                "at most"
            )
        return self


GROUP = "multiplane.matte"
"""Entry-point group through which a foreign package adds a method; GROUP.options its options."""
_SHIPPED = AutoMatte | GuidedMatte | ClosedFormMatte | VitMatteMatte
if TYPE_CHECKING:
    Method = Annotated[_SHIPPED, Field(discriminator="kind")]
else:
    Method = Annotated[with_foreign_options(_SHIPPED, GROUP), Field(discriminator="kind")]


class MatteOptions(Options):
    """How wide the soft edge may be, and how it is found."""

    method: Method = Field(default=AutoMatte(), description="how the soft edge is found")
    edge_px: int = Field(
        default=8,
        ge=1,
        le=200,
        description="how far inside and outside the mask's edge the true edge is looked for; "
        "wider for hair and for rough masks",
    )
    extend_px: int = Field(
        default=32,
        ge=0,
        le=1000,
        description="how far the colour of a cut-out goes on under its transparent surround",
    )
    crop_cutouts: bool = Field(
        default=False,
        description="cut each cut-out to the box of what is on it; off keeps the frame's size",
    )
    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0
