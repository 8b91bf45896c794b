"""A restoration of a picture, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multiplane.core.errors import InputError, MultiplaneError
from multiplane.core.items import Json
from multiplane.measure.restoration import RepairScore
from multiplane.restore.candidates.composite import Layer, Levels, Repair, lay_over, layer_of
from multiplane.restore.candidates.damage import Damage


class Ground(NamedTuple):
    """A picture to be restored.

    Attributes:
        levels: (H, W, 3) uint8 or uint16 RGB.
        alpha: (H, W) of the same kind; None where the picture is opaque.
        icc: Its colour profile; empty for sRGB.
    """

    levels: Levels
    alpha: NDArray[Any] | None = None
    icc: bytes = b""


@dataclass(frozen=True)
class Candidate:
    """One restoration. It holds its repair alone; pictures are made when they are asked for.

    Attributes:
        row: Its number among those asked for, from 1.
        backend: What was asked to invent.
        by: What really did; differs where that could not.
        seed: Where chance started; None where it has no part.
        settings: What the backend worked with.
        ground: The picture it is a restoration of.
        damage: What was repaired.
        values: (K, 3) the repair at ``damage.places``, as deep as the picture.
        shares: (K,) how much of it stands there, up to 255 or 65535.
        score: How well it sits in its surroundings; None where that was not asked for.
        rank: Its place among the others, from 1; None without scores.
        notes: What was done about too little memory, prompts too long and the like.
    """

    row: int
    backend: str
    by: str
    seed: int | None
    settings: Mapping[str, Json]
    ground: Ground
    damage: Damage
    values: NDArray[Any]
    shares: NDArray[np.int64]
    score: RepairScore | None = None
    rank: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def repair(self) -> Repair:
        """What is laid over the picture."""
        return Repair(self.damage.places, self.values, self.shares)

    @property
    def picture(self) -> Levels:
        """(H, W, 3) the restored picture, at the original's depth."""
        return self.restored[0]

    @property
    def restored(self) -> tuple[Levels, NDArray[Any] | None]:
        """The restored picture and its alpha, where it has one."""
        levels, alpha, _ = self.ground
        return lay_over(levels, alpha, self.repair)

    @property
    def layer(self) -> Layer:
        """The repair alone; over the original it gives the restored picture."""
        return layer_of(self.damage.hole.shape, self.repair)


class Failed(NamedTuple):
    """A restoration that could not be made.

    Attributes:
        row: Its number.
        backend: What was asked to invent.
        seed: Where chance was to start.
        error: What went wrong.
    """

    row: int
    backend: str
    seed: int
    error: MultiplaneError


@dataclass
class Repairs:
    """What came of a picture.

    Attributes:
        damage: What was repaired.
        candidates: The restorations, by row.
        failed: Those that could not be made, while others could.
        notes: What concerns all of them.
    """

    damage: Damage
    candidates: list[Candidate] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_ground(ground: Ground) -> Ground:
    """Return a picture, or say what it is instead.

    Args:
        ground: Anything that claims to be a picture.

    Returns:
        The same, known to be uint8 or uint16 RGB, and its alpha of the same kind and size.

    Raises:
        InputError: Another dtype or shape.
    """
    levels, alpha, _ = ground
    if levels.dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)} or (
        levels.ndim != 3 or levels.shape[2] != 3 or 0 in levels.shape
    ):
        raise InputError(
            f"picture is {levels.dtype} {levels.shape}, wanted uint8 or uint16 (H, W, 3)",
            why="it is restored at its own depth, as RGB",
            fix="read it with multiplane.media.levels.read_levels",
        )
    if alpha is not None and (alpha.dtype != levels.dtype or alpha.shape != levels.shape[:2]):
        raise InputError(
            f"alpha is {alpha.dtype} {alpha.shape}, wanted {levels.dtype} {levels.shape[:2]}",
            why="it belongs to the picture pixel by pixel, and is as deep",
            fix="alpha = picture[..., 3], before the picture is cut to three channels",
        )
    return ground
