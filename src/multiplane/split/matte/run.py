"""The stage: frames and masks go in, alphas and cut-outs with straight colour come out."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask, check_frame, check_mask, check_same_size
from multiplane.core.choice import Choice
from multiplane.core.compute import Compute
from multiplane.core.config import Options
from multiplane.core.errors import InputError
from multiplane.core.instances import box_of
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.plugins import choose, make, origin_of
from multiplane.core.progress import Progress, silent, track
from multiplane.core.stage import StreamingWorker
from multiplane.core.threads import map_ordered
from multiplane.hub import weights
from multiplane.hub.table import MODELS
from multiplane.media.images import read_frame, read_mask, write_alpha, write_cutout
from multiplane.split.matte.backend import BACKENDS, NeuralRefiner, Refiner
from multiplane.split.matte.choice import decide
from multiplane.split.matte.colour import straight_colour
from multiplane.split.matte.config import GROUP, MatteOptions, VitMatteMatte
from multiplane.split.matte.steadiness import Steadiness
from multiplane.split.matte.trimap import BACKGROUND, FOREGROUND, UNKNOWN, make_trimap

_LOG = logging.getLogger(__name__)

_MARGIN = 6
"""The part of a frame that is worked on reaches so many widths of the band beyond the mask."""


@dataclass(frozen=True)
class CutOut:
    """The soft-edged cut-out of one frame.

    Attributes:
        alpha: (H, W) in steps of 1/255, so that what is written reads back the same.
        colour: (H, W, 3) RGB, straight.
        band_px: How many pixels the unknown band had.
    """

    alpha: Alpha
    colour: Frame
    band_px: int


def open_refiner(options: MatteOptions) -> Refiner:
    """Load the way to find the soft edge that the options choose; the log says which and why.

    Raises:
        ConfigError: There is no such method, model or device.
        WeightsError: The method needs weights that cannot be had.
    """
    compute = Compute.of(options)
    return _open(decide(options.method, compute), options, compute)


def _open(choice: Choice[Options], options: MatteOptions, compute: Compute) -> Refiner:
    _LOG.info("matting with %s: %s", choice.kind, choice.why)
    backend = choose(BACKENDS, choice.kind, GROUP)
    refiner: Refiner = make(backend, choice.options, options.edge_px, compute=compute)
    return refiner


def cut_out(frame: Frame, mask: Mask, refiner: Refiner, options: MatteOptions) -> CutOut:
    """Give one mask a soft edge, and what is inside its own colour.

    Args:
        frame: (H, W, 3) RGB.
        mask: (H, W), True on everything that belongs to the foreground.
        refiner: From :func:`open_refiner`.
        options: Width of the band and reach of the colour.

    Returns:
        The cut-out. Deeper than ``edge_px`` inside the mask alpha is 1 and colour the frame's, bit
        for bit; farther than ``edge_px`` outside alpha is 0.

    Raises:
        InputError: Not a frame or a mask, or of different sizes.
        BackendError: A library failed.
    """
    check_same_size(check_frame(frame), check_mask(mask), ("frame", "mask"))
    alpha = mask.astype(np.float32)
    band_px = 0
    for rows, columns in _windows(mask, _MARGIN * options.edge_px):
        trimap = make_trimap(mask[rows, columns], options.edge_px)
        band_px = int(np.count_nonzero(trimap == UNKNOWN))
        if not band_px:
            continue
        part = np.ascontiguousarray(frame[rows, columns])
        found = refiner.refine(part, mask[rows, columns], trimap)
        found[trimap == FOREGROUND], found[trimap == BACKGROUND] = 1, 0
        alpha[rows, columns] = np.rint(found * 255).astype(np.float32) / np.float32(255)
    return CutOut(alpha, straight_colour(frame, alpha, options.extend_px), band_px)


def cut_outs(
    frames: Iterable[Frame],
    masks: Iterable[Mask],
    options: MatteOptions,
    total: int | None = None,
    progress: Progress = silent,
) -> Iterator[CutOut]:
    """Give a stream of masks soft edges; a few frames are in memory at a time.

    Args:
        frames: (H, W, 3) each.
        masks: (H, W) each, as many.
        options: The method, the width of the band, the reach of the colour.
        total: How many there are, for the progress.
        progress: Told after each frame.

    Yields:
        One cut-out a frame, in order.

    Raises:
        InputError: A mask has not its frame's size, or there are fewer of one than of the other.
        BackendError: A library failed.
    """
    refiner = open_refiner(options)
    jobs = map_ordered(
        lambda job: cut_out(job[0], job[1], refiner, options),
        _pairs(frames, masks),
        refiner.workers,
    )
    yield from track(jobs, total, progress)


class Matte:
    """Gives the masks of a shot soft edges and cuts its characters out."""

    name: ClassVar[str] = "split.matte"
    version: ClassVar[int] = 1
    options: ClassVar[type[MatteOptions]] = MatteOptions
    needs: ClassVar[tuple[str, ...]] = ("frames", "masks")
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ("alphas", "cutouts")
    metadata: ClassVar[str] = "mattes_metadata.json"

    def fingerprint(self, options: MatteOptions) -> str:
        """What finds the edge: a network by its weights, a foreign method by its release.

        Weights that are asked for are fetched here, before anything runs.

        Raises:
            WeightsError: They cannot be had.
        """
        chosen = decide(options.method, Compute.of(options)).options
        if isinstance(chosen, VitMatteMatte):
            return weights.ready(chosen.model)
        return origin_of(options.method.kind, GROUP)

    def weights(self, options: MatteOptions) -> tuple[str, ...]:
        """ViTMatte's, where they are asked for by name or ``auto`` found them."""
        chosen = decide(options.method, Compute.of(options)).options
        if isinstance(chosen, VitMatteMatte) and chosen.model in MODELS:
            return (chosen.model,)
        return ()

    def open(self, options: MatteOptions) -> MatteWorker:
        """Load the method."""
        return MatteWorker(options)


