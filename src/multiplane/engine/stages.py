"""Which stages there are, by name; nothing of a stage is imported before it is asked for."""

from __future__ import annotations

import functools
import sys
from importlib.metadata import entry_points
from typing import cast

from multiplane.core import plugins
from multiplane.core.config import Options
from multiplane.core.stage import Stage

GROUP = "multiplane.stages"
"""The entry-point group through which a foreign package adds a stage."""

STAGES = {
    "split.shots": "multiplane.split.shots.run:Shots",
    "split.detect": "multiplane.split.detect.run:Detect",
    "split.segment": "multiplane.split.segment.run:Segment",
    "split.track": "multiplane.split.track.run:Track",
    "split.matte": "multiplane.split.matte.run:Matte",
    "split.chunks": "multiplane.split.chunks.run:Chunks",
    "split.stereo": "multiplane.split.stereo.run:Stereo",
    "split.export": "multiplane.split.export.run:Export",
    "restore.plate": "multiplane.restore.plate.run:Plate",
    "restore.inpaint": "multiplane.restore.inpaint.run:Inpaint",
    "restore.damage": "multiplane.restore.damage.run:Damage",
    "restore.candidates": "multiplane.restore.candidates.run:Candidates",
    "restore.collage": "multiplane.restore.collage.run:Collage",
    "restore.check": "multiplane.restore.check.run:Check",
}
"""Name → ``"module:Class"``. A stage in ``run.py`` has its options in ``config.py`` beside it."""


def stage_names() -> list[str]:
    """Every stage that a recipe may name: ours in the order of the pipeline, then foreign ones."""
    return [*STAGES, *(name for name in _foreign(tuple(sys.path)) if name not in STAGES)]


@functools.cache
def _foreign(path: tuple[str, ...]) -> tuple[str, ...]:
    """Names of stages of installed packages; looking through all of them takes a while.

    Args:
        path: Where packages lie: another one is looked through anew.
    """
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def find_stage(name: str) -> Stage:
    """Import a stage.

    Args:
        name: Its name, e.g. ``split.segment``.

    Raises:
        ConfigError: Nobody offers that name.
        MissingDependencyError: A package it imports is not installed.
    """
    return cast("Stage", plugins.choose(STAGES, name, GROUP)())


def options_model(name: str) -> type[Options]:
    """The options of a stage, without importing the code that does its work where that is ours.

    Args:
        name: The stage's name.

    Raises:
        ConfigError: Nobody offers that name.
    """
    module, _, stage = STAGES.get(name, "").partition(":")
    if module.endswith(".run"):
        beside = module.removesuffix("run") + "config"
        return cast("type[Options]", plugins.load(f"{beside}:{stage}Options"))
    return find_stage(name).options
