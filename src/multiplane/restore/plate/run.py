"""The plate stage: a stream of plates, one a frame, and its work on items."""

from __future__ import annotations

import itertools
import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.progress import Progress, silent, track
from multiplane.core.stage import StreamingWorker
from multiplane.core.threads import map_ordered
from multiplane.media.images import read_alpha, read_frame, read_mask, write_frame, write_mask
from multiplane.media.sequence import PictureFiles
from multiplane.motion.camera import CameraOptions, CameraPath, camera_path, read_camera
from multiplane.restore.plate.canvas import Canvas, canvas_round
from multiplane.restore.plate.config import PlateOptions
from multiplane.restore.plate.fill import Plated, fill
from multiplane.restore.plate.hole import grow
from multiplane.restore.plate.mosaic import Mosaic, lay_together
from multiplane.restore.plate.shot import Shot
from multiplane.restore.plate.sources import (
    CANDIDATES,
    Survey,
    choose,
    spread_evenly,
    survey,
)

__all__ = ["Plate", "PlateOptions", "plates"]

log = logging.getLogger(__name__)


def plates(
    frames: Sequence[Frame],
    masks: Sequence[Mask],
    options: PlateOptions | None = None,
    camera: CameraPath | None = None,
    alphas: Sequence[Alpha] | None = None,
    progress: Progress = silent,
) -> Iterator[Plated]:
    """Make a plate for every frame of a shot, from what other frames saw.

    Frames are asked for by number, more than once, and may be read from files each time; no more
    than ``max_references`` of them are held.

    Args:
        frames: (H, W, 3) RGB each, all of one size.
        masks: (H, W) each, True where the character is.
        options: How.
        camera: How the frames lie on each other; found when absent.
        alphas: (H, W) each; soft edges that widen the masks.
        progress: Told about every frame.

    Yields:
        One plate a frame, in order.

    Raises:
        InputError: Planes differ in length or size, or there is no frame.
    """
    options = options or PlateOptions()
    if not len(frames):
        raise InputError("a shot without frames", why="there is nothing to restore")
    if camera is None:
        camera = _find_camera(frames, masks, options)
    shot = Shot(frames, masks, alphas, camera, options.grow_px, options.source_margin_px)
    yield from track(_windows(shot, options), len(shot), progress)


def _find_camera(
    frames: Sequence[Frame], masks: Sequence[Mask], options: PlateOptions
) -> CameraPath:
    def grown() -> Iterator[Mask]:
        for index in range(len(frames)):
            yield grow(masks[index], options.grow_px)

    stream = (frames[index] for index in range(len(frames)))
    return camera_path(stream, grown(), CameraOptions(threads=options.threads))


def _windows(shot: Shot, options: PlateOptions) -> Iterator[Plated]:
    """Window after window: choose sources, lay them together, fill each frame."""
    count = len(shot)
    far = survey(shot, spread_evenly(count, CANDIDATES), options.threads)
    pieces = math.ceil(count / options.window_frames)
    edges = [round(v) for v in np.linspace(0, count, pieces + 1)]
    for start, stop in itertools.pairwise(edges):
        window = range(start, stop)
        mosaic = _mosaic_for(shot, far, window, options)

        def work(index: int, mosaic: Mosaic | None = mosaic) -> Plated:
            return _fill_one(shot, index, mosaic, options)

        yield from map_ordered(work, window, options.threads)


def _mosaic_for(shot: Shot, far: Survey, window: range, options: PlateOptions) -> Mosaic | None:
    rest = [i for i in window if i not in far.boxes]
    near = survey(shot, rest, options.threads) if rest else Survey({}, {}, {}, {}, far.size)
    found = replace(far, hidden=far.hidden | near.hidden, boxes=far.boxes | near.boxes)
    chosen = choose(found, shot.camera, window, options.max_references)
    canvas = _canvas(shot, found, window, options)
    if not chosen or canvas is None:
        return None
    log.info("frames %d-%d: %d sources", window[0], window[-1], len(chosen))
    return lay_together(shot, chosen, canvas, options)


