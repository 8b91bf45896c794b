"""The stage: frames go in; masks, instances and the camera's path come out."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.core.atomic import write_text
from multiplane.core.compute import Compute
from multiplane.core.instances import Instance
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.plugins import origin_of
from multiplane.core.progress import Progress, silent
from multiplane.core.stage import StreamingWorker
from multiplane.core.threads import map_ordered
from multiplane.hub import weights
from multiplane.media.images import read_frame, write_cutout, write_mask
from multiplane.media.sequence import PictureFiles
from multiplane.motion.camera import CameraPath, read_camera, still_path
from multiplane.split.segment import pointing
from multiplane.split.segment.backend import Belief, Segmentation
from multiplane.split.segment.choice import Choice, Choices, missing_weights, models_of
from multiplane.split.segment.config import (
    GROUP,
    TAKES_NO_PROMPTS,
    AutoOptions,
    SalientOptions,
    SegmentOptions,
)
from multiplane.split.segment.cutouts import cut_instance
from multiplane.split.segment.instances import Tracker
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.refine import draw_mask
from multiplane.split.segment.shot import Shot
from multiplane.split.segment.temporal import steady

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class FrameInstances:
    """Who is in one frame.

    Attributes:
        index: Its number in the shot.
        mask: (H, W), everybody together.
        instances: One an object, by its number.
    """

    index: int
    mask: Mask
    instances: list[Instance]

    @property
    def coverage(self) -> float:
        """The share of the frame that is covered, in [0, 1]."""
        return float(np.count_nonzero(self.mask)) / self.mask.size


@dataclass
class ShotInstances:
    """Who is in a shot; the work is done as the frames are asked for.

    Attributes:
        frames: One a frame, in order.
        camera: How the camera moved; a camera that stood still where nobody looked.
        figures: The backend, why, and what was measured; ``tracks`` once all frames are through.
    """

    frames: Iterator[FrameInstances]
    camera: CameraPath
    figures: dict[str, Json] = field(default_factory=dict)


def segment(
    frames: Sequence[Frame],
    options: SegmentOptions | None = None,
    camera: CameraPath | None = None,
    progress: Progress = silent,
) -> ShotInstances:
    """Find the characters of one shot.

    Args:
        frames: All of one size: a list, or anything that loads item by item and can be gone
            through more than once.
        options: Who is taken for a character.
        camera: How the camera moved, when that is known already.
        progress: Told after each frame.

    Returns:
        A stream of masks with numbered instances.

    Raises:
        InputError: There is no frame, or they differ in size.
        WeightsError: The backend needs weights that cannot be had.
    """
    options = options or SegmentOptions()
    return segment_shot(
        Shot(frames, camera), Choices(options.backend, Compute.of(options)), options, progress
    )


def segment_shot(
    shot: Shot, choices: Choices, options: SegmentOptions, progress: Progress = silent
) -> ShotInstances:
    """Find the characters of one shot with backends that are kept from shot to shot.

    Args:
        shot: The frames.
        choices: The backends.
        options: Who is taken for a character.
        progress: Told after each frame.

    Returns:
        A stream of masks with numbered instances.
    """
    pointed = shot.pointed
    choice, segmenter = choices.choose(len(shot), bool(pointed) and pointed.asked)
    if pointed and choice.kind in TAKES_NO_PROMPTS:
        left = "boxes and masks of other steps are left aside: it looks by itself"
        choice = Choice(choice.kind, f"{choice.why}; {left}")
    found = segmenter.segment(shot, progress)
    tracker = Tracker(options.min_instance_px, options.max_instance_px)
    figures: dict[str, Json] = {"backend": choice.kind, "why": choice.why, **found.figures}
    trust = found.figures.get("trust")
    _LOG.info("segmenting with %s: %s%s", choice.kind, choice.why, f"; {trust}" if trust else "")
    result = ShotInstances(iter(()), found.camera or still_path(len(shot)), figures)
    result.frames = _finish(_frames(shot, found, options, tracker), found, tracker, figures)
    return result


def _finish(
    frames: Iterator[FrameInstances], found: Segmentation, tracker: Tracker,
    figures: dict[str, Json],
) -> Iterator[FrameInstances]:  # fmt: skip
    """Pass frames on; when all are through, note what is known by then."""
    yield from frames
    figures.update(found.figures)
    figures["tracks"] = tracker.table()


def _frames(
    shot: Shot, found: Segmentation, options: SegmentOptions, tracker: Tracker
) -> Iterator[FrameInstances]:
    """Number what was found, frame by frame."""
    if found.parts is not None:
        for index, parts in enumerate(found.parts):
            frame = shot.frame(index)
            yield _together(index, frame, tracker.take(frame, parts))
        return
    assert found.beliefs is not None, "a segmentation has beliefs or parts"

    def draw(pair: tuple[int, Belief]) -> tuple[int, Frame, Mask, Belief]:
        index, belief = pair
        frame = shot.frame(index)
        mask, full = draw_mask(belief, frame, options.edges == "grabcut")
        return index, frame, mask, full

    beliefs = steady(found.beliefs, shot, options.smoothing_frames)
    for index, frame, mask, full in map_ordered(draw, enumerate(beliefs)):
        yield _together(index, frame, tracker.add(frame, mask, full))


def _together(index: int, frame: Frame, instances: list[Instance]) -> FrameInstances:
    mask = np.zeros(frame.shape[:2], np.bool_)
    for instance in instances:
        mask |= instance.mask
    return FrameInstances(index, mask, instances)


class Segment:
    """Finds the characters of a shot."""

    name: ClassVar[str] = "split.segment"
    version: ClassVar[int] = 1
    options: ClassVar[type[SegmentOptions]] = SegmentOptions
    needs: ClassVar[tuple[str, ...]] = ("frames",)
    accepts: ClassVar[tuple[str, ...]] = ("camera", "boxes", "masks")
    makes: ClassVar[tuple[str, ...]] = ("masks", "camera", "cutouts")
    metadata: ClassVar[str] = "instances_metadata.json"

    def fingerprint(self, options: SegmentOptions) -> str:
        """The weights by name and hash where they take part, and what is pointed at.

        Of a foreign backend it is its release. Weights that are asked for are fetched here,
        before anything runs.

        Raises:
            WeightsError: They cannot be had.
        """
        used = self.weights(options)
        if SalientOptions().model in used and _goes_without(options) and missing_weights():
            used = tuple(name for name in used if name != SalientOptions().model)
        told = [weights.ready(name) for name in used]
        told += [origin_of(options.backend.kind, GROUP), pointing.fingerprint(options)]
        return " ".join(filter(None, told))

    def weights(self, options: SegmentOptions) -> tuple[str, ...]:
        """The networks that are asked for or would be chosen; those that are not here too."""
        return models_of(options.backend, Compute.of(options), _is_pointed(options))

    def open(self, options: SegmentOptions) -> SegmentWorker:
        """Load the backend."""
        return SegmentWorker(options)


class SegmentWorker(StreamingWorker):
    """Streams one shot after the other."""

    def __init__(self, options: SegmentOptions) -> None:
        self._options = options
        self._choices = Choices(options.backend, Compute.of(options))

    def work(self, item: Item) -> Record:
        """Segment a shot."""
        started = time.perf_counter()
        shot = shot_of(item, self._options)
        found = segment_shot(shot, self._choices, self._options)
        if _is_pointed(self._options) and not (shot.pointed and shot.pointed.asked):
            found.figures["why"] = f"{found.figures['why']}; the prompts are about other shots"
        looked = time.perf_counter()
        stems = [path.stem for path in item.paths("frames")]
        masks: list[str] = []
        cutouts: list[str] = []
        frames: list[Json] = []

        def write(one: FrameInstances) -> tuple[str, list[str], Json]:
            name, path = item.place("masks", f"{stems[one.index]}.png")
            write_mask(path, one.mask)
            return name, self._write_cutouts(item, shot, one, stems), _frame_figures(one, stems)

        for name, cut, row in map_ordered(write, found.frames):
            masks.append(name)
            cutouts += cut
            frames.append(row)
        camera, path = item.place("camera", "camera.json")
        write_text(path, json.dumps(found.camera.to_json(), indent=1))
        planes = {"masks": tuple(masks), "camera": (camera,)}
        if self._options.context is not None:
            planes["cutouts"] = tuple(cutouts)
        finished = time.perf_counter()
        return Record(
            item.id,
            (Planes(item.id, planes),),
            {**found.figures, **_shot_figures(frames), "frames": frames},
            {"look_s": looked - started, "draw_s": finished - looked},
        )

    def _write_cutouts(
        self, item: Item, shot: Shot, one: FrameInstances, stems: Sequence[str]
    ) -> list[str]:
        if self._options.context is None:
            return []
        frame = shot.frame(one.index)
        names = []
        for instance in one.instances:
            colour, alpha = cut_instance(
                frame, instance, self._options.context, self._options.context_margin_px
            )
            stem = f"{stems[one.index]}_{instance.track_id:03d}.png"
            name, path = item.place("cutouts", stem)
            write_cutout(path, colour, alpha)
            names.append(name)
        return names


def shot_of(item: Item, options: SegmentOptions) -> Shot:
    """The shot that an item is of, and what is pointed at in it; frames are read as it streams.

    Args:
        item: Its frames, and planes of other steps that tell something of them.
        options: What the user points at.

    Returns:
        The shot.

    Raises:
        InputError: There is no frame, or the camera path does not fit.
    """
    cameras = [read_camera(path) for path in item.paths("camera")]
    shot = Shot(PictureFiles(item.paths("frames"), read_frame), cameras[0] if cameras else None)
    asked = pointing.point_at(item, options, shot.size)
    told = pointing.point_by_planes(item, shot.size)
    if not asked and getattr(options.backend, "planes", "prompts") == "prompts":
        asked, told = told, Pointed()
    shot.pointed, shot.hints = asked, told
    return shot


def _is_pointed(options: SegmentOptions) -> bool:
    """Whether the user says what to look for."""
    return any((options.prompts, options.boxes, options.points, options.text))


def _goes_without(options: SegmentOptions) -> bool:
    """Whether salience is chosen, not asked for, so that its absence is no error."""
    backend = options.backend
    return isinstance(getattr(backend, "evidence", backend), AutoOptions)


def _frame_figures(one: FrameInstances, stems: Sequence[str]) -> Json:
    return {
        "frame": stems[one.index],
        "coverage": round(one.coverage, 6),
        "instances": [instance.to_json() for instance in one.instances],
    }


def _shot_figures(frames: Sequence[Json]) -> Mapping[str, Json]:
    covered = [float(str(row["coverage"])) for row in frames if isinstance(row, dict)]
    return {
        "coverage_mean": round(float(np.mean(covered)), 6),
        "coverage_least": round(min(covered), 6),
        "coverage_most": round(max(covered), 6),
        "empty_frames": sum(1 for value in covered if value == 0),
    }
