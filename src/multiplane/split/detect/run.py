"""The stage: frames go in, boxes round the people in them come out."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from multiplane.core.arrays import Frame, Mask, check_frame
from multiplane.core.choice import Choice
from multiplane.core.compute import Compute
from multiplane.core.detections import Detection, FrameBoxes, write_boxes
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.plugins import origin_of
from multiplane.core.progress import Progress, silent, track
from multiplane.core.stage import StreamingWorker
from multiplane.hub import weights
from multiplane.media.images import read_frame, read_mask
from multiplane.media.sequence import PictureFiles
from multiplane.split.detect.backend import Detector, Footage
from multiplane.split.detect.choice import choose_backend, models_of, open_detector
from multiplane.split.detect.config import (
    GROUP,
    DetectOptions,
    DFineOptions,
    RfDetrOptions,
    YoloOptions,
)
from multiplane.split.detect.labels import ALL, wanted_labels
from multiplane.split.detect.overrides import Overrides, fingerprint, read_overrides
from multiplane.split.detect.sift import sift

_LOG = logging.getLogger(__name__)
_FILE = "boxes.json"


@dataclass
class ShotDetections:
    """Who is in a shot; the work is done as the frames are asked for.

    Attributes:
        size: (width, height) of its frames.
        frames: Those that were looked at, and those a person gave boxes for, in order.
        figures: The backend, why, and what was counted; complete once all frames are through.
    """

    size: tuple[int, int]
    frames: Iterator[FrameBoxes]
    figures: dict[str, Json] = field(default_factory=dict)


class Finder:
    """Finds boxes in shot after shot with one loaded backend."""

    def __init__(self, options: DetectOptions, detector: Detector | None = None) -> None:
        """Choose and load the backend, and read the boxes of a person.

        Args:
            options: Who is looked for.
            detector: Somebody else to ask instead of the backend.

        Raises:
            ConfigError: The backend knows no such label.
            InputError: The overrides cannot be read.
            WeightsError: The backend needs weights that cannot be had.
        """
        self._options = options
        self._overrides: Overrides | None = None
        if options.overrides:
            first = options.labels.partition(",")[0].strip()
            label = "person" if first.casefold() in {"", ALL} else first
            self._overrides = read_overrides(Path(options.overrides).expanduser(), label)
        self._choice = choose_backend(options.backend)
        if detector is not None:
            self._choice = Choice(options.backend, "handed in")
        self._detector = detector or open_detector(self._choice, Compute.of(options))
        self._wanted = wanted_labels(
            options.labels, self._detector.labels, self._choice.options.kind
        )
        _LOG.info("detecting with %s: %s", self._choice.options.kind, self._choice.why)

    def find(
        self,
        frames: Sequence[Frame],
        masks: Sequence[Mask] | None = None,
        names: Sequence[str] | None = None,
        shot: str = "",
        progress: Progress = silent,
    ) -> ShotDetections:
        """Find the people of one shot.

        Args:
            frames: All of one size: a list, or anything that loads item by item.
            masks: The mask of each frame, where there are any.
            names: What the frames are called; None for their numbers in six digits.
            shot: The id of the shot, by which overrides may tell it from others.
            progress: Told after each frame that was looked at.

        Returns:
            A stream of boxes.

        Raises:
            InputError: There is no frame, or not a mask a frame.
        """
        _check_lengths(frames, masks)
        first = check_frame(frames[0])
        size = (first.shape[1], first.shape[0])
        names = names or [f"{index:06d}" for index in range(len(frames))]
        manual = self._manual(shot, names, size)
        wanted = range(0, len(frames), self._options.every_frames)
        replaced = self._options.override_mode == "replace"
        looked_at = [index for index in wanted if not (replaced and index in manual)]
        footage = Footage(frames, size, looked_at, masks)
        result = ShotDetections(size, iter(()), self._told())
        result.frames = self._frames(footage, names, manual, result.figures, progress)
        return result

    def _manual(
        self, shot: str, names: Sequence[str], size: tuple[int, int]
    ) -> dict[int, tuple[Detection, ...]]:
        """Index → the boxes that a person gave for it."""
        if self._overrides is None:
            return {}
        told = ((at, self._overrides.of(shot, name, size)) for at, name in enumerate(names))
        return {at: boxes for at, boxes in told if boxes is not None}

    def _told(self) -> dict[str, Json]:
        """What is known of a shot before anybody has looked."""
        options = self._choice.options
        figures: dict[str, Json] = {"backend": options.kind}
        if isinstance(options, DFineOptions | RfDetrOptions | YoloOptions):
            figures["model"] = options.model
        return {**figures, "why": self._choice.why, "labels": ", ".join(sorted(self._wanted))}

    def _frames(
        self,
        footage: Footage,
        names: Sequence[str],
        manual: Mapping[int, tuple[Detection, ...]],
        figures: dict[str, Json],
        progress: Progress,
    ) -> Iterator[FrameBoxes]:
        """Go through the frames in order; a few are in memory at a time."""
        counts: list[int] = []
        found = self._detector.detect(footage, self._options.threshold)
        looked = zip(footage.looked_at, found, strict=True)
        stream = track(_merge(looked, manual), len({*footage.looked_at, *manual}), progress)
        for index, boxes, drawn in stream:
            kept = sift(boxes, self._wanted, footage.size, self._options)
            together = (*drawn, *kept) if drawn is not None else kept
            counts.append(len(together))
            yield FrameBoxes(names[index], index, together)
        figures.update(_counted(counts))
        if self._overrides is not None:
            figures["overridden_frames"] = len(manual)
        if self._detector.notes:
            figures["notes"] = list(self._detector.notes)


def detect(
    frames: Sequence[Frame],
    options: DetectOptions | None = None,
    masks: Sequence[Mask] | None = None,
    progress: Progress = silent,
) -> ShotDetections:
    """Find the people of one shot.

    Args:
        frames: All of one size: a list, or anything that loads item by item.
        options: Who is looked for.
        masks: The mask of each frame, for the backend ``parts``.
        progress: Told after each frame that was looked at.

    Returns:
        A stream of boxes.

    Raises:
        ConfigError: The backend knows no such label.
        InputError: There is no frame, they differ in size, or the overrides cannot be read.
        WeightsError: The backend needs weights that cannot be had.
    """
    return Finder(options or DetectOptions()).find(frames, masks, progress=progress)


class Detect:
    """Finds boxes round the people of a shot."""

    name: ClassVar[str] = "split.detect"
    version: ClassVar[int] = 1
    options: ClassVar[type[DetectOptions]] = DetectOptions
    needs: ClassVar[tuple[str, ...]] = ("frames",)
    accepts: ClassVar[tuple[str, ...]] = ("masks",)
    makes: ClassVar[tuple[str, ...]] = ("boxes",)
    metadata: ClassVar[str] = "detections_metadata.json"

    def fingerprint(self, options: DetectOptions) -> str:
        """Backend and weights by name and hash, and the boxes of a person by hash.

        Weights that are asked for are fetched here, before anything runs.

        Raises:
            InputError: The boxes of a person cannot be read.
            WeightsError: The weights cannot be had.
        """
        chosen = choose_backend(options.backend).options
        told = [chosen.kind, *(weights.ready(name) for name in models_of(chosen))]
        origin = origin_of(chosen.kind, GROUP)
        told += [origin] if origin else []
        if options.overrides:
            told.append(f"overrides:{fingerprint(Path(options.overrides).expanduser())}")
        return " ".join(told)

    def weights(self, options: DetectOptions) -> tuple[str, ...]:
        """The networks that take part, by their hub names."""
        return models_of(choose_backend(options.backend).options)

    def open(self, options: DetectOptions) -> DetectWorker:
        """Load the backend."""
        return DetectWorker(options)


class DetectWorker(StreamingWorker):
    """Streams one shot after the other, a few frames at a time."""

    def __init__(self, options: DetectOptions) -> None:
        self._finder = Finder(options)

    def work(self, item: Item) -> Record:
        """Find the people of a shot."""
        started = time.perf_counter()
        paths, selected = item.paths("frames"), item.paths("masks")
        frames = PictureFiles(paths, read_frame)
        masks = PictureFiles(selected, read_mask) if selected else None
        found = self._finder.find(frames, masks, [path.stem for path in paths], item.id)
        rows: list[Json] = []

        def noted() -> Iterator[FrameBoxes]:
            for one in found.frames:
                rows.append(_frame_figures(one))
                yield one

        name, path = item.place("boxes", _FILE)
        write_boxes(path, found.size, noted())
        return Record(
            item.id,
            (Planes(item.id, {"boxes": (name,)}),),
            {**found.figures, "frames": rows},
            {"detect": time.perf_counter() - started},
        )


def _check_lengths(frames: Sequence[Frame], masks: Sequence[Mask] | None) -> None:
    """See that there are frames, and a mask for each where there are masks.

    Raises:
        InputError: There are not.
    """
    if not len(frames):
        raise InputError(
            "a shot without frames", why="there is nobody to look for", fix="leave the shot out"
        )
    if masks is not None and len(masks) != len(frames):
        raise InputError(
            f"there are {len(frames)} frames and {len(masks)} masks",
            why="each frame is looked at with its own mask",
            fix="hand in one mask a frame, in the same order",
        )


def _merge(
    looked: Iterator[tuple[int, Sequence[Detection]]],
    manual: Mapping[int, tuple[Detection, ...]],
) -> Iterator[tuple[int, Sequence[Detection], tuple[Detection, ...] | None]]:
    """Frames that were looked at and frames with boxes of a person, in order."""
    waiting = sorted(manual)
    for index, found in looked:
        while waiting and waiting[0] < index:
            earlier = waiting.pop(0)
            yield earlier, (), manual[earlier]
        if waiting and waiting[0] == index:
            waiting.pop(0)
        yield index, found, manual.get(index)
    for index in waiting:
        yield index, (), manual[index]


def _counted(counts: Sequence[int]) -> dict[str, Json]:
    """Figures of a shot."""
    return {
        "looked_frames": len(counts),
        "boxes": sum(counts),
        "boxes_mean": round(sum(counts) / max(1, len(counts)), 3),
        "boxes_most": max(counts, default=0),
        "empty_frames": sum(count == 0 for count in counts),
    }


def _frame_figures(one: FrameBoxes) -> Json:
    scores = [box.score for box in one.boxes]
    return {
        "frame": one.frame,
        "boxes": len(one.boxes),
        "score_most": max(scores, default=None),
        "score_least": min(scores, default=None),
    }
