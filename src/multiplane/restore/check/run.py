"""The check stage: figures about finished backgrounds, and its work on items."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json, Record
from multiplane.core.progress import Progress, silent, track
from multiplane.core.stage import StreamingWorker
from multiplane.core.threads import map_ordered
from multiplane.hub import weights
from multiplane.measure.region import grow
from multiplane.measure.residual import Salience
from multiplane.media.images import read_frame, read_map, read_mask
from multiplane.networks.u2net import Salient
from multiplane.restore.check.config import CheckOptions
from multiplane.restore.check.leftovers import leftover
from multiplane.restore.check.look import (
    INVENTED,
    SEEN,
    Finished,
    look_at,
    look_between,
    look_closely,
)
from multiplane.restore.check.verdict import sum_up

__all__ = ["Check", "CheckOptions", "check"]

NETWORK = "u2netp"
LOSSY = {".jpg", ".jpeg", ".webp"}


def check(
    finished: Sequence[Finished],
    options: CheckOptions | None = None,
    salience: Salience | None = None,
    progress: Progress = silent,
) -> Iterator[dict[str, Json]]:
    """Measure the finished frames of a shot.

    Frames are asked for by number, up to twice, and may be read from files each time.

    Args:
        finished: The frames, in order.
        options: How closely.
        salience: Who looks for leftovers; nobody when absent.
        progress: Told about every frame.

    Yields:
        The figures of each frame, see :mod:`.look`; those that are not taken in every frame are
        absent in the others.

    Raises:
        InputError: Planes differ in size.
        BackendError: The network failed.
    """
    options = options or CheckOptions()

    def work(index: int) -> dict[str, Json]:
        done = finished[index]
        row = look_at(done)
        if salience is not None and index % options.every_frames == 0:
            row["residual"] = round(leftover(done, salience), 4)
        if index % options.closely_every_frames == 0:
            row |= look_closely(done, options.seam_step_px)
            before = finished[index - 1] if index else done
            if index and before.frame.shape == done.frame.shape:
                row |= look_between(before, done)
        return row

    count = len(finished)
    yield from track(map_ordered(work, range(count)), count, progress)


class Check:
    """Looks at finished backgrounds: leftovers, seams, flicker, sharpness."""

    name: ClassVar[str] = "restore.check"
    version: ClassVar[int] = 1
    options: ClassVar[type[CheckOptions]] = CheckOptions
    needs: ClassVar[tuple[str, ...]] = ("frames", "masks", "backgrounds")
    accepts: ClassVar[tuple[str, ...]] = ("unseen", "fills", "holes")
    makes: ClassVar[tuple[str, ...]] = ()
    metadata: ClassVar[str] = "check_metadata.json"

    def fingerprint(self, options: CheckOptions) -> str:
        """The network that looks for leftovers."""
        return weights.fingerprint(NETWORK) if options.residual else ""

    def open(self, options: CheckOptions) -> CheckWorker:
        """Load the network."""
        return CheckWorker(options)


class CheckWorker(StreamingWorker):
    """Measures one shot at a time."""

    def __init__(self, options: CheckOptions) -> None:
        self._options = options
        self._salience: Salience | None = None
        if options.residual:
            self._salience = Salient(weights.find(NETWORK), threads=1)

    def work(self, item: Item) -> Record:
        """Measure a shot."""
        began = time.perf_counter()
        found = check(FinishedFiles(item, self._options.grow_px), self._options, self._salience)
        rows: list[dict[str, Json]] = []
        names = zip(item.paths("frames"), item.paths("backgrounds"), strict=True)
        for (frame, background), figures in zip(names, found, strict=True):
            lossless = background.suffix.lower() not in LOSSY
            rows.append({"frame": frame.stem, "lossless": lossless, **figures})
        verdict = sum_up(rows, self._options)
        return Record(
            item.id,
            (),
            {**verdict, "frames": [*rows]},
            {"total_s": time.perf_counter() - began},
        )


class FinishedFiles(Sequence[Finished]):
    """The finished frames of an item, read each time they are asked for."""

    def __init__(self, item: Item, grow_px: int) -> None:
        """Find the files.

        Args:
            item: With the planes of the stage.
            grow_px: How far masks were grown, where neither holes nor fills say it.

        Raises:
            InputError: Planes differ in length, or there is no frame.
        """
        planes = ("frames", "backgrounds", "masks", "fills", "unseen", "holes")
        self._grow_px = grow_px
        self._paths = {plane: item.paths(plane) for plane in planes}
        count = len(self._paths["frames"])
        wrong = [p for p, paths in self._paths.items() if paths and len(paths) != count]
        if wrong or not count:
            raise InputError(
                f"{count} frames, but another number of {' and '.join(wrong) or 'planes'}",
                why="they belong together frame by frame",
                fix="make the backgrounds of these very frames: multiplane restore inpaint",
            )

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self._paths["frames"])

    def __getitem__(self, index: int) -> Finished:  # type: ignore[override]
        """Read one."""
        frame = read_frame(self._paths["frames"][index])
        background = read_frame(self._paths["backgrounds"][index])
        mask = read_mask(self._paths["masks"][index])
        fills = self._read_fills(index)
        hole = self._read("holes", index)
        if fills is None:
            hole = grow(mask, self._grow_px) if hole is None else hole
            unseen = self._read("unseen", index)
            fills = hole.astype(np.uint8)
            if unseen is not None:
                check_same_size(frame, unseen, ("frame", "unseen"))
                fills[unseen & hole] = INVENTED
        elif hole is not None:
            # What was filled beyond the hole counts as touched outside, whoever says it was.
            check_same_size(frame, hole, ("frame", "hole"))
            check_same_size(frame, fills, ("frame", "fills"))
            fills = np.where(hole, np.maximum(fills, SEEN), 0).astype(np.uint8)
        return Finished(frame, background, mask, fills)

    def _read_fills(self, index: int) -> NDArray[np.uint8] | None:
        paths: list[Path] = self._paths["fills"]
        return read_map(paths[index]) if paths else None

    def _read(self, plane: str, index: int) -> Mask | None:
        paths = self._paths[plane]
        return read_mask(paths[index]) if paths else None
