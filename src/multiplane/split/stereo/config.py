"""What can be chosen about people in both eyes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from multiplane.core.compute import BatchSize, Device, Fp16, MaxVramGb, MemoryOffload, Precision
from multiplane.core.config import Also, Effort, Options
from multiplane.split.stereo.edges_config import EdgesOptions
from multiplane.split.stereo.people_config import PeopleOptions

Mode = Literal["independent", "master_slave", "joint"]
Method = Literal["transfer", "reprocess", "ensemble", "none"]


class StereoOptions(Options):
    """How people are found, how the eyes are held against each other, how edges are drawn."""

    people: PeopleOptions = Field(
        default=PeopleOptions(), description="how the people of an eye are found and followed"
    )
    mode: Annotated[Mode, Also("consistency_mode")] = Field(
        default="master_slave",
        validate_default=True,
        description="independent finds people in each eye by itself and pairs them afterwards; "
        "master_slave finds them in the left eye and shows them to the right one; joint looks at "
        "both eyes in one picture and shows whoever either sees to both, for twice the time",
    )
    validation_threshold: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="agreement of the eyes on a person, IoU after the warp by their own plane, "
        "below which one of them is taken to be wrong",
    )
    correction_method: Method = Field(
        default="transfer",
        description="what is done then: transfer takes the better eye's mask over; reprocess looks "
        "again where the better eye sees the person; ensemble decides about each disputed pixel "
        "by the pictures; none tells of it only",
    )
    use_disparity: Annotated[bool, Also("use_disparity_mapping")] = Field(
        default=True,
        description="finds each person's plane and holds the eyes against each other through it; "
        "off pairs people by where they lie in the picture, checks and corrects nothing, and "
        "needs mode independent",
    )
    show_every_frames: int = Field(
        default=12,
        ge=1,
        le=10_000,
        description="master_slave and joint show people to an eye when they come in and every so "
        "many frames from then on",
    )
    smooth_frames: int = Field(
        default=6,
        ge=0,
        le=120,
        description="a person's plane is steadied by those found in so many frames before and "
        "after; 0 takes each by itself",
    )
    plane_every_frames: int = Field(
        default=3,
        ge=1,
        le=120,
        description="a person's plane is looked for every so many frames, and between drawn from "
        "those round it; it is what takes longest about two eyes",
    )
    boxes: str = Field(
        default="",
        max_length=4096,
        description="a file with boxes of your own, in px of an eye of the source: "
        "`000120: [[x0, y0, x1, y1]]` for the left eye of frame 120, `right/000120: ...` for the "
        "right one. Then those people are followed and nobody else",
    )
    edges: EdgesOptions = Field(
        default=EdgesOptions(), description="how edges are drawn at full size"
    )
    parallel_eyes: Annotated[bool, Effort()] = Field(
        default=False,
        description="works on both eyes at once, on two threads; people backends are loaded twice",
    )
    memory_offload: MemoryOffload = False
    fp16: Fp16 = False
    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0

    @field_validator("use_disparity")
    @classmethod
    def _depth_shows_people(cls, value: bool, told: ValidationInfo) -> bool:
        """See that nobody has to be shown to the other eye without depth.

        Raises:
            ValueError: They have to.
        """
        if not value and told.data.get("mode", "independent") != "independent":
            raise ValueError(
                f"mode is {told.data['mode']}, which shows people to the other eye through their "
                "disparity; wanted mode independent"
            )
        return value
