"""What can be chosen about finding and following people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from multiplane.core.config import Effort, Options
from multiplane.core.plugins import with_foreign_options
from multiplane.split.detect.config import AutoOptions as DetectAuto
from multiplane.split.detect.config import Backend as Detector
from multiplane.split.segment.config import AutoOptions as SegmentAuto
from multiplane.split.segment.config import Evidence, MotionOptions
from multiplane.split.track.config import EdgeTamOptions, Sam3Options
from multiplane.split.track.config import SamOptions as Sam2Tracker

Tracker = Annotated[Sam2Tracker | EdgeTamOptions | Sam3Options, Field(discriminator="kind")]


class AutoPeople(Options):
    """SAM 2.1 where its weights and a GPU are; else selfie, else motion. Says which."""

    kind: Literal["auto"] = "auto"


class SelfiePeople(Options):
    """MediaPipe's selfie segmentation: 0.2 MB, on the CPU; best on people who do not touch."""

    kind: Literal["selfie"] = "selfie"
    model: str = Field(
        default="selfie-segmentation",
        min_length=1,
        max_length=4096,
        description="the network, by its hub name, or a .tflite file of the same kind",
    )
    scales: int = Field(
        default=3,
        ge=1,
        le=6,
        description="sizes of windows in which newcomers are looked for: the whole eye, half of "
        "it, a quarter, ...; more find people farther away, and take four times as long each",
    )
    restlessness: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="in what share of the other frames of a chunk somebody has to differ where he "
        "stands, from a camera that stands still: the network takes coats on hooks for people; 0 "
        "believes it",
    )


class MotionPeople(Options):
    """Who differs from what stays, for cameras on a tripod. No weights, no idea of a person."""

    kind: Literal["motion"] = "motion"
    model: MotionOptions = Field(
        default=MotionOptions(), description="how what stays is found, as in split.segment"
    )


class CharacterPeople(Options):
    """Characters as split.segment finds them: what stands out and moves, people or not."""

    kind: Literal["characters"] = "characters"
    evidence: Evidence = Field(
        default=SegmentAuto(),
        description="how characters are found; auto is combined where u2netp can be had, else "
        "motion",
    )


class SamPeople(Options):
    """A detector finds people, a network of the SAM family follows them. Wants a GPU."""

    kind: Literal["sam"] = "sam"
    detector: Detector = Field(
        default=DetectAuto(),
        description="what finds people; auto is D-FINE or RF-DETR where their weights are here, "
        "else windows by selfie-segmentation where that is here, else parts",
    )
    tracker: Tracker = Field(
        default=Sam2Tracker(model="sam2.1-small"), description="what follows them"
    )
    memory_offload: Annotated[bool, Effort()] = Field(
        default=False,
        description="keeps what the tracker remembers in the machine's memory, not the GPU's; "
        "slower, and the same result",
    )
    fp16: bool = Field(
        default=False, description="detector and tracker compute with fp16, whatever the precision"
    )


GROUP = "multiplane.people"
"""Entry-point group through which a foreign package adds a backend; GROUP.options its options."""
_SHIPPED = AutoPeople | SelfiePeople | CharacterPeople | MotionPeople | SamPeople
if TYPE_CHECKING:
    PeopleBackend = Annotated[_SHIPPED, Field(discriminator="kind")]
else:
    PeopleBackend = Annotated[with_foreign_options(_SHIPPED, GROUP), Field(discriminator="kind")]


class PeopleOptions(Options):
    """How people are found and followed, and who is left out."""

    backend: PeopleBackend = Field(
        default=AutoPeople(), description="how people are found and followed"
    )
    threshold: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="whoever is found with a lower score is left out",
    )
    min_person_share: float = Field(
        default=0.0005,
        ge=0,
        le=1,
        description="smaller ones are left out, share of the area of the eye's picture: a person "
        "of 1.8 m at 10 m covers 0.0005 of half a sphere",
    )
    max_people: int = Field(
        default=16, ge=1, le=256, description="most people in sight at once; the surest are taken"
    )
    alike: float = Field(
        default=0.85,
        ge=0,
        le=1,
        description="likeness of colours from which somebody who comes is somebody who had left",
    )
    crop_margin: float = Field(
        default=0.15,
        ge=0,
        le=2,
        description="room on each side of a person in the crop that is looked at closer, share of "
        "the longer side of the person's box",
    )
    every_frames: int = Field(
        default=6,
        ge=1,
        le=10_000,
        description="looks for newcomers every so many frames, and in the first; backends that "
        "look at every frame anyway (motion, characters) do without it",
    )
