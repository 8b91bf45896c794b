"""Several restorations of one picture, from arrays to arrays."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_mask, check_same_size
from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError, MultiplaneError
from multiplane.core.progress import Progress, silent
from multiplane.core.threads import cpu_count, map_ordered
from multiplane.measure.restoration import Likeness, RepairScore, rank, score_pieces
from multiplane.measure.surround import pieces_of
from multiplane.media.icc import SeenAsSrgb, beyond_us, seen_as_srgb
from multiplane.media.pixels import to_eight
from multiplane.restore.candidates.candidate import (
    Candidate,
    Failed,
    Ground,
    Repairs,
    check_ground,
)
from multiplane.restore.candidates.config import CandidatesOptions
from multiplane.restore.candidates.damage import Damage, find_damage
from multiplane.restore.candidates.harmonise import harmonise
from multiplane.restore.candidates.proposers import Proposers
from multiplane.restore.candidates.rows import Group, distinct, first_seed, plan_rows
from multiplane.restore.candidates.shown import Shown
from multiplane.restore.candidates.sight import Deep
from multiplane.restore.inpaint.backend import Gap
from multiplane.restore.inpaint.crops import Crop, crops_of
from multiplane.restore.inpaint.propose import LEARNED, Proposal

log = logging.getLogger(__name__)

NOTHING = "none"
"""The backend of the one row of a picture that has no damage."""
AT_ONCE = 2
"""So many restorations of a picture are scored or written at a time."""
FITTED_PX = 2**26
"""More than so many pixels of crops are not brought into light and grain at a time, but for two."""
UNAPPLIED = (
    "its colour profile is of a kind that cannot be applied here: the network took its numbers "
    "for sRGB; convert the picture to a working space such as Adobe RGB if colours come out wrong"
)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Rec. 601, https://www.itu.int/rec/R-REC-BT.601."""


class _Task(NamedTuple):
    """A picture and what of it is repaired."""

    ground: Ground
    damage: Damage
    shares: NDArray[np.int64]
    grey: bool
    srgb: SeenAsSrgb | None


def restore_picture(
    frame: Frame | NDArray[np.uint16],
    mask: Mask,
    options: CandidatesOptions | None = None,
    alpha: NDArray[Any] | None = None,
    progress: Progress = silent,
    icc: bytes = b"",
) -> list[Candidate]:
    """Restore a damaged picture several times; outside of the grown mask nothing changes.

    A row whose backend fails is left out and logged, as long as another row can be made.

    Args:
        frame: (H, W, 3) uint8 or uint16 RGB.
        mask: (H, W) True where it is damaged. Where it is empty, the one candidate is the picture.
        options: How; ``mask_mode`` and ``mask_threshold`` concern files.
        alpha: (H, W) of the same kind as the frame; where it is 0 nothing is learned.
        progress: Told about every backend.
        icc: The frame's colour profile, if it is not sRGB: networks are shown the picture in sRGB,
            and what they paint is brought back.

    Returns:
        The restorations, by row.

    Raises:
        InputError: Not a picture or a mask, or nothing is left to learn from.
        MultiplaneError: No row can be made; that of the first.
    """
    options = options or CandidatesOptions()
    workshop = Workshop(options, Proposers(Compute.of(options)))
    repairs = workshop.repair(Ground(frame, alpha, icc), mask, progress)
    for failed in repairs.failed:
        log.warning("row %d (%s) is missing: %s", failed.row, failed.backend, failed.error)
    return repairs.candidates


