"""Options of the stage ``restore.collage``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from multiplane.core.config import Also, Options


class CollageOptions(Options):
    """Original, damage and restorations side by side, each row a restoration."""

    spacing_h_px: Annotated[int, Also("collage_spacing_h")] = Field(
        default=20, ge=0, le=2000, description="between the pictures of a row"
    )
    spacing_v_px: Annotated[int, Also("collage_spacing_v")] = Field(
        default=20, ge=0, le=2000, description="between the rows"
    )
    background_rgb: str = Field(
        default="#FFFFFF", pattern="#[0-9A-Fa-f]{6}", description="colour between the pictures"
    )
    mask_rgb: str = Field(
        default="#FFFFFF", pattern="#[0-9A-Fa-f]{6}", description="colour the damage is painted in"
    )
    captions: bool = Field(
        default=False,
        description="say under each row its backend, model, seed, guidance and rank; adds a line "
        "of text below the pictures, which stay aligned",
    )
    difference: bool = Field(
        default=False, description="a fourth picture a row: what differs from the original, x4"
    )
    order: Literal["rows", "rank"] = Field(
        default="rows", description="as the rows were asked for, or the best score first"
    )
    max_megapixels: float = Field(
        default=0.0,
        ge=0.0,
        description="larger collages are drawn smaller; 0: never, whatever the size",
    )
    page: bool = Field(
        default=True, description="write the zoomable HTML page, too: one file, no network needed"
    )
    page_megapixels: float = Field(
        default=24.0,
        ge=0.1,
        le=400.0,
        description="larger originals are shown smaller on the page; repairs stay at full size",
    )
