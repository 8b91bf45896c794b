"""What can be chosen about finding people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from multiplane.core.compute import BatchSize, Device, MaxVramGb, Precision
from multiplane.core.config import Options
from multiplane.core.plugins import with_foreign_options


class AutoOptions(Options):
    """D-FINE or RF-DETR where their weights are on this machine, else parts. Says which."""

    kind: Literal["auto"] = "auto"


class DFineOptions(Options):
    """D-FINE (Peng et al. 2024) through transformers. Apache-2.0."""

    kind: Literal["d_fine"] = "d_fine"
    model: str = Field(
        default="d-fine-small",
        min_length=1,
        max_length=4096,
        description="the network, by its hub name, or a folder with config.json, "
        "model.safetensors and preprocessor_config.json",
    )


class RfDetrOptions(Options):
    """RF-DETR (Robinson et al. 2025) through transformers. Apache-2.0."""

    kind: Literal["rf_detr"] = "rf_detr"
    model: str = Field(
        default="rf-detr-base",
        min_length=1,
        max_length=4096,
        description="the network, by its hub name, or a folder with config.json, "
        "model.safetensors and preprocessor_config.json",
    )


class YoloOptions(Options):
    """YOLOv8 of Ultralytics, from an ONNX file of your own. Its weights are AGPL-3.0."""

    kind: Literal["yolo"] = "yolo"
    model: str = Field(
        default="",
        max_length=4096,
        description="needed: the .onnx file that Ultralytics' own export writes; that program and "
        "its weights are both under the AGPL-3.0, and neither comes with Multiplane",
    )
    nms_iou: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="of two boxes of one label that overlap more, IoU, the surer stays",
    )


class PartsOptions(Options):
    """Boxes round the parts of masks; without masks, round what split.segment finds."""

    kind: Literal["parts"] = "parts"
    segmenter: Literal["auto", "combined", "motion"] = Field(
        default="auto",
        description="where no masks are handed in: combined looks for what stands out and moves "
        "(weights u2netp), motion for what moves (none); auto is combined where u2netp is on "
        "this machine",
    )
    min_part_px: int = Field(
        default=50, ge=0, description="smaller parts are left out, pixels of area"
    )


GROUP = "multiplane.detect"
"""Entry-point group through which a foreign package adds a backend; GROUP.options its options."""
_SHIPPED = AutoOptions | DFineOptions | RfDetrOptions | YoloOptions | PartsOptions
if TYPE_CHECKING:
    Backend = Annotated[_SHIPPED, Field(discriminator="kind")]
else:
    Backend = Annotated[with_foreign_options(_SHIPPED, GROUP), Field(discriminator="kind")]


class DetectOptions(Options):
    """Who is looked for, how sure one has to be, and what a person knows better."""

    backend: Backend = Field(default=AutoOptions(), description="how people are found")
    labels: str = Field(
        default="person",
        min_length=1,
        max_length=2000,
        description="what is looked for, names with commas between them, or all; a name that the "
        "backend does not know is refused with those it knows",
    )
    threshold: float = Field(
        default=0.5, ge=0, le=1, description="boxes with a lower score are left out"
    )
    min_box_px: int = Field(
        default=8, ge=1, le=65536, description="boxes with a shorter side are left out, pixels"
    )
    max_boxes: int = Field(
        default=100, ge=1, le=10_000, description="a frame keeps so many boxes, the surest"
    )
    every_frames: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="looks at every so many frames; the others are not listed in the result",
    )
    overrides: str = Field(
        default="",
        max_length=4096,
        description="a file with boxes of your own, in the form of the result or as "
        "`frame: [[x0, y0, x1, y1], ...]` a line",
    )
    override_mode: Literal["replace", "add"] = Field(
        default="replace",
        description="whether your boxes replace what was found in their frames, or add to it",
    )
    device: Device = "auto"
    precision: Precision = Field(
        default="auto",
        description="what networks compute with; auto is fp32 here, since boxes of half as many "
        "digits are off by some px",
    )
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0
