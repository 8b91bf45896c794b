"""People with numbers that stay theirs, by :class:`multiplane.split.track.follow.Tracks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import Instance, box_of
from multiplane.split.stereo.backend import Seeds
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.track.backend import Look, Propagator
from multiplane.split.track.config import IdentityOptions, TrackOptions
from multiplane.split.track.follow import Find, Tracks
from multiplane.split.track.overlap import covered

Draw: TypeAlias = Callable[[Frame, Look], Mask]
"""Draws somebody of whom only a rough mask or a box is known to what is seen in the frame."""

Ask: TypeAlias = Callable[[int, Frame, Sequence[Look]], Sequence[Look]]
"""Frame number, frame and who is about where → what this eye sees of anybody."""

_SEEN = 0.3
"""What covers less of somebody who is known to be there has not seen him."""
_REACH, _STEP = 0.25, 0.5
"""How far beside where somebody is said to be he is still looked for, share of the side of a
square of his size; and beside where he was a frame before."""
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

    What this eye sees goes to whom it lies on or next to; who is not seen is drawn from the mask
    he came with. Between seeds those who were seen last go on.
    """

    def __init__(self, seeds: Seeds, ask: Ask, draw: Draw, between: bool = True) -> None:
        """Take both.

        Args:
            seeds: Who is there.
            ask: What this eye sees by itself; asked about every frame, in order.
            draw: For those of whom only a box is known.
            between: Whether this eye is asked between seeds too; not where who is carried is
                drawn anew in each frame anyway.
        """
        self._seeds, self._ask, self._draw, self._between = seeds, ask, draw, between
        self._last: list[Look] = []

    def __call__(self, index: int, frame: Frame) -> Sequence[Look] | None:
        """Those who are in a frame; None where nobody looked."""
        told = self._seeds(index)
        if told is None and not self._between:
            return None
        if told is None:
            return share_out(self._last, self._seen(index, frame, self._last), _STEP)
        rough = [look for look in told if look.id is not None]
        drawn = [look for look in (_masked(one, frame, self._draw) for one in rough)
                 if look.mask is not None and look.mask.any()]  # fmt: skip
        together = self._seen(index, frame, drawn)
        seen = {look.id: look for look in share_out(drawn, together)}
        return [seen.get(look.id, look) for look in drawn]

    def _seen(self, index: int, frame: Frame, people: Sequence[Look]) -> Mask:
        """All that this eye sees of anybody."""
        together = np.zeros(frame.shape[:2], np.bool_)
        for look in self._ask(index, frame, people):
            if look.mask is not None:
                together |= look.mask
        return together

    def through(self, stream: Iterator[list[Instance]]) -> Iterator[list[Instance]]:
        """Remember what is told of each frame, and pass it on."""
        for told in stream:
            self._last = [Look(one.mask, one.box, one.score, one.track_id) for one in told]
            yield told


def share_out(people: Sequence[Look], together: Mask, reach: float = _REACH) -> list[Look]:
    """Give what is seen to those who are known to be there.

    Each pixel goes to the nearest of them, if he is near enough.

    Args:
        people: Where they are about; each with a mask.
        together: (H, W), all that is seen of anybody.
        reach: How far beside his mask, share of the side of a square of his size.

    Returns:
        Those of whom enough is seen, with what is seen of them.
    """
    if not people or not together.any():
        return []
    scale = min(1.0, _WORK_PX / max(together.shape))
    size = (max(1, round(together.shape[1] * scale)), max(1, round(together.shape[0] * scale)))
    far = np.stack([_distance(look, size, reach) for look in people])
    owner = np.where(far.min(axis=0) <= 1, far.argmin(axis=0), len(people)).astype(np.uint8)
    full = cv2.resize(owner, together.shape[::-1], interpolation=cv2.INTER_NEAREST)
    found = []
    for place, look in enumerate(people):
        assert look.mask is not None
        mask = np.asarray(together & (full == place))
        if covered(look.mask, mask) >= _SEEN:
            found.append(Look(mask, box_of(mask), look.score, look.id))
    return found


def _distance(look: Look, size: tuple[int, int], reach: float) -> NDArray[np.float32]:
    """How far each small pixel is from somebody; 1 is as far as he is looked for."""
    assert look.mask is not None
    small = cv2.resize(look.mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(look.mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    inside = (soft > 0.25) | (small > 0)
    if not inside.any():
        return np.full(size[::-1], np.inf, np.float32)
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 3)
    far = 1 + reach * float(np.sqrt(np.count_nonzero(inside)))
    return np.asarray(away / far, np.float32)


def _masked(look: Look, frame: Frame, draw: Draw) -> Look:
    if look.mask is not None:
        return look
    mask = draw(frame, look)
    return Look(mask, box_of(mask), look.score, look.id)
