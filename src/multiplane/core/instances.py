"""One object in one frame, and the run-length code its mask travels in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from multiplane.core.arrays import Mask
from multiplane.core.errors import InputError
from multiplane.core.items import Json

_ZERO = 48
"""The letter that stands for no bits: "0"."""


@dataclass(frozen=True)
class Instance:
    """One object in one frame.

    Attributes:
        mask: bool (H, W).
        track_id: The same number for the same object through a shot, from 1.
        score: Confidence in [0, 1].
        box: Half-open (x0, y0, x1, y1) in pixels.
    """

    mask: Mask
    track_id: int
    score: float
    box: tuple[int, int, int, int]

    @property
    def area_px(self) -> int:
        """How many pixels it covers."""
        return int(np.count_nonzero(self.mask))

    def to_json(self) -> dict[str, Json]:
        """What the metadata holds of it; the mask as COCO run lengths."""
        return {
            "track_id": self.track_id,
            "score": round(self.score, 4),
            "box_xyxy": [int(v) for v in self.box],
            "area_px": self.area_px,
            "rle": encode_rle(self.mask),
        }


def box_of(mask: Mask) -> tuple[int, int, int, int]:
    """The tightest half-open (x0, y0, x1, y1) round the selected pixels; zeros when none is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def encode_rle(mask: Mask) -> dict[str, Json]:
    """Code a mask as COCO run lengths, in the compressed form that pycocotools reads.

    Column-major, starting with the run of False: ``{"size": [H, W], "counts": "..."}``. Each run
    is held against the one before the last and written in groups of five bits
    (https://github.com/cocodataset/cocoapi, ``maskApi.h``).
    """
    flat = np.asarray(mask, dtype=np.bool_).ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate(([0], edges, [flat.size]))).tolist()
    if flat.size and flat[0]:
        runs.insert(0, 0)
    letters: list[int] = []
    for place, run in enumerate(runs):
        rest, more = run - (runs[place - 2] if place > 2 else 0), True
        while more:
            bits, rest = rest & 31, rest >> 5
            more = rest != (-1 if bits & 16 else 0)
            letters.append(_ZERO + (bits | 32 * more))
    return {"size": [int(mask.shape[0]), int(mask.shape[1])], "counts": bytes(letters).decode()}


def decode_rle(code: dict[str, Any]) -> Mask:
    """Turn COCO run lengths back into a mask.

    Args:
        code: ``{"size": [H, W], "counts": ...}``, compressed as text or a list of runs.

    Returns:
        bool (H, W).

    Raises:
        InputError: The runs do not add up to the size.
    """
    height, width = (int(v) for v in code["size"])
    told = code["counts"]
    runs = np.asarray(_unpack(told) if isinstance(told, str) else told, dtype=np.int64)
    if (runs < 0).any() or int(runs.sum()) != height * width:
        raise InputError(
            f"run lengths add up to {int(runs.sum())}, wanted {height} x {width}",
            why="a mask's runs cover each of its pixels once",
            fix="write the metadata again: multiplane run --retry-failed",
        )
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape((height, width), order="F")


def _unpack(letters: str) -> list[int]:
    runs: list[int] = []
    value = shift = 0
    for letter in letters.encode():
        bits = letter - _ZERO
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            value -= (bits & 16) << (shift - 4)
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs
