"""People with numbers that stay theirs, by :class:`multiplane.split.track.follow.Tracks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import Instance, box_of
from multiplane.split.stereo.backend import Seeds
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.track.backend import Following, Look, Propagator, Sighting
from multiplane.split.track.config import IdentityOptions, TrackOptions
from multiplane.split.track.follow import Find, Tracks
from multiplane.split.track.overlap import covered

Draw: TypeAlias = Callable[[Frame, Look], Mask]
"""Draws somebody of whom only a rough mask or a box is known to what is seen in the frame."""

Ask: TypeAlias = Callable[[int, Frame, Sequence[Look]], Sequence[Look]]
"""Frame number, frame and who is about where → what this eye sees of anybody."""

_SEEN = 0.5
"""What covers less of somebody who is known to be there has not seen him."""
_REACH = 0.25
"""How far beside where somebody is said to be he is still looked for, share of the side of a
square of his size."""
_WORK_PX = 512
"""Long side at which pixels are shared out, pixels."""


def drawn_by(propagator: Propagator) -> Draw:
    """Draw whom only a box is known of, as a propagator would begin with him."""

    def draw(frame: Frame, look: Look) -> Mask:
        following = propagator.start()
        following.step(frame)
        return following.add(1, look).mask

    return draw


def least_px(options: PeopleOptions, frame: Frame) -> int:
    """How many pixels somebody covers at least."""
    return max(1, round(options.min_person_share * int(frame.shape[0]) * int(frame.shape[1])))


def carry(
    frames: Sequence[Frame],
    find: Find,
    propagator: Propagator,
    options: PeopleOptions,
    every_frames: int,
) -> Iterator[list[Instance]]:
    """Follow whom somebody finds.

    Args:
        frames: Of one size.
        find: Finds people in a frame by itself, or knows them by their ids.
        propagator: Carries them between.
        options: How small one may be, and how many there are at most.
        every_frames: How often ``find`` is asked; it may still say that it did not look.

    Yields:
        Those in sight, a list a frame.
    """
    if not len(frames):
        return
    wanted = TrackOptions(
        every_frames=every_frames,
        min_instance_px=least_px(options, frames[0]),
        max_instances=options.max_people,
        identity=IdentityOptions(alike=options.alike),
    )
    yield from Tracks(find, propagator, wanted).through(frames[i] for i in range(len(frames)))


class Seeded:
    """Those who are known to be there, where this eye itself sees them.

    What this eye sees goes to whom it lies on or next to; who is not seen, or by less than half,
    keeps the mask he came with. Between seeds it is the same with the masks that were carried.

    It is a propagator itself, round the one that carries, so that it knows where everybody is.
    """

    drifts = True

    def __init__(
        self, seeds: Seeds, ask: Ask, propagator: Propagator, between: bool = True
    ) -> None:  # fmt: skip
        """Take both.

        Args:
            seeds: Who is there.
            ask: What this eye sees by itself; asked about every frame, in order.
            propagator: Carries them; and draws those of whom only a box is known.
            between: Whether this eye is asked between seeds too; not where who is carried is
                drawn anew in each frame anyway.
        """
        self._seeds, self._ask, self._between = seeds, ask, between
        self._propagator, self._draw = propagator, drawn_by(propagator)
        self._following: Following | None = None
        self._carried: list[Look] = []

    def __call__(self, index: int, frame: Frame) -> Sequence[Look] | None:
        """Those who are in a frame; None where nobody looked."""
        told = self._seeds(index)
        if told is None and not self._between:
            return None
        if told is None:
            drawn = self._carried
        else:
            rough = (look for look in told if look.id is not None)
            masked = (_masked(look, frame, self._draw) for look in rough)
            drawn = [look for look in masked if look.mask is not None and look.mask.any()]
        together = self._seen(index, frame, drawn)
        seen = {look.id: look for look in share_out(drawn, together)}
        return [seen.get(look.id, look) for look in drawn]

    @property
    def notes(self) -> list[str]:
        """Those of the propagator inside."""
        return self._propagator.notes

    def start(self) -> Following:
        """Begin with a chunk."""
        self._following, self._carried = self._propagator.start(), []
        return self

    def fell_short(self, error: Exception) -> bool:
        """As the propagator inside says."""
        return self._propagator.fell_short(error)

    def step(self, frame: Frame) -> Mapping[int, Sighting]:
        """Carry everybody to the next frame, and remember where they are."""
        found = self._inside.step(frame)
        self._carried = [
            Look(one.mask, box_of(one.mask), one.score, number)
            for number, one in found.items()
            if one.mask.any()
        ]
        return found

    def add(self, number: int, look: Look) -> Sighting:
        """Show somebody."""
        return self._inside.add(number, look)

    def remove(self, number: int) -> None:
        """Follow somebody no longer."""
        self._inside.remove(number)

    @property
    def _inside(self) -> Following:
        assert self._following is not None, "it was started"
        return self._following

    def _seen(self, index: int, frame: Frame, people: Sequence[Look]) -> Mask:
        """All that this eye sees of anybody."""
        together = np.zeros(frame.shape[:2], np.bool_)
        for look in self._ask(index, frame, people):
            if look.mask is not None:
                together |= look.mask
        return together


def share_out(people: Sequence[Look], together: Mask) -> list[Look]:
    """Give what is seen to those who are known to be there.

    Each pixel goes to the nearest of them, if he is near enough.

    Args:
        people: Where they are about; each with a mask.
        together: (H, W), all that is seen of anybody.

    Returns:
        Those of whom enough is seen, with what is seen of them.
    """
    if not people or not together.any():
        return []
    scale = min(1.0, _WORK_PX / max(together.shape))
    size = (max(1, round(together.shape[1] * scale)), max(1, round(together.shape[0] * scale)))
    far = np.stack([_distance(look, size) for look in people])
    owner = np.where(far.min(axis=0) <= 1, far.argmin(axis=0), len(people)).astype(np.uint8)
    full = cv2.resize(owner, together.shape[::-1], interpolation=cv2.INTER_NEAREST)
    found = []
    for place, look in enumerate(people):
        assert look.mask is not None
        mask = np.asarray(together & (full == place))
        if covered(look.mask, mask) >= _SEEN:
            found.append(Look(mask, box_of(mask), look.score, look.id))
    return found


def _distance(look: Look, size: tuple[int, int]) -> NDArray[np.float32]:
    """How far each small pixel is from somebody; 1 is as far as he is looked for."""
    assert look.mask is not None
    small = cv2.resize(look.mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(look.mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    inside = (soft > 0.25) | (small > 0)
    if not inside.any():
        return np.full(size[::-1], np.inf, np.float32)
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 3)
    far = 1 + _REACH * float(np.sqrt(np.count_nonzero(inside)))
    return np.asarray(away / far, np.float32)


def _masked(look: Look, frame: Frame, draw: Draw) -> Look:
    if look.mask is not None:
        return look
    mask = draw(frame, look)
    return Look(mask, box_of(mask), look.score, look.id)