class MatteWorker(StreamingWorker):
    """Streams one shot after the other, a few frames at a time."""

    def __init__(self, options: MatteOptions) -> None:
        compute = Compute.of(options)
        self._options = options
        self._choice = decide(options.method, compute)
        self._refiner = _open(self._choice, options, compute)

    def work(self, item: Item) -> Record:
        """Matte a shot."""
        started = time.perf_counter()
        if isinstance(self._refiner, NeuralRefiner):
            self._refiner.notes.clear()  # those of the shot before
        steadiness = Steadiness()
        names: dict[str, list[str]] = {"alphas": [], "cutouts": []}
        figures: list[Json] = []

        def work(job: tuple[Path, Path]) -> tuple[str, Mask, CutOut, Json]:
            frame_path, mask_path = job
            mask = read_mask(mask_path)
            cut = cut_out(read_frame(frame_path), mask, self._refiner, self._options)
            box = self._write(item, f"{frame_path.stem}.png", cut)
            return f"{frame_path.stem}.png", mask, cut, _frame_figures(frame_path.stem, cut, box)

        files = _files_of(item)
        for name, mask, cut, frame_figures in map_ordered(work, files, self._refiner.workers):
            steadiness.add(cut.alpha, mask, cut.band_px)
            figures.append(frame_figures)
            for plane, written in names.items():
                written.append(item.place(plane, name)[0])
        planes = Planes(item.id, {plane: tuple(written) for plane, written in names.items()})
        told: dict[str, Json] = {"method": self._choice.kind, "why": self._choice.why}
        if isinstance(self._refiner, NeuralRefiner) and self._refiner.notes:
            told["memory"] = [*self._refiner.notes]
        return Record(
            item.id,
            (planes,),
            {**told, **steadiness.figures(), "frames": figures},
            {"matte": time.perf_counter() - started},
        )

    def _write(self, item: Item, name: str, cut: CutOut) -> tuple[int, int, int, int]:
        """Write alpha and cut-out; gives the half-open box of what is on it."""
        box = box_of(cut.alpha > 0)
        write_alpha(item.place("alphas", name)[1], cut.alpha)
        colour, alpha = cut.colour, cut.alpha
        if self._options.crop_cutouts and box[2]:
            part = (slice(box[1], box[3]), slice(box[0], box[2]))
            colour, alpha = colour[part], alpha[part]
        write_cutout(item.place("cutouts", name)[1], colour, alpha)
        return box


def _files_of(item: Item) -> list[tuple[Path, Path]]:
    """The files of frames, each with that of its mask.

    Raises:
        InputError: There are more of one than of the other.
    """
    frames, masks = item.paths("frames"), item.paths("masks")
    if len(frames) != len(masks):
        raise InputError(
            f"{item.id} has {len(frames)} frames and {len(masks)} masks",
            why="each frame is matted with its own mask",
            fix="hand in one mask a frame, in the same order",
        )
    return list(zip(frames, masks, strict=True))


def _frame_figures(stem: str, cut: CutOut, box: tuple[int, int, int, int]) -> dict[str, Json]:
    soft = np.count_nonzero((cut.alpha > 0) & (cut.alpha < 1))
    return {
        "frame": stem,
        "area_share": round(float(cut.alpha.mean()), 5),
        "soft_share": round(int(soft) / cut.alpha.size, 5),
        "band_px": cut.band_px,
        "box_xyxy": list(box),
    }


def _windows(mask: Mask, margin: int) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the part that is worked on: what is selected, and a margin."""
    x0, y0, x1, y1 = box_of(mask)
    if x1:
        yield slice(max(0, y0 - margin), y1 + margin), slice(max(0, x0 - margin), x1 + margin)


def _pairs(frames: Iterable[Frame], masks: Iterable[Mask]) -> Iterator[tuple[Frame, Mask]]:
    try:
        yield from zip(frames, masks, strict=True)
    except ValueError as error:
        if "zip()" not in str(error):
            raise
        raise InputError(
            "there are fewer masks than frames, or the other way round",
            why="each frame is matted with its own mask",
            fix="hand in one mask a frame, in the same order",
        ) from error
