"""Options of the stage ``restore.damage``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from multiplane.core.config import Options


class DamageOptions(Options):
    """Looks for damage and writes it as masks, to be corrected by hand before anybody repairs."""

    cracks: bool = Field(default=True, description="look for cracks: long thin lines")
    losses: bool = Field(
        default=True, description="look for losses: flat areas of a colour foreign to what is round"
    )
    stains: bool = Field(
        default=True, description="look for stains: soft dark or brownish veils over the picture"
    )
    crack_sensitivity: float = Field(
        default=0.5, ge=0.0, le=1.0, description="more finds more cracks, and more that are none"
    )
    crack_tone: Literal["dark", "bright", "both"] = Field(
        default="dark", description="whether cracks are darker or brighter than what is beside them"
    )
    crack_min_width_px: float = Field(
        default=1.0, ge=0.5, le=32.0, description="the thinnest cracks to look for"
    )
    crack_max_width_px: float = Field(
        default=0.0,
        ge=0.0,
        le=32.0,
        description="the widest cracks to look for; 0: 0.3 % of the picture's shorter side, from 6 "
        "to 32",
    )
    crack_min_length_px: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="what is shorter from end to end, branches included, is no crack; 0: a tenth "
        "of the picture's shorter side, at least 48",
    )
    loss_sensitivity: float = Field(
        default=0.5, ge=0.0, le=1.0, description="more finds more losses, and more that are none"
    )
    loss_colours: Literal["plain", "any"] = Field(
        default="plain",
        description="plain: plaster, paper, canvas, soot, that is bright or black without much "
        "colour; any: every flat area that differs from what is round it",
    )
    loss_min_area_px: int = Field(
        default=100, ge=1, le=100_000_000, description="smaller losses are left out"
    )
    stain_sensitivity: float = Field(
        default=0.5, ge=0.0, le=1.0, description="more finds more stains, and more that are none"
    )
    stain_min_share: float = Field(
        default=0.002,
        ge=0.0001,
        le=1.0,
        description="stains under this share of the picture are left out",
    )
    grow_px: int = Field(
        default=0, ge=0, le=500, description="how far what was found is grown in the mask"
    )
    mask_mode: Literal["white", "black"] = Field(
        default="white",
        description="black: masks in which damage is black are written as well, as black_masks, "
        "for other tools; in masks it is always white, by which our own stages know it",
    )

    @model_validator(mode="after")
    def _check_widths(self) -> DamageOptions:
        """The thinnest is not wider than the widest.

        Raises:
            ValueError: It is.
        """
        if 0 < self.crack_max_width_px < self.crack_min_width_px:
            raise ValueError("crack_min_width_px is more than crack_max_width_px")
        return self
