"""The eyes held against each other, person by person and frame by frame, and set right."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from multiplane.core.arrays import Mask
from multiplane.geometry.plane import Plane
from multiplane.split.stereo.agreement import SIDES, Sight, TwoEyes, agreement, raw_iou
from multiplane.split.stereo.backend import People
from multiplane.split.stereo.config import StereoOptions
from multiplane.split.stereo.correct import Correction, ensemble, reprocessed, transferred
from multiplane.split.stereo.evidence import Evidence, look_into
from multiplane.split.stereo.eyes import WorkingEyes
from multiplane.split.stereo.masks import EyeTrack, PackedMask, Person, together
from multiplane.split.stereo.people_file import Disagreement, Pair
from multiplane.split.stereo.planes import PlaneTrack, planes_of, stands, steadied
from multiplane.split.stereo.verdict import Verdict, judge, jump, why_missing

_LOG = logging.getLogger(__name__)

_DOUBTED = 0.5
"""Share of what a correction changes that the pictures may speak against."""
_ONLY_RIMS = 0.95
"""Agreement without the rims from which on a low one is put down to them: nobody erred."""


@dataclass
class Checked:
    """What became of a chunk.

    Attributes:
        tracks: The eyes after the corrections; one when there is but one.
        pairs: Of each frame, how far the eyes agree on each person.
        disagreements: What they did not agree on, in the order of the frames.
    """

    tracks: tuple[EyeTrack, ...]
    pairs: list[tuple[Pair, ...]] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)


class Checker:
    """Holds the eyes of a chunk against each other."""

    def __init__(
        self,
        working: WorkingEyes,
        eyes: TwoEyes,
        options: StereoOptions,
        people: People,
        first: int = 0,
    ) -> None:
        """Take what there is to look at.

        Args:
            working: The eyes at working size.
            eyes: How they stand.
            options: From where on they disagree, and what is done then.
            people: Who looks again.
            first: Index in the clip of the chunk's first frame.
        """
        self._working, self._eyes, self._options = working, eyes, options
        self._people, self._first = people, first

    def check(
        self, left: EyeTrack, right: EyeTrack, planes: Mapping[int, PlaneTrack]
    ) -> Checked:  # fmt: skip
        """Go through the chunk.

        Args:
            left: Who the left eye sees.
            right: Who the right eye sees, by the same ids.
            planes: Id → frame → plane, as far as they are known.

        Returns:
            Both eyes after the corrections, and how far they agree.
        """
        tracks = [dict(people) for people in left], [dict(people) for people in right]
        areas = [_areas(track) for track in (left, right)]
        known = {**self._planes_of_right(right, planes), **planes}
        checked = Checked(tracks)
        for index in range(len(self._working)):
            pairs = []
            for number in sorted(left[index].keys() | right[index].keys()):
                plane = known.get(number, {}).get(index)
                jumps = tuple(jump(areas[eye].get(number, {}), index) for eye in (0, 1))
                one = _One(index, number, plane, (jumps[0], jumps[1]))
                pairs.append(self._person(checked, one))
            checked.pairs.append(tuple(pairs))
        if checked.disagreements:
            _LOG.info("the eyes disagree %d times", len(checked.disagreements))
        return checked

    def _planes_of_right(
        self, right: EyeTrack, planes: Mapping[int, PlaneTrack]
    ) -> dict[int, PlaneTrack]:
        """Planes of those of whom the left eye told none."""
        rest = [{n: one for n, one in people.items() if n not in planes} for people in right]
        found = planes_of(
            self._eyes,
            self._working.frames,
            rest,
            "right",
            self._options.plane_every_frames,
        )
        frames, reach = range(len(self._working)), self._options.smooth_frames
        return {number: steadied(track, reach, frames) for number, track in found.items()}

    def _sight(self, checked: Checked, one: _One) -> Sight:
        frames = self._working.frames
        shape = frames[0][0].shape[0], frames[0][0].shape[1]
        masks, others = [], []
        for track in checked.tracks:
            people = track[one.index]
            own = people.get(one.number)
            masks.append(own.mask.unpack() if own else np.zeros(shape, np.bool_))
            rest = {number: person for number, person in people.items() if number != one.number}
            others.append(together(rest, shape) & ~masks[-1])
        assert one.plane is not None
        return Sight(
            (frames[0][one.index], frames[1][one.index]),
            (masks[0], masks[1]),
            (others[0], others[1]),
            one.plane,
        )

    def _person(self, checked: Checked, one: _One) -> Pair:
        here = [track[one.index].get(one.number) for track in checked.tracks]
        scores = (here[0].score if here[0] else 0.0, here[1].score if here[1] else 0.0)
        raw = raw_iou(here[0].mask.unpack(), here[1].mask.unpack()) if all(here) else None  # type: ignore[union-attr]
        if one.plane is None:
            # The other eye shows nothing like it, so nobody is put there.
            alone = "" if all(here) else SIDES[0 if here[0] is None else 1]
            return Pair(one.number, None, raw, scores, hidden=alone)
        sight = self._sight(checked, one)
        pair = Pair(one.number, None, raw, scores, plane=list(one.plane.normal))
        if here[0] is None or here[1] is None:
            return self._alone(checked, one, sight, pair)
        found = agreement(self._eyes, sight)
        if found is None or found >= self._options.validation_threshold:
            return replace(pair, agreement=found)
        if (agreement(self._eyes, sight, rims=False) or 0.0) >= _ONLY_RIMS:
            return replace(pair, agreement=found)  # somebody small
        return self._disputed(checked, one, *self._second_opinion(sight, found), pair)

    def _disputed(
        self, checked: Checked, one: _One, sight: Sight, found: float, pair: Pair
    ) -> Pair:  # fmt: skip
        """Somebody of whom the eyes show different things, for whatever reason."""
        pair = replace(pair, plane=list(sight.plane.normal))
        least = self._options.validation_threshold
        if found >= least:
            return replace(pair, agreement=found)
        evidence = look_into(self._eyes, sight)
        seen = agreement(self._eyes, sight, evidence.unseen)
        if seen is not None and seen >= least:
            return replace(pair, agreement=seen)  # the rest is hidden from one of them
        verdict = judge(sight, evidence, one.jumps, pair.scores)
        return self._settle(checked, one, _Case(sight, evidence, verdict, pair, seen))

    def _second_opinion(self, sight: Sight, found: float) -> tuple[Sight, float]:
        """The better of the plane at hand and the one that the right eye tells of.

        Something before the person may hide from the right eye what misled the left one.
        """
        plane = self._eyes.plane(*sight.frames, sight.masks[1], "right")
        if plane is None or not stands(plane):
            return sight, found
        other = replace(sight, plane=plane)
        agreed = agreement(self._eyes, other)
        return (other, agreed) if agreed is not None and agreed > found else (sight, found)

    def _alone(self, checked: Checked, one: _One, sight: Sight, pair: Pair) -> Pair:
        """Somebody whom one eye does not see: hidden, outside, or missed."""
        bad = 0 if pair.scores[0] == 0 and not sight.masks[0].any() else 1
        evidence = look_into(self._eyes, sight, SIDES[bad])
        missing = why_missing(sight.masks[1 - bad], evidence)
        if not missing.missed:
            return replace(pair, hidden=SIDES[bad])
        verdict = Verdict(SIDES[bad], f"missed: {missing.why}", 0.0)
        return self._settle(checked, one, _Case(sight, evidence, verdict, pair, None))

    def _settle(self, checked: Checked, one: _One, case: _Case) -> Pair:
        """Do what the options say about a disagreement, keep it if it helped, and tell of it."""
        method, pair = self._options.correction_method, case.pair
        after, did = case.agreement, "none"
        if method != "none" and not case.verdict.hidden:
            put = self._corrected(case)
            sight = replace(case.sight, masks=put.masks)
            unseen = case.evidence.unseen if case.evidence.to == "right" else None
            found = agreement(self._eyes, sight, unseen)
            better = found is not None and found > (case.agreement or 0.0)
            if better and self._borne_out(case, put):
                after, did = found, method
                self._take(checked, one, put)
                pair = replace(pair, corrected=method, scores=put.scores)
        told = Disagreement(
            self._first + one.index, one.number, case.agreement, case.pair.scores,
            case.verdict.worse, case.verdict.why, did, after,
        )  # fmt: skip
        checked.disagreements.append(told)
        _LOG.debug("frame %d, person %d: %s", told.frame, told.id, told.to_json())
        return replace(pair, agreement=after)

    def _borne_out(self, case: _Case, put: Correction) -> bool:
        """Whether the pictures let a correction pass.

        What it adds must be able to be the person, and what it takes away must not be them.
        """
        bad = 0 if case.verdict.worse == "left" else 1
        evidence = case.evidence
        if evidence.to != SIDES[bad]:
            evidence = look_into(self._eyes, case.sight, SIDES[bad])
        old, new = case.sight.masks[bad], put.masks[bad]
        against = (new & ~old & ~evidence.fits) | (old & ~new & evidence.near)
        changed = int(np.count_nonzero((new ^ old) & evidence.common))
        return int(np.count_nonzero(against & evidence.common)) <= _DOUBTED * changed

    def _corrected(self, case: _Case) -> Correction:
        method, worse, scores = (
            self._options.correction_method, case.verdict.worse, case.pair.scores,
        )  # fmt: skip
        sight, evidence = case.sight, case.evidence
        alone = not (sight.masks[0].any() and sight.masks[1].any())
        if method == "reprocess":
            return reprocessed(self._eyes, sight, scores, worse, self._people)
        if method == "transfer" or alone:
            return transferred(self._eyes, sight, scores, worse, evidence)
        return ensemble(self._eyes, sight, scores, worse, evidence)

    @staticmethod
    def _take(checked: Checked, one: _One, put: Correction) -> None:
        for track, mask, score in zip(checked.tracks, put.masks, put.scores, strict=True):
            people = track[one.index]
            packed = PackedMask.of(mask)
            if packed.area_px:
                people[one.number] = Person(one.number, packed, score)
            else:
                people.pop(one.number, None)
            track[one.index] = dict(sorted(people.items()))


@dataclass(frozen=True)
class _One:
    """A person in a frame."""

    index: int
    number: int
    plane: Plane | None
    jumps: tuple[float, float]


@dataclass(frozen=True)
class _Case:
    """A disagreement and all that is known of it."""

    sight: Sight
    evidence: Evidence
    verdict: Verdict
    pair: Pair
    agreement: float | None


def _areas(track: EyeTrack) -> dict[int, dict[int, int]]:
    """Id → frame → px of area."""
    found: dict[int, dict[int, int]] = {}
    for index, people in enumerate(track):
        for number, person in people.items():
            found.setdefault(number, {})[index] = person.mask.area_px
    return found


def unchecked(
    left: EyeTrack, right: EyeTrack
) -> Checked:  # fmt: skip
    """Pairs without any depth: how far the masks overlap as they lie, and nothing is done.

    Args:
        left: Who the left eye sees.
        right: Who the right eye sees, by the same ids.
    """
    checked = Checked((left, right))
    for here, there in zip(left, right, strict=True):
        pairs = []
        for number in sorted(here.keys() | there.keys()):
            mine, theirs = here.get(number), there.get(number)
            masks: list[Mask] = [one.mask.unpack() for one in (mine, theirs) if one]
            raw = raw_iou(masks[0], masks[1]) if len(masks) == 2 else None
            scores = (mine.score if mine else 0.0, theirs.score if theirs else 0.0)
            pairs.append(Pair(number, None, raw, scores))
        checked.pairs.append(tuple(pairs))
    return checked
