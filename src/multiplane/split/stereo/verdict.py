"""Which of two eyes that disagree on a person is wrong, and whether one of them is at all.

Three things tell, in this order of weight: what the pictures say about the disputed pixels, which
eye's mask jumps against the frames round it, and how sure each eye is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from multiplane.core.arrays import Mask
from multiplane.split.stereo.agreement import Sight
from multiplane.split.stereo.evidence import Evidence

Worse = Literal["left", "right", ""]

_STEADY_WEIGHT = 0.5
_SCORE_WEIGHT = 0.25
_DECIDED = 0.03
"""Less than this tells nothing."""
_SEEN = 0.5
"""Share of somebody that has to be in the other eye's picture before that eye has missed them."""
_ENOUGH = 0.1
"""Share of somebody that has to be in view of the other eye before it can have missed them."""
_HIDDEN = 0.5
"""Share of what is disputed that is hidden from one eye, above which neither is wrong."""
_NEAR_FRAMES = 6
"""Frames before and after by which the usual area of a person is told."""


@dataclass(frozen=True)
class Verdict:
    """Which eye is wrong.

    Attributes:
        worse: That eye; "" where nothing tells.
        why: What told, in words.
        balance: What the evidence sums up to; positive speaks against the right eye.
        hidden: Whether neither is: most of what they dispute is hidden from one of them.
    """

    worse: Worse
    why: str
    balance: float
    hidden: bool = False


def judge(
    sight: Sight, evidence: Evidence, jumps: tuple[float, float], scores: tuple[float, float]
) -> Verdict:
    """Weigh what speaks against each eye.

    Args:
        sight: The person in both eyes.
        evidence: What the pictures say, in the right eye's pixels.
        jumps: How far each eye's mask jumps, see :func:`jump`.
        scores: How sure each eye is.

    Returns:
        The eye that is worse; neither where most of what is disputed is hidden from one of them.
    """
    left_only = evidence.there & ~sight.masks[1] & evidence.common
    right_only = sight.masks[1] & ~evidence.there & evidence.common
    disputed = int(np.count_nonzero(left_only | right_only))
    unseen = _count(left_only | right_only, evidence.unseen)
    if unseen > _HIDDEN * disputed:
        told = f"{unseen} of {disputed} px they dispute are hidden from one of them"
        return Verdict("", told, 0.0, hidden=True)
    against_right = _count(left_only, evidence.near) + _count(right_only, evidence.far)
    against_left = _count(left_only, evidence.far) + _count(right_only, evidence.near)
    picture = (against_right - against_left) / disputed if disputed else 0.0
    steady = float(np.clip(jumps[1] - jumps[0], -1, 1))
    sure = scores[0] - scores[1]
    balance = picture + _STEADY_WEIGHT * steady + _SCORE_WEIGHT * sure
    parts = {
        f"the pictures ({against_right} px against the right eye, {against_left} against the "
        f"left, of {disputed})": picture,
        "its area jumps": _STEADY_WEIGHT * steady,
        "its score is lower": _SCORE_WEIGHT * sure,
    }
    if abs(balance) < _DECIDED:
        return Verdict("", "nothing tells the eyes apart", balance)
    sign = math.copysign(1, balance)
    why = max(parts, key=lambda part: parts[part] * sign)
    return Verdict("right" if balance > 0 else "left", why, balance)


def jump(areas: Mapping[int, int], index: int) -> float:
    """How far the area of a person is off what it is round a frame.

    Args:
        areas: Frame → px of area.
        index: The frame.

    Returns:
        0 when it is as usual, 1 when it is a quarter of it or four times as much, at most 1.
    """
    own = areas.get(index, 0)
    near = [
        areas[at]
        for at in range(index - _NEAR_FRAMES, index + _NEAR_FRAMES + 1)
        if at != index and areas.get(at)
    ]
    if not near or not own:
        return 0.0
    return min(1.0, abs(math.log(own / float(np.median(near)))) / math.log(4))


@dataclass(frozen=True)
class Missing:
    """Why one eye does not see a person whom the other sees.

    Attributes:
        missed: Whether it ought to.
        why: What tells, in words.
    """

    missed: bool
    why: str


def why_missing(mask: Mask, evidence: Evidence) -> Missing:
    """Tell an eye that missed a person from one that really cannot see them.

    Args:
        mask: The person in the eye that has them.
        evidence: What the pictures say, in the pixels of the eye that has not.

    Returns:
        Missed when what ought to be there is there; else hidden or outside.
    """
    area = int(np.count_nonzero(mask))
    inside = evidence.there & evidence.common
    shown = int(np.count_nonzero(inside))
    if shown < _ENOUGH * max(1, area):
        return Missing(False, "outside of its picture, or behind other people")
    share = _count(inside, evidence.fits) / shown
    told = f"{share:.0%} of what it ought to see is in its picture"
    return Missing(share >= _SEEN, told)


def _count(first: Mask, second: Mask) -> int:
    return int(np.count_nonzero(first & second))
