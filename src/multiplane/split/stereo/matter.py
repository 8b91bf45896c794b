"""Takes the people out of a chunk of a stereo stream: the work of the stage, without its files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from multiplane.core.arrays import Alpha, Frame
from multiplane.core.compute import Compute
from multiplane.core.errors import InputError
from multiplane.core.items import Json
from multiplane.core.progress import Progress, silent, track
from multiplane.geometry.disparity import EyePair
from multiplane.geometry.rectification import estimate_rectification
from multiplane.media.vr180.layout import Layout
from multiplane.split.stereo.agreement import TwoEyes
from multiplane.split.stereo.alphas import Drawer
from multiplane.split.stereo.backend import People
from multiplane.split.stereo.boxes import Shown
from multiplane.split.stereo.check import Checked, Checker, unchecked
from multiplane.split.stereo.config import StereoOptions
from multiplane.split.stereo.edges import EdgeRefiner
from multiplane.split.stereo.eyes import Reopen, WorkingEyes, read_eyes
from multiplane.split.stereo.figures import agreement_figures, frame_figures, people_figures
from multiplane.split.stereo.flat import FlatPair
from multiplane.split.stereo.masks import EyeTrack
from multiplane.split.stereo.modes import Chunk, find_people
from multiplane.split.stereo.people_choice import open_people
from multiplane.split.stereo.people_file import FramePeople
from multiplane.split.stereo.timing import Timings

_LOG = logging.getLogger(__name__)

RECTIFICATION_FRAMES = 5
"""Frames, spread over a chunk, by which the eyes are rectified."""


@dataclass(frozen=True)
class Footage:
    """A chunk of a clip.

    Attributes:
        reopen: Gives its frames, each time it is called; they are gone through twice.
        layout: Where the eyes are in them.
        scale: Working size as a share of full size.
        first: Number of its first frame in the clip.
        boxes: Boxes of people that a person drew: eye → frame of the chunk → looks.
    """

    reopen: Reopen
    layout: Layout
    scale: float = 0.5
    first: int = 0
    boxes: Shown = field(default_factory=dict)


@dataclass(frozen=True)
class MattedFrame:
    """A frame with its people.

    Attributes:
        index: Its number in the clip.
        alphas: Of each eye at full size, the left first; float32 (H, W).
        people: Who is in each eye, and how far the eyes agree.
    """

    index: int
    alphas: tuple[Alpha, ...]
    people: FramePeople


@dataclass
class StereoMattes:
    """The mattes of a chunk; alphas are drawn as the frames are asked for.

    Attributes:
        frames: In order.
        checked: How far the eyes agree, and what was done; all known before the first frame.
        work_size: (width, height) of the masks.
        figures: What was found; complete once all frames are through.
        timings: Seconds by part; complete once all frames are through.
    """

    frames: Iterator[MattedFrame]
    checked: Checked
    work_size: tuple[int, int]
    figures: dict[str, Json]
    timings: dict[str, float]


class Matter:
    """Takes people out of chunk after chunk with models that are loaded once."""

    def __init__(
        self, options: StereoOptions, open_backend: Callable[[], People] | None = None
    ) -> None:
        """Load what finds people and what draws edges.

        Args:
            options: How the work is done.
            open_backend: Somebody else to find people; called once, and once an eye where both
                are worked on at once.

        Raises:
            ConfigError: CUDA was asked for and is not there.
            WeightsError: Weights that are asked for cannot be had.
        """
        self.options = options
        compute = Compute.of(options)
        made = open_backend or (
            lambda: open_people(options.people, compute, options.memory_offload)
        )
        self._people = [made() for _ in range(2 if options.parallel_eyes else 1)]
        self._refiners = [EdgeRefiner(options.edges, compute) for _ in range(2)]
        _LOG.info("people with %s: %s", self._people[0].kind, self._people[0].why)

    def matte(self, footage: Footage, progress: Progress = silent) -> StereoMattes:
        """Take the people out of a chunk.

        Everything but the alphas is done at once, at working size.

        Args:
            footage: The chunk.
            progress: Told after each frame of the second pass.

        Returns:
            A stream of frames with their alphas, and what was found.

        Raises:
            InputError: Frames are not of the size that was laid out, or there is none.
            BackendError: A model failed.
        """
        timings = Timings()
        frames = timings.through("decode", footage.reopen())
        working = read_eyes(frames, footage.layout, footage.scale)
        figures = self._told(working)
        with timings.of("stereo"):
            eyes = self._stand(working, footage.layout, figures)
        chunk = Chunk(working, eyes, self.options, self._people, timings, footage.boxes)
        tracks = find_people(chunk)
        with timings.of("stereo"):
            checked = self._check(chunk, tracks, footage.first)
        size, count = working.size, len(working)
        figures |= self._agreed(checked, footage, len(tracks))
        told = [note for eye in sorted(chunk.notes) for note in chunk.notes[eye]]
        if eyes is not None and figures["rectification"].get("swapped"):  # type: ignore[union-attr]
            told.insert(0, _exchanged(footage.layout))
            _LOG.warning(told[0])
        del working, chunk  # the pictures of the chunk; the second pass takes its own
        stream = self._frames(footage, checked, figures, timings, told)
        result = StereoMattes(iter(()), checked, size, figures, timings.seconds)
        result.frames = track(stream, count, progress)
        return result

    def _told(self, working: WorkingEyes) -> dict[str, Json]:
        people, edges = self._people[0], self._refiners[0]
        return {
            "backend": people.kind,
            "why": people.why,
            "edges": {"method": edges.kind, "why": edges.why},
            "mode": self.options.mode if len(working.frames) > 1 else "one eye",
            "eyes": len(working.frames),
            "eye_size": list(working.eye_size),
            "work_size": list(working.size),
            "frames_in_memory": len(working),
            "pictures_in_memory_mb": round(working.bytes / 1e6, 1),
        }

    def _stand(
        self, working: WorkingEyes, layout: Layout, figures: dict[str, Json]
    ) -> TwoEyes | None:
        """Find out how the eyes stand to each other."""
        if len(working.frames) == 1 or not self.options.use_disparity:
            return None
        if layout.projection == "flat":
            figures["rectification"] = {"why": "flat picture: rows are taken to match"}
            return FlatPair(working.size)
        spread = np.linspace(0, len(working) - 1, min(RECTIFICATION_FRAMES, len(working)))
        pairs = [(working.frames[0][round(at)], working.frames[1][round(at)]) for at in spread]
        found = estimate_rectification(pairs)
        figures["rectification"] = found.to_json()
        return EyePair(working.size, found)

    def _check(self, chunk: Chunk, tracks: tuple[EyeTrack, ...], first: int) -> Checked:
        if len(tracks) == 1:
            return Checked((tracks[0],), [() for _ in tracks[0]])
        if chunk.eyes is None:
            return unchecked(tracks[0], tracks[1])
        checker = Checker(chunk.working, chunk.eyes, self.options, self._people[0], first)
        return checker.check(tracks[0], tracks[1], chunk.planes)

    def _agreed(self, checked: Checked, footage: Footage, eyes: int) -> dict[str, Json]:
        told: dict[str, Json] = {"people": people_figures(checked.tracks, footage.first)}
        if eyes > 1:
            threshold = self.options.validation_threshold
            told |= agreement_figures(checked.pairs, checked.disagreements, threshold)
        return told

    def _frames(
        self,
        footage: Footage,
        checked: Checked,
        figures: dict[str, Json],
        timings: Timings,
        told: Sequence[str],
    ) -> Iterator[MattedFrame]:
        layout = footage.layout
        refiners = self._refiners[: layout.eyes]
        drawer = Drawer(layout, refiners, self._people, timings, self.options.parallel_eyes)
        rows: list[Json] = []
        frames = _no_more(timings.through("decode", footage.reopen()), len(checked.pairs))
        for at, alphas in enumerate(drawer.draw(frames, checked.tracks)):
            index, pairs = footage.first + at, checked.pairs[at]
            eyes = tuple(tuple(track[at].values()) for track in checked.tracks)
            shares = [float(alpha.mean()) for alpha in alphas]
            rows.append(frame_figures(index, checked.tracks, at, pairs, shares))
            yield MattedFrame(index, alphas, FramePeople(index, eyes, pairs))
        check_length(len(rows), len(checked.pairs))
        notes = [*told, *(note for people in self._people for note in people.notes)]
        notes += [note for refiner in refiners for note in refiner.notes]
        figures["frames"] = rows
        figures["empty_frames"] = sum(
            not any(t[at] for t in checked.tracks) for at in range(len(rows))
        )
        if notes:
            figures["memory"] = [*dict.fromkeys(notes)]


def _exchanged(layout: Layout) -> str:
    """Why hardly anybody is found in both eyes, and what to do."""
    order = "left_first" if layout.swapped else "right_first"
    return (
        "what lies near stands further left in the left eye, as if it were the right one: people "
        f"of one eye are not found in the other; --set chunks.eyes={order} exchanges the eyes"
    )


def _no_more(frames: Iterable[Frame], wanted: int) -> Iterator[Frame]:
    for count, frame in enumerate(frames, start=1):
        check_length(max(count, wanted), wanted)
        yield frame


def check_length(found: int, wanted: int) -> None:
    """See that a chunk has the same frames each time it is gone through.

    Args:
        found: How many there were this time.
        wanted: How many there were before.

    Raises:
        InputError: They differ.
    """
    if found != wanted:
        raise InputError(
            f"a chunk had {wanted} frames and now {found}",
            why="it is gone through twice and has the same frames each time",
            fix="run split.chunks again: the clip may have changed since",
        )
