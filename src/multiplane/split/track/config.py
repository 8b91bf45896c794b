"""What can be chosen about following objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from multiplane.core.compute import BatchSize, Device, Fp16, MaxVramGb, MemoryOffload, Precision
from multiplane.core.config import Options
from multiplane.core.plugins import with_foreign_options
from multiplane.split.segment.config import AutomaticOptions


class AutoOptions(Options):
    """SAM 2.1 or EdgeTAM where weights and a GPU are at hand, else flow. Says which."""

    kind: Literal["auto"] = "auto"


class FlowOptions(Options):
    """Masks carried by optical flow and drawn to edges. No weights; for ordinary clips."""

    kind: Literal["flow"] = "flow"
    work_px: int = Field(
        default=480, ge=64, le=2048, description="long side that masks are carried at, pixels"
    )
    edges: Literal["guided", "grabcut"] = Field(
        default="grabcut", description="how a carried mask is drawn to the edges of its frame"
    )


class _RemembersObjects(Options):
    """What networks of the SAM family share: what they remember of each object."""

    automatic: AutomaticOptions = Field(
        default=AutomaticOptions(preset="conservative", max_mask_area_share=0.5),
        description="how everything in a frame is looked for where no masks or boxes are handed in",
    )
    max_conditioning: int = Field(
        default=8,
        ge=0,
        le=1024,
        description="frames in which an object was shown that are remembered, its first and its "
        "latest; 0 keeps all. Memory and time grow with them; dropping some changes results",
    )


class SamOptions(_RemembersObjects):
    """SAM 2.1 (Ravi et al. 2024): remembers what objects look like. Wants a GPU."""

    kind: Literal["sam2"] = "sam2"
    model: str = Field(
        default="sam2.1-base-plus",
        min_length=1,
        max_length=4096,
        description="the network, by its hub name (sam2.1-tiny, -small, -base-plus, -large) or the "
        "path of a folder",
    )


class EdgeTamOptions(_RemembersObjects):
    """EdgeTAM (Zhou et al. 2025): SAM 2 with a smaller memory, for small machines."""

    kind: Literal["edgetam"] = "edgetam"
    model: str = Field(
        default="edgetam",
        min_length=1,
        max_length=4096,
        description="the network, by its hub name or the path of a folder",
    )


class Sam3Options(_RemembersObjects):
    """SAM 3's tracker (Carion et al. 2025). Its licence is Meta's own; see the README."""

    kind: Literal["sam3"] = "sam3"
    model: str = Field(
        default="sam3",
        min_length=1,
        max_length=4096,
        description="the network, by its hub name or the path of a folder",
    )


EVERY_FRAMES = 12
"""Where nobody says how often to look."""
GROUP = "multiplane.track"
"""Entry-point group through which a foreign package adds a backend; GROUP.options its options."""
_SHIPPED = AutoOptions | FlowOptions | SamOptions | EdgeTamOptions | Sam3Options
if TYPE_CHECKING:
    Backend = Annotated[_SHIPPED, Field(discriminator="kind")]
else:
    Backend = Annotated[with_foreign_options(_SHIPPED, GROUP), Field(discriminator="kind")]


class IdentityOptions(Options):
    """When two sightings are the same object."""

    same_iou: float = Field(
        default=0.4,
        gt=0,
        le=1,
        description="overlap, IoU, from which what is seen is what was followed here",
    )
    alike: float = Field(
        default=0.75,
        ge=0,
        le=1,
        description="likeness of colours from which somebody who comes is somebody who had left",
    )
    twin_iou: float = Field(
        default=0.85,
        gt=0,
        le=1,
        description="overlap, IoU, from which two that are followed have become one; the one "
        "whose colours fit worse is out of sight",
    )
    forget_frames: int = Field(
        default=240,
        ge=1,
        description="frames out of sight after which an object is no longer looked for in every "
        "frame; it still gets its number back when it is found again",
    )


class TrackOptions(Options):
    """Who is followed, by whom, and in what form."""

    backend: Backend = Field(default=AutoOptions(), description="how objects are followed")
    look_for: Literal["auto", "masks", "boxes", "everything", "characters"] = Field(
        default="auto",
        description="where objects come from: masks or boxes of another step, everything that SAM "
        "finds, or characters as split.segment finds them; auto takes masks, else boxes, else "
        "everything with a network of the SAM family and characters with flow",
    )
    every_frames: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="looks for newcomers every so many frames; 0 in the first frame only; left "
        "out, every 12, and with flow every one where masks are at hand anyway",
    )
    identity: IdentityOptions = Field(
        default=IdentityOptions(), description="when two sightings are the same object"
    )
    min_instance_px: int = Field(
        default=50, ge=0, description="smaller objects are out of sight, pixels of area"
    )
    max_instances: int = Field(
        default=64, ge=1, le=4096, description="most objects in sight; the surest are taken"
    )
    chunk_frames: int = Field(
        default=0,
        ge=0,
        description="frames after which a fresh memory begins, seeded by the masks of the overlap; "
        "0 goes through a shot at one go. The memory does not grow with the shot, so this is for "
        "networks that tire of one",
    )
    overlap_frames: int = Field(
        default=4,
        validate_default=True,
        ge=1,
        le=1000,
        description="frames of the chunk before by which the next is seeded; they are held in "
        "memory",
    )
    labels: bool = Field(
        default=False,
        description="writes label maps too: 16-bit PNG, 0 nobody, else the number of the object",
    )
    memory_offload: MemoryOffload = False
    fp16: Fp16 = False
    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0

    @field_validator("chunk_frames")
    @classmethod
    def _one_frame_is_no_chunk(cls, value: int) -> int:
        """See that a chunk can overlap with the next.

        Raises:
            ValueError: It is one frame.
        """
        if value == 1:
            raise ValueError("a chunk of one frame cannot overlap with the next; wanted 0 or 2 up")
        return value

    @field_validator("overlap_frames")
    @classmethod
    def _chunks_go_on(cls, value: int, told: ValidationInfo) -> int:
        """See that each chunk has frames of its own.

        Raises:
            ValueError: The overlap is as long as a chunk.
        """
        chunk = int(told.data.get("chunk_frames", 0))
        if chunk and value >= chunk:
            raise ValueError(
                f"chunks of {chunk} frames that overlap by {value} never get on; wanted "
                f"{chunk - 1} at most"
            )
        return value
