"""What can be chosen about edges at full size."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from multiplane.core.config import Options
from multiplane.split.matte.config import AutoMatte, Method


class EdgesOptions(Options):
    """How the alpha found on a small picture becomes a soft edge on the full one."""

    upsample: Literal["guided", "bilinear"] = Field(
        default="guided",
        description="how alphas come back to full size: guided follows the edges of the full "
        "picture; bilinear only interpolates",
    )
    refine: Literal["none", "coarse", "full"] = Field(
        default="full",
        description="where the method looks for the soft edge: nowhere (the alpha is only brought "
        "to full size); at working size; or there first, and again at full size where it left the "
        "edge uncertain, in hair and blur",
    )
    method: Method = Field(default=AutoMatte(), description="how the soft edge is found")
    edge_px: int = Field(
        default=6,
        ge=1,
        le=400,
        description="how far inside and outside the found edge the true one is looked for, in px "
        "of the full picture; 10 to 16 for rough masks and fur before a plain wall, less before "
        "leaves and grass",
    )
    doubt: float = Field(
        default=2.0,
        ge=0,
        le=10,
        description="how much of what the method wrongly sees beside the edge is taken off it, in "
        "deviations: more keeps edges clean before clutter, less keeps the finest hair",
    )
    full_resolution_crops: bool = Field(
        default=False,
        description="looks at each person again in a crop of the full picture before the edge is "
        "refined; slower, sharper where the backend sees more in a larger picture",
    )
    look_agreement: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="a crop's alpha is taken when its IoU with what was found before is at least "
        "this; else what was found before stays",
    )
    steady: float = Field(
        default=0.4,
        ge=0,
        le=0.95,
        description="how much of the frame before an edge keeps where the picture did not change, "
        "against flicker; 0 takes each frame by itself",
    )
    steady_levels: float = Field(
        default=6.0,
        gt=0,
        le=64,
        description="the picture counts as changed where it differs by more than this, in levels "
        "of 255, from the frame before; a little above the noise of the footage",
    )
    haze: float = Field(
        default=0.02,
        ge=0,
        le=0.4,
        description="shares this near to 0 and 1 become 0 and 1: a veil that thin is no hair",
    )
