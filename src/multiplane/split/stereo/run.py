"""The stage: a chunk of a clip goes in; the alphas of both eyes and who is in them come out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Planes, Record
from multiplane.core.plugins import origin_of
from multiplane.core.progress import Progress, silent
from multiplane.core.stage import StreamingWorker
from multiplane.hub import weights
from multiplane.media.clip import Clip, open_clip
from multiplane.media.matte_video import MatteWriter
from multiplane.media.vr180.layout import Layout
from multiplane.split.detect.overrides import fingerprint as boxes_fingerprint
from multiplane.split.matte.choice import decide
from multiplane.split.matte.config import GROUP as EDGES
from multiplane.split.matte.config import VitMatteMatte
from multiplane.split.stereo.backend import People
from multiplane.split.stereo.boxes import Shown, shown_boxes
from multiplane.split.stereo.config import StereoOptions
from multiplane.split.stereo.eyes import work_size
from multiplane.split.stereo.matter import (
    Footage,
    Matter,
    StereoMattes,
    check_length,
)
from multiplane.split.stereo.people_choice import choose_people, models_of
from multiplane.split.stereo.people_config import GROUP as PEOPLE
from multiplane.split.stereo.people_file import FramePeople, write_people

_ENDS = ("first", "stop")
"""What of a chunk's data tells its frames."""


def matte_pairs(
    footage: Footage,
    options: StereoOptions | None = None,
    open_backend: Callable[[], People] | None = None,
    progress: Progress = silent,
) -> StereoMattes:
    """Take the people out of a stereo stream, the same in both eyes.

    Args:
        footage: Its frames, which are gone through twice, and how the eyes lie in them.
        options: How the work is done.
        open_backend: Somebody else to find people.
        progress: Told after each frame.

    Returns:
        A stream of frames with the alphas of both eyes, and what was found.

    Raises:
        ConfigError: CUDA was asked for and is not there.
        InputError: Frames are not of the size that was laid out, or there is none.
        WeightsError: Weights that are asked for cannot be had.
        BackendError: A model failed.
    """
    return Matter(options or StereoOptions(), open_backend).matte(footage, progress)


class Stereo:
    """Takes the people out of a chunk of a clip, the same in both eyes."""

    name: ClassVar[str] = "split.stereo"
    version: ClassVar[int] = 1
    options: ClassVar[type[StereoOptions]] = StereoOptions
    needs: ClassVar[tuple[str, ...]] = ("footage",)
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ("alphas", "people")
    metadata: ClassVar[str] = "stereo_metadata.json"

    def fingerprint(self, options: StereoOptions) -> str:
        """The backends, their weights by name and hash, and boxes of one's own.

        Weights that are asked for are fetched here, before anything runs.

        Raises:
            WeightsError: They cannot be had.
            InputError: The file of boxes cannot be read.
        """
        compute = Compute.of(options)
        kind = choose_people(options.people.backend, compute).options.kind
        method = decide(options.edges.method, compute).kind
        told = [kind, origin_of(kind, PEOPLE), method, origin_of(method, EDGES)]
        told += [weights.ready(name) for name in self.weights(options)]
        if options.boxes:
            told.append(boxes_fingerprint(Path(options.boxes)))
        return " ".join(part for part in told if part)

    def weights(self, options: StereoOptions) -> tuple[str, ...]:
        """The networks that take part, by their hub names."""
        compute = Compute.of(options)
        models = [*models_of(options.people, compute)]
        method = decide(options.edges.method, compute).options
        if options.edges.refine != "none" and isinstance(method, VitMatteMatte):
            models.append(method.model)
        return tuple(dict.fromkeys(models))

    def open(self, options: StereoOptions) -> StereoWorker:
        """Load the models."""
        return StereoWorker(options)


@dataclass(frozen=True)
class _Chunk:
    """A chunk as it is read from its clip."""

    clip: Clip
    name: str
    layout: Layout
    frames: range
    scale: float


class StereoWorker(StreamingWorker):
    """Works on one chunk after the other; nothing crosses from one to the next."""

    def __init__(self, options: StereoOptions, matter: Matter | None = None) -> None:
        self._matter = matter or Matter(options)

    def work(self, item: Item) -> Record:
        """Take the people out of a chunk."""
        started = time.perf_counter()
        chunk = _read(item)
        source = _Source(chunk.clip, chunk.frames)
        options, layout = self._matter.options, chunk.layout
        size = work_size(layout.eye_size, chunk.scale)
        boxes: Shown = {}
        if options.boxes:
            sizes = layout.eye_size, size
            boxes = shown_boxes(Path(options.boxes), chunk.name, chunk.frames, sizes, layout.eyes)
        footage = Footage(source.frames, layout, chunk.scale, chunk.frames.start, boxes)
        mattes = self._matter.matte(footage)
        alphas, path = item.place("alphas", "alphas.mkv")
        people, people_path = item.place("people", "people.json")
        encode_s = 0.0

        def written() -> Iterator[FramePeople]:
            nonlocal encode_s
            with MatteWriter(path, layout.size, chunk.clip) as writer:
                for at, one in enumerate(mattes.frames):
                    began = time.perf_counter()
                    grey = [cv2.convertScaleAbs(alpha, alpha=255) for alpha in one.alphas]
                    writer.write(np.asarray(layout.join(grey), np.uint8), source.pts[at])
                    encode_s += time.perf_counter() - began
                    yield one.people

        sizes = layout.eye_size, mattes.work_size
        write_people(people_path, sizes, written(), mattes.checked.disagreements)
        seconds = time.perf_counter() - started
        timings = {**mattes.timings, "encode": encode_s, "total": seconds}
        planes = Planes(item.id, {"alphas": (alphas,), "people": (people,)}, {**item.data})
        return Record(item.id, (planes,), mattes.figures, timings)


def _read(item: Item) -> _Chunk:
    """Open the clip.

    Raises:
        InputError: It cannot be read, or the chunk is none that split.chunks wrote.
    """
    told = item.data
    chunk, scale = told.get("chunk"), told.get("work_scale", 0.5)
    whole = isinstance(chunk, dict) and all(type(chunk.get(k)) is int for k in _ENDS)
    if not whole or not isinstance(scale, int | float) or isinstance(scale, bool):
        raise InputError(
            f"{item.id} tells neither its frames nor its scale",
            why="chunks of a clip come from split.chunks",
            fix="inputs: {footage: chunks.footage} in the recipe",
        )
    first, stop = (int(chunk[key]) for key in _ENDS)  # type: ignore[index,call-overload,arg-type]
    layout = Layout.from_json(told.get("layout"))
    name = str(told.get("clip", item.id))
    frames = range(first, stop)
    return _Chunk(open_clip(item.paths("footage")[0]), name, layout, frames, float(scale))


class _Source:
    """The frames of a chunk, as often as they are wanted, and their timestamps."""

    def __init__(self, clip: Clip, frames: range) -> None:
        self._clip, self._range = clip, frames
        self.pts: list[int] = []

    def frames(self) -> Iterator[Frame]:
        """From the first on."""
        self.pts.clear()
        with closing(self._clip.frames(self._range.start, self._range.stop)) as found:
            for one in found:
                self.pts.append(one.pts)
                yield one.frame
        check_length(len(self.pts), len(self._range))
