"""The inpaint stage: a stream of clean frames, and its work on items."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.plugins import origin_of
from multiplane.core.progress import Progress, silent, track
from multiplane.core.stage import StreamingWorker
from multiplane.core.threads import map_ordered
from multiplane.hub import weights
from multiplane.hub.table import MODELS
from multiplane.media.images import read_frame, read_mask, write_map
from multiplane.media.sequence import PictureFiles
from multiplane.motion.camera import CameraPath, camera_path, read_camera
from multiplane.restore.inpaint.backend import BatchInpainter, Inpainter, open_inpainter
from multiplane.restore.inpaint.choice import decide
from multiplane.restore.inpaint.config import GROUP, InpaintOptions, LamaOptions
from multiplane.restore.inpaint.figures import frame_figures, shot_figures
from multiplane.restore.inpaint.files import name_for, one_size, stem_for, write_background
from multiplane.restore.inpaint.fill import Inpainted, Painter
from multiplane.restore.inpaint.shot import Shot

__all__ = ["Inpaint", "InpaintOptions", "inpaint"]


def inpaint(
    frames: Sequence[Frame],
    masks: Sequence[Mask],
    options: InpaintOptions | None = None,
    camera: CameraPath | None = None,
    plates: tuple[Sequence[Frame], Sequence[Mask]] | None = None,
    holes: Sequence[Mask] | None = None,
    progress: Progress = silent,
) -> Iterator[Inpainted]:
    """Fill what nobody saw in every frame of a shot.

    Frames are asked for by number, more than once, and may be read from files each time.

    Args:
        frames: (H, W, 3) RGB each; of one size where the fill is to be carried along.
        masks: (H, W) each, True where the character is.
        options: How.
        camera: How the frames lie on each other; found when absent and there is use for it.
        plates: What other frames saw, (H, W, 3) each, and (H, W) each what they lack.
        holes: (H, W) each, what may be changed at all; the masks grown by ``grow_px`` when absent.
        progress: Told about every frame.

    Yields:
        One filled frame each, in order.

    Raises:
        InputError: Planes differ in length or size, or nothing is known to fill from.
    """
    options = options or InpaintOptions()
    seen, unseen = plates or (None, None)
    shot = Shot(frames, masks, seen, unseen, holes, camera, options.grow_px)
    painter = _painter(shot, options)
    yield from track(painter.frames(), len(frames), progress)


def _painter(shot: Shot, options: InpaintOptions, inpainter: Inpainter | None = None) -> Painter:
    if shot.camera is None and options.carry and len(shot) > 1:
        shot = replace(shot, camera=_find_camera(shot))
    return Painter(
        shot,
        inpainter or open_inpainter(options.backend, options.seed, Compute.of(options)),
        options,
    )


def _find_camera(shot: Shot) -> CameraPath:
    numbers = range(len(shot))
    return camera_path((shot.frames[n] for n in numbers), (shot.masks[n] for n in numbers))


class Inpaint:
    """Fills what nobody saw: backgrounds with nobody in them."""

    name: ClassVar[str] = "restore.inpaint"
    version: ClassVar[int] = 1
    options: ClassVar[type[InpaintOptions]] = InpaintOptions
    needs: ClassVar[tuple[str, ...]] = ("frames", "masks")
    accepts: ClassVar[tuple[str, ...]] = ("plates", "unseen", "holes", "camera")
    makes: ClassVar[tuple[str, ...]] = ("backgrounds", "fills")
    metadata: ClassVar[str] = "inpainting_metadata.json"

    def fingerprint(self, options: InpaintOptions) -> str:
        """What really invents: a network by its weights, a foreign backend by its release.

        Weights that are asked for are fetched here, before anything runs.

        Raises:
            WeightsError: They cannot be had.
        """
        chosen = decide(options.backend)
        told = [chosen.kind, origin_of(chosen.kind, GROUP)]
        if isinstance(chosen.options, LamaOptions):
            told.append(weights.ready(chosen.options.model))
        return " ".join(filter(None, told))

    def weights(self, options: InpaintOptions) -> tuple[str, ...]:
        """LaMa's, where they are asked for by name or ``auto`` found them."""
        chosen = decide(options.backend).options
        if not isinstance(chosen, LamaOptions) or chosen.model not in MODELS:
            return ()
        return (chosen.model,)

    def open(self, options: InpaintOptions) -> InpaintWorker:
        """Load the backend."""
        return InpaintWorker(options)


