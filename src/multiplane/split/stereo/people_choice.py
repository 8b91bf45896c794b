"""Which backend finds and follows people, and why."""

from __future__ import annotations

from dataclasses import dataclass

from multiplane.core.compute import Compute
from multiplane.core.plugins import choose, make
from multiplane.split.stereo.backend import BACKENDS, People
from multiplane.split.stereo.people_config import (
    GROUP,
    AutoPeople,
    MotionPeople,
    PeopleBackend,
    PeopleOptions,
)


@dataclass(frozen=True)
class Choice:
    """A backend and the reason for it."""

    options: PeopleBackend
    why: str


def choose_people(options: PeopleBackend, compute: Compute) -> Choice:
    """What ``auto`` stands for on this machine; anything else stands for itself.

    Args:
        options: What was asked for.
        compute: Where networks run.
    """
    if not isinstance(options, AutoPeople):
        return Choice(options, "asked for")
    return Choice(MotionPeople(), "no weights")


def models_of(options: PeopleOptions, compute: Compute) -> tuple[str, ...]:
    """The models that a result depends on. Nothing is loaded.

    Args:
        options: What was asked for.
        compute: Where networks run.

    Returns:
        Names or paths that :mod:`multiplane.hub.weights` knows.
    """
    return ()


def open_people(options: PeopleOptions, compute: Compute) -> People:
    """Load the backend.

    Args:
        options: Which one, and who is left out.
        compute: Where and how networks run.

    Raises:
        WeightsError: Its weights cannot be had.
        ConfigError: CUDA was asked for and is not there.
    """
    choice = choose_people(options.backend, compute)
    backend = choose(BACKENDS, choice.options.kind, GROUP)
    chosen = options.model_copy(update={"backend": choice.options})
    people: People = make(backend, chosen, compute=compute, why=choice.why)
    return people
