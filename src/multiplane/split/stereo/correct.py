"""What is done when the eyes disagree on a person: one of three ways, each on masks alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from multiplane.core.arrays import Mask
from multiplane.split.stereo.agreement import SIDES, Sight, TwoEyes, within
from multiplane.split.stereo.backend import People
from multiplane.split.stereo.evidence import Evidence
from multiplane.split.stereo.verdict import Worse


@dataclass(frozen=True)
class Correction:
    """What became of a person.

    Attributes:
        masks: In the left and the right eye.
        scores: How sure each eye is now.
    """

    masks: tuple[Mask, Mask]
    scores: tuple[float, float]


def transferred(
    eyes: TwoEyes,
    sight: Sight,
    scores: tuple[float, float],
    worse: Worse,
    evidence: Evidence | None,
) -> Correction:
    """Give the worse eye the mask of the better one, through the person's plane.

    Where the better eye cannot see, and where what it sees is hidden from the worse one, the worse
    eye keeps its own.

    Args:
        eyes: How they stand.
        sight: The person in both eyes.
        scores: How sure each eye is.
        worse: The eye that is corrected.
        evidence: What the pictures say in the pixels of that eye, where that is known.
    """
    bad, good = (0, 1) if worse == "left" else (1, 0)
    side = SIDES[bad]
    carried = eyes.transfer(sight.masks[good], sight.plane, side)
    told = within(eyes, sight.plane, side, sight.masks[0].shape) & ~sight.others[bad]
    if sight.others[good].any():  # there the better eye sees somebody else, who may hide them
        told &= ~eyes.transfer(sight.others[good], sight.plane, side) | carried
    if evidence is not None and evidence.to == side:
        told &= ~(evidence.unseen & ~sight.masks[bad])
    mask = np.where(told, carried, sight.masks[bad])
    score = scores[bad] or scores[good]
    return _put(sight, scores, bad, np.asarray(mask, np.bool_), score)


def reprocessed(
    eyes: TwoEyes, sight: Sight, scores: tuple[float, float], worse: Worse, people: People
) -> Correction:
    """Let the worse eye look again where the better eye sees the person.

    Args:
        eyes: How they stand.
        sight: The person in both eyes.
        scores: How sure each eye is.
        worse: The eye that is corrected.
        people: Who looks.
    """
    bad, good = (0, 1) if worse == "left" else (1, 0)
    hint = eyes.transfer(sight.masks[good], sight.plane, SIDES[bad])
    if not hint.any():
        return Correction(sight.masks, scores)
    alpha, score = people.look(sight.frames[bad], hint)
    mask = np.asarray(alpha >= 0.5) & ~(sight.others[bad] & ~sight.masks[bad])
    if not mask.any():
        return Correction(sight.masks, scores)
    return _put(sight, scores, bad, np.asarray(mask, np.bool_), float(np.clip(score, 0, 1)))


def ensemble(
    eyes: TwoEyes,
    sight: Sight,
    scores: tuple[float, float],
    worse: Worse,
    evidence: Evidence,
) -> Correction:
    """Decide about each disputed pixel by the pictures, and in both eyes alike.

    What shows what stands in the person's plane is the person, whichever eye said so; what shows
    what is behind is not. Where the pictures do not tell, the better eye is believed. Only
    disputed pixels change.

    Args:
        eyes: How they stand.
        sight: The person in both eyes.
        scores: How sure each eye is.
        worse: The eye that is believed less.
        evidence: What the pictures say, in the right eye's pixels.
    """
    left_only = evidence.there & ~sight.masks[1] & evidence.common & ~evidence.unseen
    right_only = sight.masks[1] & ~evidence.there & evidence.common & ~evidence.unseen
    near, far = _vote(evidence.near, evidence.far)
    silent = ~near & ~far
    believed_left = worse != "left"
    in_left_only = left_only & (near | (silent & np.bool_(believed_left)))
    in_right_only = right_only & (near | (silent & np.bool_(not believed_left)))
    added_right = _clean(in_left_only)
    dropped_right = _clean(right_only & ~in_right_only)
    added_left = eyes.transfer(_clean(in_right_only), sight.plane, "left") & ~sight.others[0]
    dropped_left = eyes.transfer(_clean(left_only & ~in_left_only), sight.plane, "left")
    left = (sight.masks[0] | added_left) & ~dropped_left
    right = (sight.masks[1] | added_right) & ~dropped_right
    both = scores[0] or scores[1], scores[1] or scores[0]
    return Correction((np.asarray(left, np.bool_), np.asarray(right, np.bool_)), both)


def _vote(near: Mask, far: Mask) -> tuple[Mask, Mask]:
    """Let neighbours decide together: misses are noisy, limbs and lumps are not."""
    told = near.astype(np.float32) - far.astype(np.float32)
    mean = cv2.blur(told, (5, 5), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(mean > 0.1), np.asarray(mean < -0.1)


def _clean(mask: Mask) -> Mask:
    """Without the rims a pixel wide that the warp itself leaves."""
    if not mask.any():
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    core = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return np.asarray((cv2.dilate(core, kernel) > 0) & mask)


def _put(
    sight: Sight, scores: tuple[float, float], at: int, mask: Mask, score: float
) -> Correction:  # fmt: skip
    masks = (mask, sight.masks[1]) if at == 0 else (sight.masks[0], mask)
    sure = (score, scores[1]) if at == 0 else (scores[0], score)
    return Correction(masks, sure)