class InpaintWorker(StreamingWorker):
    """Fills one shot at a time."""

    def __init__(self, options: InpaintOptions) -> None:
        self._options = options
        self._choice = decide(options.backend)
        self._inpainter = open_inpainter(options.backend, options.seed, Compute.of(options))

    def work(self, item: Item) -> Record:
        """Fill and write the frames of a shot."""
        began = time.perf_counter()
        if isinstance(self._inpainter, BatchInpainter):
            self._inpainter.notes.clear()  # those of the shot before, which may have failed
        painter = self._painter(item)
        found = time.perf_counter()

        def save(one: tuple[str, str, Inpainted]) -> tuple[str, str, dict[str, Json]]:
            return self._save_frame(item, *one)

        stems = map(stem_for, item.paths("frames"), item.paths("masks"))
        pairs = zip(item.files["frames"], stems, painter.frames(), strict=True)
        backgrounds, fills, rows = zip(*map_ordered(save, pairs), strict=True)
        files = {"backgrounds": backgrounds, "fills": fills}
        timings = {"camera_s": found - began, "total_s": time.perf_counter() - began}
        figures = shot_figures([*rows], painter.sheets, self._choice)
        if isinstance(self._inpainter, BatchInpainter) and self._inpainter.notes:
            figures["memory"] = [*self._inpainter.notes]
        return Record(item.id, (Planes(item.id, files),), figures, timings)

    def _save_frame(
        self, item: Item, name: str, stem: str, done: Inpainted
    ) -> tuple[str, str, dict[str, Json]]:
        """Write what came of one frame; the names of the files and the figures."""
        path = item.root / name
        background, place = item.place("backgrounds", name_for(path, stem, self._options))
        like = path if Path(name).is_absolute() else None
        write_background(place, done.background, like, self._options)
        fills, place = item.place("fills", f"{stem}.png")
        write_map(place, done.fills)
        return background, fills, frame_figures(stem, done, self._choice.kind)

    def _painter(self, item: Item) -> Painter:
        """Read what there is of the shot.

        Raises:
            InputError: Planes differ in size or do not belong together.
        """
        options = self._options
        names = [name for name in ("masks", "plates", "unseen", "holes") if item.paths(name)]
        frames = item.paths("frames")
        handed_in = any(Path(name).is_absolute() for name in item.files["frames"])
        planes: dict[str, Sequence[Path]] = {name: item.paths(name) for name in names}
        sizes_differ = handed_in and not one_size(frames, planes)
        # Pictures that have masks named after them are no shot: what one shows is not what
        # another hides, and the same one may be there once a mask.
        if sizes_differ or any(map(_is_pair, frames, item.paths("masks"))):
            options = options.model_copy(update={"carry": False})
        camera = [read_camera(path) for path in item.paths("camera")]
        plates = PictureFiles(item.paths("plates"), read_frame) if "plates" in names else None
        unseen = PictureFiles(item.paths("unseen"), read_mask) if "unseen" in names else None
        holes = PictureFiles(item.paths("holes"), read_mask) if "holes" in names else None
        masks = PictureFiles(item.paths("masks"), read_mask)
        files = PictureFiles(frames, read_frame)
        known = camera[0] if camera else None
        shot = Shot(files, masks, plates, unseen, holes, known, options.grow_px)
        return _painter(shot, options, self._inpainter)


def _is_pair(frame: Path, mask: Path) -> bool:
    """Whether a mask is named after its frame rather than like it."""
    return stem_for(frame, mask) != frame.stem