class Workshop:
    """Restores one picture after the other with the same options.

    Attributes:
        groups: Which backends make which rows.
    """

    def __init__(
        self, options: CandidatesOptions, proposers: Proposers, likeness: Likeness | None = None
    ) -> None:
        """Plan the rows; nothing is loaded.

        Args:
            options: How.
            proposers: The backends.
            likeness: A loaded LPIPS, for the scores.
        """
        self.groups = plan_rows(options)
        self._options, self._proposers, self._likeness = options, proposers, likeness
        self._told: set[str] = set()

    def repair(self, ground: Ground, mask: Mask, progress: Progress = silent) -> Repairs:
        """Restore a picture; see :func:`restore_picture`.

        Args:
            ground: The picture.
            mask: (H, W) its damage.
            progress: Told about every backend.

        Returns:
            What came of it: at least one candidate.

        Raises:
            InputError: Not a picture or a mask, or nothing is left to learn from.
            MultiplaneError: No row can be made; that of the first.
        """
        options = self._options
        check_ground(ground)
        check_same_size(ground.levels, check_mask(mask), ("picture", "mask"))
        if not mask.any():
            return _untouched(ground, mask)
        seen = None if ground.alpha is None or ground.alpha.all() else ground.alpha > 0
        damage = find_damage(mask, options.grow_px, seen)
        feather_px = min(options.feather_px, options.grow_px)
        most = int(np.iinfo(ground.levels.dtype).max)
        grey = _is_grey(ground.levels, damage.known)
        srgb = seen_as_srgb(ground.icc)
        task = _Task(ground, damage, damage.shares(feather_px, most), grey, srgb)
        chosen = [group.chosen for group in self.groups if group.chosen]
        repairs, first = Repairs(damage, notes=chosen), first_seed(options)
        for number, group in enumerate(self.groups):
            progress(number, len(self.groups))
            rows = self._repair_by(group, first, task, repairs)
            repairs.candidates += rows
        progress(len(self.groups), len(self.groups))
        repairs.candidates.sort(key=lambda one: one.row)
        repairs.failed.sort(key=lambda one: one.row)
        if not repairs.candidates:
            raise repairs.failed[0].error
        if options.score:
            repairs.candidates = self._scored(repairs.candidates)
        return repairs

    def _repair_by(
        self, group: Group, first: int, task: _Task, repairs: Repairs
    ) -> list[Candidate]:
        """The rows of one backend; none where it fails, which is noted."""
        try:
            return self._propose(group, first, task, repairs)
        except MemoryError as error:
            short = BackendError(
                f"{group.kind} ran out of memory",
                why=str(error) or "the machine has no more",
                fix="repair it one by one (together: false), or at a smaller size",
            )
            short.__cause__ = error
            failure: MultiplaneError = short
        except MultiplaneError as error:
            failure = error
        repairs.failed += [
            Failed(planned.row, group.kind, planned.seed_from(first), failure)
            for planned in group.rows
        ]
        return []

    def _propose(self, group: Group, first: int, task: _Task, repairs: Repairs) -> list[Candidate]:
        opened = self._proposers.get(group.choice.options)
        proposer = opened.proposer
        asked, left_out = distinct(group, first, proposer.seeded)
        repairs.notes += left_out
        proposer.notes.clear()
        seeds = [seed for _, seed in asked]
        levels, damage = task.ground.levels, task.damage
        values = np.zeros((len(seeds), len(damage.places), 3), levels.dtype)
        by: list[set[str]] = [set() for _ in seeds]
        srgb = task.srgb if group.kind in LEARNED else None
        look = (proposer.context_share, proposer.step_px)
        context_px, together = self._options.context_px, self._options.together
        for crop in crops_of(damage.hole, damage.known, context_px, *look, together):
            box = crop.box.slices
            shown = srgb.seen(levels[box]) if srgb else to_eight(levels[box])
            gap = Gap(shown, crop.hole, damage.known[box])
            numbers = damage.numbers(crop)
            proposals = proposer.propose(gap, seeds)
            del gap, shown  # they may be as large as the picture
            if srgb:
                proposals = [one._replace(values=srgb.back(one.values)) for one in proposals]
            fit = partial(self._fitted, task, crop)
            workers = min(cpu_count(), max(AT_ONCE, FITTED_PX // crop.hole.size))
            fitted = map_ordered(fit, zip(proposals, seeds, strict=True), workers, ahead=0)
            for row, (proposal, found) in enumerate(zip(proposals, fitted, strict=True)):
                values[row, numbers] = found
                by[row].add(proposal.by)
        told = [*opened.notes, *proposer.notes]
        if group.kind in LEARNED and beyond_us(task.ground.icc):
            told.append(UNAPPLIED)
        notes = tuple(dict.fromkeys(told))
        for note in notes:
            if note not in self._told:  # records have it for every picture, the log once
                log.warning("%s: %s", group.kind, note)
        self._told.update(notes)
        settings = proposer.described()
        if srgb:
            settings["seen_as"] = "sRGB, by the picture's profile"
        return [
            Candidate(
                row, group.kind, "+".join(sorted(by[k])), seed if proposer.seeded else None,
                settings, task.ground, damage, values[k], task.shares, notes=notes,
            )
            for k, (row, seed) in enumerate(asked)
        ]  # fmt: skip

    def _fitted(self, task: _Task, crop: Crop, answer: tuple[Proposal, int]) -> NDArray[Any]:
        """A proposal as levels of the picture, in the light and grain of what is round it.

        Raises:
            BackendError: It is no picture.
        """
        proposal, seed = answer
        if not np.isfinite(proposal.values).all():
            raise BackendError(
                f"{proposal.by} painted what is no number",
                why="its network left the range of its precision, as some do in fp16",
                fix="--precision fp32, or --precision bf16",
            )
        levels, options = task.ground.levels, self._options
        step = int(np.iinfo(levels.dtype).max) // 255
        box = crop.box.slices
        ground, known = Deep(levels[box]), task.damage.known[box]
        told = harmonise(
            ground, crop.hole, known, proposal, options.match_colour, options.match_grain, seed
        )
        if task.grey:  # no network knows that there shall be no colour
            told = np.repeat((told @ LUMA)[:, None], 3, axis=1)
        scaled = np.clip(told.astype(np.float64), 0, 255) * step
        return np.rint(scaled).astype(levels.dtype)

    def _scored(self, candidates: list[Candidate]) -> list[Candidate]:
        """With their scores, and their places among each other."""
        hole, ground = candidates[0].damage.hole, candidates[0].ground
        original, pieces = Shown(ground.levels), pieces_of(hole)

        def score(one: Candidate) -> RepairScore:
            result = Shown(ground.levels, ground.alpha, one.repair)
            return score_pieces(pieces, result, hole, original, self._likeness)

        workers = min(AT_ONCE, cpu_count())
        scores = list(map_ordered(score, candidates, workers, ahead=0))
        places = rank([score.total for score in scores])
        return [
            replace(one, score=score, rank=place)
            for one, score, place in zip(candidates, scores, places, strict=True)
        ]


def _is_grey(levels: NDArray[Any], known: Mask) -> bool:
    """Whether what is left of a picture has no colour; damage may have been marked in red."""
    red, green, blue = levels[..., 0], levels[..., 1], levels[..., 2]
    return not (((red != green) | (green != blue)) & known).any()


def _untouched(ground: Ground, mask: Mask) -> Repairs:
    """The one row of a picture without damage: itself."""
    nowhere = np.zeros(0, np.int64)
    damage = Damage(mask, mask, ~mask, nowhere)
    nothing = np.zeros((0, 3), ground.levels.dtype)
    one = Candidate(1, NOTHING, NOTHING, None, {}, ground, damage, nothing, nowhere)
    return Repairs(damage, [one])