def _canvas(shot: Shot, found: Survey, window: range, options: PlateOptions) -> Canvas | None:
    boxes = [
        (shot.camera.homographies[i], found.boxes[i])
        for i in window
        if found.boxes[i][2] and shot.camera.registered(i)
    ]
    return canvas_round(boxes, found.size, options.ring_px + 8, options.canvas_px)


def _fill_one(shot: Shot, index: int, mosaic: Mosaic | None, options: PlateOptions) -> Plated:
    frame, mask = shot.frames[index], shot.masks[index]
    check_same_size(frame, mask, ("frame", "mask"))
    camera = shot.camera
    place = camera.homographies[index] if camera.registered(index) else None
    done = fill(frame, shot.hidden(index), mosaic, place, options)
    before = int(np.count_nonzero(mask))
    figures: dict[str, Json] = {
        "mask_px": before,
        "coverage_before": round(before / mask.size, 5),
        "inliers": camera.inliers[index],
        "residual_px": round(camera.residual_px[index], 4),
    }
    return replace(done, figures=figures | done.figures)


class Plate:
    """Takes hidden background from the frames of the shot that saw it."""

    name: ClassVar[str] = "restore.plate"
    version: ClassVar[int] = 1
    options: ClassVar[type[PlateOptions]] = PlateOptions
    needs: ClassVar[tuple[str, ...]] = ("frames", "masks")
    accepts: ClassVar[tuple[str, ...]] = ("alphas", "camera")
    makes: ClassVar[tuple[str, ...]] = ("plates", "unseen", "holes")
    metadata: ClassVar[str] = "plates_metadata.json"

    def fingerprint(self, options: PlateOptions) -> str:
        """Nothing beyond options and input decides the result."""
        return ""

    def open(self, options: PlateOptions) -> PlateWorker:
        """A worker; it holds no state between shots."""
        return PlateWorker(options)


class PlateWorker(StreamingWorker):
    """Makes the plates of one shot at a time."""

    def __init__(self, options: PlateOptions) -> None:
        self._options = options

    def work(self, item: Item) -> Record:
        """Make and write the plates of a shot."""
        began = time.perf_counter()
        paths = item.paths("frames")
        frames = PictureFiles(paths, read_frame)
        masks = PictureFiles(item.paths("masks"), read_mask)
        alphas = PictureFiles(item.paths("alphas"), read_alpha) if item.paths("alphas") else None
        camera = [read_camera(path) for path in item.paths("camera")]
        known = camera[0] if camera else None
        left: list[tuple[str, str, str]] = []
        rows: list[Json] = []
        made = plates(frames, masks, self._options, known, alphas)
        for path, done in zip(paths, made, strict=True):
            plate, plate_path = item.place("plates", f"{path.stem}.png")
            unseen, unseen_path = item.place("unseen", f"{path.stem}.png")
            hole, hole_path = item.place("holes", f"{path.stem}.png")
            write_frame(plate_path, done.plate)
            write_mask(unseen_path, done.unseen)
            write_mask(hole_path, done.hole)
            left.append((plate, unseen, hole))
            rows.append({"frame": path.stem, **_named(done.figures, paths)})
        files = dict(zip(Plate.makes, zip(*left, strict=True), strict=True))
        outputs = Planes(item.id, files)
        return Record(
            item.id,
            (outputs,),
            {"frames": rows, "seen_share": _seen_share(rows)},
            {"total_s": time.perf_counter() - began},
        )


def _named(figures: dict[str, Json], paths: Sequence[Path]) -> dict[str, Json]:
    """Figures with the stems of source frames instead of their numbers."""
    numbers = figures["sources"]
    assert isinstance(numbers, list)
    return figures | {"sources": [paths[n].stem for n in numbers if isinstance(n, int)]}


def _seen_share(rows: Sequence[Any]) -> float:
    holes = sum(row["hole_px"] for row in rows)
    lost = sum(row["unseen_px"] for row in rows)
    return round(1.0 - lost / holes, 4) if holes else 1.0
