"""J and F of video object segmentation, as the evaluation of DAVIS 2017 sums them up.

Pont-Tuset et al., The 2017 DAVIS Challenge on Video Object Segmentation
(https://arxiv.org/abs/1704.00675): J is the overlap of regions (:func:`~.mask.iou`), F the
agreement of outlines (:func:`~.mask.boundary_f`) within 0.008 of the diagonal; both are taken an
object and a frame, then their mean, recall and decay an object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask, check_mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.measure.mask import boundary_f, iou

WELL = 0.5
"""Recall is the share of frames above this."""
QUARTERS = 4
"""Decay compares the first of so many parts with the last."""


@dataclass(frozen=True)
class Statistics:
    """How one figure of one object did over the frames of a clip.

    Attributes:
        mean: Over the frames.
        recall: Share of frames above one half.
        decay: Mean of the first quarter minus mean of the last: what is lost with time.
    """

    mean: float
    recall: float
    decay: float


@dataclass(frozen=True)
class ObjectScore:
    """J and F of one object."""

    j: Statistics
    f: Statistics


@dataclass(frozen=True)
class SegmentScore:
    """J and F of a clip.

    Attributes:
        objects: Of each object.
        j: Mean over the objects of mean, recall and decay.
        f: Likewise.
    """

    objects: Mapping[int, ObjectScore]
    j: Statistics
    f: Statistics

    @property
    def j_and_f(self) -> float:
        """The one number that methods are ranked by: the mean of both means."""
        return (self.j.mean + self.f.mean) / 2


def statistics(values: Sequence[float]) -> Statistics:
    """Sum up a figure over the frames of a clip.

    The quarters share the frames at their borders, as in the evaluation code of DAVIS; unlike
    there, frames are counted beyond 255.

    Args:
        values: One a frame, at least one.

    Returns:
        Mean, recall and decay.

    Raises:
        InputError: There is no frame.
    """
    if not values:
        raise InputError(
            "there is no frame to sum up",
            why="a mean over no frame has no value",
            fix="add frames first; with ends=False, more than two",
        )
    row = np.asarray(values, np.float64)
    ends = np.linspace(1, len(row), QUARTERS + 1) + 1e-10  # halves go up
    at = [round(float(end)) - 1 for end in ends]
    first, last = row[at[0] : at[1] + 1], row[at[-2] : at[-1] + 1]
    decay = float(first.mean() - last.mean())
    return Statistics(float(row.mean()), float((row > WELL).mean()), decay)


class SegmentScores:
    """Takes frames one by one; holds two numbers an object and a frame."""

    def __init__(self, objects: Sequence[int], ends: bool = True, tolerance: float = 0.008) -> None:
        """Begin a clip.

        Args:
            objects: The numbers of the true objects; 0 is nobody.
            ends: Whether the first and the last frame count. The semi-supervised task of DAVIS
                leaves them out: the first is given, the last often shows little.
            tolerance: What near means of outlines, as a share of the diagonal.

        Raises:
            InputError: No objects, or one that is no positive number.
        """
        if not objects or min(objects) < 1:
            raise InputError(
                f"objects are {list(objects)}, wanted numbers from 1",
                why="0 is what belongs to nobody",
                fix="objects=[int(n) for n in np.unique(labels) if n]",
            )
        self.ends = ends
        self.tolerance = tolerance
        self._j: dict[int, list[float]] = {number: [] for number in objects}
        self._f: dict[int, list[float]] = {number: [] for number in objects}

    def add(self, found: NDArray[Any], true: NDArray[Any], void: Mask | None = None) -> None:
        """Take the next frame into account.

        Args:
            found: (H, W) whole numbers, 0 where nobody is; objects are matched by number.
            true: (H, W) likewise.
            void: (H, W) pixels that do not count; None when all do.

        Raises:
            InputError: Not whole numbers, or sizes differ.
        """
        for labels, name in ((found, "found labels"), (true, "true labels")):
            if labels.dtype.kind not in "iu" or labels.ndim != 2:
                raise InputError(
                    f"{name} are {labels.dtype} {labels.shape}, wanted whole numbers (H, W)",
                    why="they tell whom a pixel belongs to",
                    fix="labels.astype(np.int64)",
                )
        check_same_size(found, true, ("found labels", "true labels"))
        if void is not None:
            check_same_size(true, check_mask(void, "void"), ("true labels", "void"))
        for number in self._j:
            pair = found == number, true == number
            if void is not None:
                pair = pair[0] & ~void, pair[1] & ~void
            self._j[number].append(iou(*pair))
            self._f[number].append(boundary_f(*pair, self.tolerance))

    def score(self) -> SegmentScore:
        """What came of the clip so far.

        Returns:
            The figures of each object and their means.

        Raises:
            InputError: No frame that counts was added.
        """
        counted = slice(None) if self.ends else slice(1, -1)
        objects = {
            number: ObjectScore(
                statistics(self._j[number][counted]), statistics(self._f[number][counted])
            )
            for number in self._j
        }
        return SegmentScore(
            objects,
            _mean([score.j for score in objects.values()]),
            _mean([score.f for score in objects.values()]),
        )


def _mean(parts: Sequence[Statistics]) -> Statistics:
    count = len(parts)
    return Statistics(
        sum(part.mean for part in parts) / count,
        sum(part.recall for part in parts) / count,
        sum(part.decay for part in parts) / count,
    )
