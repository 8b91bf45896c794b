"""What can be chosen about finding and following people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from multiplane.core.config import Options
from multiplane.core.plugins import with_foreign_options
from multiplane.split.segment.config import MotionOptions


class AutoPeople(Options):
    """SAM 2.1 where its weights and a GPU are; else selfie, else motion. Says which."""

    kind: Literal["auto"] = "auto"


class MotionPeople(Options):
    """Who differs from what stays, for cameras on a tripod. No weights, no idea of a person."""

    kind: Literal["motion"] = "motion"
    model: MotionOptions = Field(
        default=MotionOptions(), description="how what stays is found, as in split.segment"
    )


GROUP = "multiplane.people"
"""Entry-point group through which a foreign package adds a backend; GROUP.options its options."""
_SHIPPED = AutoPeople | MotionPeople
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
