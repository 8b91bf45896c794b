"""How far salience and motion can be believed in a shot, judged by each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from multiplane.core.items import Json
from multiplane.split.segment.persistence import Evidence, Map

_MOVES, _STAYS = 0.2, 0.4
"""Persistence below which something surely moves, and below which a place does not lie still."""


@dataclass(frozen=True)
class Trust:
    """How much each kind of evidence counts in a shot.

    Attributes:
        salience: In [0.3, 1]: small when what moves is not salient; 1 when motion is worth
            nothing.
        dullness: In [0.1, 1]: how much it speaks against a pixel that it is not salient; smaller
            still when what moves is not salient.
        motion: In [0, 1]: small when what is not salient does not lie still either.
        found: The share of what moves that is salient; 1 when nothing moves.
        restless: The share of what is not salient that does not lie still.
        moving: The share of the picture that moves.
    """

    salience: float
    dullness: float
    motion: float
    found: float
    restless: float
    moving: float

    @property
    def why(self) -> str:
        """One sentence for log and record."""
        if self.moving <= _LITTLE:
            return "nothing moves against the background, so salience decides"
        if self.motion == 0:
            return (
                f"{self.restless:.0%} of what is not salient moves too, so salience decides alone"
            )
        return (
            f"{self.found:.0%} of what moves is salient (salience counts {self.salience:.2f}), "
            f"{self.restless:.0%} of the rest is restless (motion counts {self.motion:.2f})"
        )

    def of_salience(self, salience: Map) -> Map:
        """What salience in [0, 1] is worth as a belief."""
        signed = 2 * salience - 1
        return np.where(signed < 0, self.dullness * signed, self.salience * signed)

    def to_json(self) -> dict[str, Json]:
        """What the record holds of it."""
        return {
            "salience_weight": round(self.salience, 4),
            "dullness_weight": round(self.dullness, 4),
            "motion_weight": round(self.motion, 4),
            "moving_that_is_salient": round(self.found, 4),
            "restless_background": round(self.restless, 4),
            "moving": round(self.moving, 4),
        }


_LITTLE = 0.002


def judge(samples: Iterable[tuple[Evidence, Map]]) -> Trust:
    """Judge salience and motion by each other, over some frames of a shot.

    Salience is good when most of what moves is salient. Motion is good when most of what is not
    salient lies still: over drifting clouds or a crowd it is not.

    Args:
        samples: Evidence of a frame and its own salience, (h, w).

    Returns:
        The trust.
    """
    quiet = restless = moves = salient = pixels = 0
    for evidence, own in samples:
        persistence = evidence.persistence
        dull = evidence.shared_salience(own) < 0.2
        quiet += int(np.count_nonzero(dull))
        restless += int(np.count_nonzero(dull & (persistence < _STAYS)))
        moving = persistence < _MOVES
        moves += int(np.count_nonzero(moving))
        salient += int(np.count_nonzero(moving & (own > 0.4)))
        pixels += own.size
    found = salient / moves if moves else 1.0
    share = restless / quiet if quiet else 0.0
    motion = float(np.clip((0.25 - share) / 0.15, 0.0, 1.0))
    alone = 1.0 if moves <= _LITTLE * max(1, pixels) else 1 - motion
    return Trust(
        salience=max(alone, float(np.clip((found - 0.2) / 0.4, 0.3, 1.0))),
        dullness=max(alone, float(np.clip((found - 0.3) / 0.6, 0.1, 1.0))),
        motion=motion,
        found=found,
        restless=share,
        moving=moves / max(1, pixels),
    )
