"""Looks for people every few frames, and at once where somebody who was in sight got lost.

Two who touch are followed as one. When they part, where flow takes the one is neither of them,
and the window round it may show too little of both: they are looked for again in that frame, not
only when newcomers are looked for anyway.
"""

from __future__ import annotations

from multiplane.core.arrays import Frame
from multiplane.split.stereo.backends.selfie.following import SelfiePropagator
from multiplane.split.track.backend import Look
from multiplane.split.track.follow import Find
from multiplane.split.track.overlap import covered

_HELD = 0.5
"""What holds more of somebody in sight is he, or he and whom he touches."""


class Regaining:
    """Asks somebody who finds people when it is time to."""

    def __init__(self, find: Find, propagator: SelfiePropagator, every_frames: int) -> None:
        """Take both.

        Args:
            find: Finds people in a frame.
            propagator: Knows whether somebody got lost in it.
            every_frames: How often newcomers are looked for.
        """
        self._find, self._propagator, self._every = find, propagator, every_frames

    def __call__(self, index: int, frame: Frame) -> list[Look] | None:
        """The people of a frame; None where nobody looked.

        Where somebody got lost, the others stay as they were seen: they were followed well, and
        only who is apart from them can be whom they left behind.
        """
        newcomers = index % self._every == 0
        if not newcomers and not self._propagator.lost:
            return None
        found = list(self._find(index, frame) or [])
        if newcomers:
            return found
        there = self._propagator.in_sight()
        return there + [one for one in found if not any(_held(other, one) for other in there)]


def _held(somebody: Look, found: Look) -> bool:
    assert somebody.mask is not None
    assert found.mask is not None
    return covered(somebody.mask, found.mask) > _HELD or covered(found.mask, somebody.mask) > _HELD
