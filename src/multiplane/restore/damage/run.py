"""The stage: pictures go in; masks of what seems damaged come out, and pictures that show it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.stage import StreamingWorker
from multiplane.media.images import write_frame, write_mask
from multiplane.media.levels import read_levels
from multiplane.restore.damage.config import DamageOptions
from multiplane.restore.damage.find import FoundDamage, find_damage
from multiplane.restore.damage.overlay import paint

__all__ = ["Damage", "DamageOptions", "find_damage"]

MOST_BOXES = 200
"""Of each kind, the largest; there are all in the mask."""


class Damage:
    """Finds cracks, losses and stains in pictures, as masks to correct by hand."""

    name: ClassVar[str] = "restore.damage"
    version: ClassVar[int] = 4
    options: ClassVar[type[DamageOptions]] = DamageOptions
    needs: ClassVar[tuple[str, ...]] = ("images",)
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ("masks", "overlays", "black_masks")
    metadata: ClassVar[str] = "damage_metadata.json"

    def fingerprint(self, options: DamageOptions) -> str:
        """It depends on nothing beyond options and input."""
        return ""

    def open(self, options: DamageOptions) -> DamageWorker:
        """Be ready for pictures."""
        return DamageWorker(options)


class DamageWorker(StreamingWorker):
    """Takes one picture after the other; of a large one a few copies are in memory at a time."""

    def __init__(self, options: DamageOptions) -> None:
        self._options = options

    def work(self, item: Item) -> Record:
        """Look for damage in the pictures, and write where it is."""
        began = time.perf_counter()
        planes: dict[str, list[str]] = {}
        rows: list[Json] = []
        for path in item.paths("images"):
            frame, known = _read(path)
            found = find_damage(frame, self._options, known)
            for plane, name in self._write(item, path, frame, found).items():
                planes.setdefault(plane, []).append(name)
            rows.append(_figures(path, found))
        files = {plane: tuple(names) for plane, names in planes.items()}
        return Record(
            item.id,
            (Planes(item.id, files),),
            {"pictures": rows},
            {"total_s": time.perf_counter() - began},
        )

    def _write(
        self, item: Item, path: Path, frame: Frame, found: FoundDamage
    ) -> dict[str, str]:  # fmt: skip
        """Write what was found; plane → name."""
        names = {}
        names["masks"], place = item.place("masks", f"{path.stem}.png")
        write_mask(place, found.mask)
        if self._options.mask_mode == "black":
            names["black_masks"], place = item.place("black_masks", f"{path.stem}.png")
            write_mask(place, ~found.mask)
        names["overlays"], place = item.place("overlays", f"{path.stem}.jpg")
        write_frame(place, paint(frame, found.mask, found.kinds))
        return names


def _read(path: Path) -> tuple[Frame, Mask | None]:
    """A picture at 8 bits, upright, and where it is not transparent.

    Raises:
        InputError: It cannot be read.
    """
    original = read_levels(path)
    levels, alpha = original.levels, original.alpha
    if levels.dtype == np.uint16:
        levels = np.rint(levels / np.float32(257)).astype(np.uint8)
    known = None if alpha is None else np.asarray(alpha >= np.iinfo(alpha.dtype).max / 2)
    return levels, None if known is None or known.all() else known


def _figures(path: Path, found: FoundDamage) -> Json:
    """What was found in a picture, in numbers."""
    height, width = found.mask.shape
    kinds: dict[str, Json] = {kind: _counted(mask) for kind, mask in found.kinds.items()}
    return {
        "picture": path.name,
        "size": [width, height],
        "share": round(float(found.mask.mean()), 6),
        "kinds": kinds,
    }


def _counted(mask: Mask) -> Json:
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    pieces = sorted(stats[1:].tolist(), key=lambda s: (-s[cv2.CC_STAT_AREA], s))[:MOST_BOXES]
    boxes: list[Json] = [[x, y, x + width, y + height] for x, y, width, height, _ in pieces]
    return {
        "count": count - 1,
        "share": round(float(mask.mean()), 6),
        "boxes_xyxy": boxes,
    }
