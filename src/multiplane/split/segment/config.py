"""What can be chosen about finding the characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from multiplane.core.compute import BatchSize, Device, MaxVramGb, Precision
from multiplane.core.config import Effort, Options, Words
from multiplane.core.plugins import with_foreign_options
from multiplane.split.segment.typed import parse_boxes, parse_points, parse_text


class AutoOptions(Options):
    """SAM 2.1 where its weights and a GPU are; else combined, salient, motion. Says which."""

    kind: Literal["auto"] = "auto"


class SalientOptions(Options):
    """U²-Net (Qin et al. 2020): what catches the eye in a single frame. 4.6 MB of weights."""

    kind: Literal["salient"] = "salient"
    model: Literal["u2netp", "u2net"] = Field(
        default="u2netp", description="the network, by its hub name; u2net is slow, and 176 MB"
    )
    every_frames: int = Field(
        default=3,
        ge=1,
        le=24,
        description="looks at every so many frames; flow carries it between, as far as it can",
    )
    closer: bool = Field(
        default=True, description="looks again, closer, at the part where somebody was found"
    )
    work_px: int = Field(
        default=480, ge=64, le=2048, description="long side that beliefs are held at, pixels"
    )
    threads: Annotated[int, Effort()] = Field(
        default=0, ge=0, le=256, description="threads; 0 means one a processor"
    )


class MotionOptions(Options):
    """What differs from what stays when the camera's motion is taken out. No weights."""

    kind: Literal["motion"] = "motion"
    references: int = Field(
        default=16, ge=2, le=256, description="frames of the shot each frame is held against"
    )
    tolerance: float = Field(
        default=14.0, gt=0, le=128, description="difference that counts as another colour, of 255"
    )
    wiggle_px: int = Field(
        default=1, ge=0, le=16, description="how far grass and leaves may wave, at work_px"
    )
    work_px: int = Field(
        default=480, ge=64, le=2048, description="long side that beliefs are held at, pixels"
    )
    threads: Annotated[int, Effort()] = Field(
        default=0, ge=0, le=256, description="threads; 0 means one a processor"
    )


class CombinedOptions(Options):
    """Salience seeds, what moves over the shot decides; each counts by how far it proves right."""

    kind: Literal["combined"] = "combined"
    salient: SalientOptions = Field(
        default=SalientOptions(), description="how salience is looked for"
    )
    motion: MotionOptions = Field(default=MotionOptions(), description="how motion is looked for")
    colour_weight: float = Field(
        default=0.35, ge=0, le=2, description="how much the colours learned over the shot count"
    )


class AutomaticOptions(Options):
    """Masks of everything in a picture, from a grid of points, as SAM 2's own generator makes them.

    Single fields left out are the preset's; those with a value stand whatever the preset.
    """

    preset: Literal["upstream", "conservative", "optimized"] = Field(
        default="upstream",
        description="upstream: 32 points a side, IoU 0.8, stability 0.95; conservative: 20, 0.76, "
        "0.86; optimized: 32, 0.7, 0.8",
    )
    points_per_side: int | None = Field(
        default=None, ge=1, le=256, description="points along each side of the grid"
    )
    points_per_batch: Annotated[int, Effort()] = Field(
        default=64,
        ge=1,
        le=65536,
        description="points decoded at once; fewer where memory is short",
    )
    pred_iou_thresh: float | None = Field(
        default=None, ge=0, le=1, description="masks whose predicted IoU is not above are dropped"
    )
    stability_score_thresh: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="masks are dropped whose area at mask_threshold plus stability_score_offset is "
        "a smaller share than this of their area at mask_threshold minus it",
    )
    stability_score_offset: float = Field(
        default=1.0, ge=0, le=100, description="how far logits are moved to try stability"
    )
    mask_threshold: float = Field(
        default=0.0, ge=-100, le=100, description="logits above belong to the mask"
    )
    box_nms_thresh: float = Field(
        default=0.7, ge=0, le=1, description="IoU of boxes in one crop above which the surer stays"
    )
    crop_n_layers: int = Field(
        default=0, ge=0, le=4, description="layers of crops; layer n looks at 4^n parts, closer"
    )
    crop_nms_thresh: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="IoU of boxes of crops above which the closer look stays",
    )
    crop_overlap_ratio: float = Field(
        default=512 / 1500, ge=0, lt=1, description="share of the short side by which crops overlap"
    )
    crop_n_points_downscale_factor: int = Field(
        default=1, ge=1, le=16, description="layer n has this^n times fewer points a side"
    )
    min_mask_region_area: int = Field(
        default=0,
        ge=0,
        description="holes are filled and islands taken away that are smaller, pixels of the frame",
    )
    max_mask_area_share: float = Field(
        default=1.0, gt=0, le=1, description="larger masks are dropped, share of the frame"
    )
    fill_gaps: bool = Field(
        default=False, description="gives every pixel one owner: the surest mask, else the nearest"
    )


Evidence = Annotated[
    AutoOptions | SalientOptions | MotionOptions | CombinedOptions, Field(discriminator="kind")
]


class _FindsEverything(Options):
    """What networks of the SAM family share: they tell things apart, not who is a character."""

    automatic: AutomaticOptions = Field(
        default=AutomaticOptions(preset="optimized"),
        description="how everything in a picture is looked for where nobody points; the preset is "
        "optimized unless another is named",
    )
    who: Literal["characters", "everything"] = Field(
        default="characters",
        description="what is taken of everything in a picture: characters, by evidence, or all",
    )
    evidence: Evidence = Field(
        default=AutoOptions(), description="what tells characters; auto goes without SAM here"
    )
    planes: Literal["prompts", "evidence"] = Field(
        default="prompts",
        description="what boxes or masks of another step are: where to look, or evidence of who",
    )
    every_frames: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="looks for everything in every so many frames, and follows it between by the "
        "network's memory; 1 looks at each frame by itself, as who: everything always does",
    )

    @model_validator(mode="before")
    @classmethod
    def _begin_with_optimized(cls, raw: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
        """A single field of ``automatic`` does not take the preset back to upstream's."""
        given = raw.get("automatic") if isinstance(raw, Mapping) else None
        if not isinstance(given, Mapping):
            return raw
        return {**raw, "automatic": {"preset": "optimized", **given}}

    @field_validator("every_frames")
    @classmethod
    def _everything_is_looked_for_in_each(cls, value: int, told: ValidationInfo) -> int:
        """See that nobody waits for everything to be followed: masks within masks cannot be.

        Raises:
            ValueError: It was asked for.
        """
        if value > 1 and told.data.get("who") == "everything":
            raise ValueError("who: everything looks at each frame by itself; wanted 1")
        return value


class SamOptions(_FindsEverything):
    """SAM 2.1 (Ravi et al. 2024): everything in a picture, or what is pointed at. Wants a GPU."""

    kind: Literal["sam2"] = "sam2"
    model: str = Field(
        default="sam2.1-large",
        min_length=1,
        description="the network, by its hub name (sam2.1-tiny, -small, -base-plus, -large) or the "
        "path of a folder",
    )


class EdgeTamOptions(_FindsEverything):
    """EdgeTAM (Zhou et al. 2025): a SAM 2 for small machines, less exact at edges."""

    kind: Literal["edgetam"] = "edgetam"
    model: str = Field(
        default="edgetam",
        min_length=1,
        description="the network, by its hub name or the path of a folder",
    )


class Sam3Options(_FindsEverything):
    """SAM 3 (Carion et al. 2025): takes words too. Weights are gated, under Meta's own licence."""

    kind: Literal["sam3"] = "sam3"
    model: str = Field(
        default="sam3",
        min_length=1,
        description="the network, by its hub name or the path of a folder",
    )


TAKES_NO_PROMPTS = ("salient", "motion", "combined")
"""Backends that look by themselves, by kind."""
GROUP = "multiplane.segment"
"""Entry-point group through which a foreign package adds a backend; GROUP.options its options."""
_SHIPPED = (
    AutoOptions
    | SalientOptions
    | MotionOptions
    | CombinedOptions
    | SamOptions
    | EdgeTamOptions
    | Sam3Options
)
if TYPE_CHECKING:
    Backend = Annotated[_SHIPPED, Field(discriminator="kind")]
else:
    Backend = Annotated[with_foreign_options(_SHIPPED, GROUP), Field(discriminator="kind")]


class SegmentOptions(Options):
    """Who is taken for a character, and in what form."""

    backend: Backend = Field(default=AutoOptions(), description="how the characters are found")
    smoothing_frames: int = Field(
        default=2, ge=0, le=8, description="neighbours on each side that steady a frame's mask"
    )
    edges: Literal["guided", "grabcut"] = Field(
        default="grabcut", description="how the mask is drawn to the edges of the full-size frame"
    )
    min_instance_px: int = Field(
        default=50, ge=0, description="smaller objects are left out, pixels of area"
    )
    max_instance_px: int = Field(
        default=0, ge=0, description="larger objects are left out, pixels of area; 0 keeps all"
    )
    context: str | None = Field(
        default=None,
        pattern=r"^(transparent|white|black|gray|grey|blur|original|#[0-9a-fA-F]{6})$",
        description="what surrounds a cut-out of each instance: transparent, white, black, gray, "
        "#rrggbb, blur or original; left out, none are written",
    )
    context_margin_px: int = Field(
        default=16, ge=0, le=4096, description="room round a cut-out of an instance"
    )
    prompts: Annotated[str | None, Words("the path of a JSON file or a folder, with sam2")] = Field(
        default=None,
        min_length=1,
        description="a JSON file of what to look for: boxes, points, masks, words; or a folder "
        "that holds such a file, or rough masks, below the name of each shot",
    )
    boxes: Annotated[str | None, Words("x0,y0,x1,y1 in px, told apart by ;, with sam2")] = Field(
        default=None, description="boxes to look into, on the first frame of each shot: "
        "x0,y0,x1,y1 in px, told apart by ;",
    )  # fmt: skip
    points: Annotated[str | None, Words("x,y in px, told apart by ;, with sam2")] = Field(
        default=None, description="the same by points: x,y on the object, x,y,0 beside it, told "
        "apart by ;, objects by |",
    )  # fmt: skip
    text: Annotated[str | None, Words("words told apart by ;, with sam3")] = Field(
        default=None, description="what to look for in every frame, in words told apart by ;",
    )  # fmt: skip

    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0

    @field_validator("prompts", "boxes", "points", "text")
    @classmethod
    def _can_be_followed(cls, value: str | None, told: ValidationInfo) -> str | None:
        """See that what is typed can be read, and that the backend takes it.

        Raises:
            ValueError: It cannot, or does not.
        """
        if value is None:
            return None
        name = str(told.field_name)
        parse = {"boxes": parse_boxes, "points": parse_points, "text": parse_text}.get(name)
        if parse is not None:
            parse(value)
        kind = getattr(told.data.get("backend"), "kind", "")  # empty where that is wrong itself
        if kind in TAKES_NO_PROMPTS:
            raise ValueError(f"backend {kind!r} looks by itself and takes no {name}")
        if name == "text" and kind in {"auto", "sam2", "edgetam"}:
            raise ValueError(f"backend {kind!r} takes no words")
        return value
