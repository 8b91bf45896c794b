from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.detections import Detection
from multiplane.core.items import Item
from multiplane.media.images import write_frame, write_mask

SIZE = (90, 52)


def patches(count: int = 3, size: tuple[int, int] = SIZE, seed: int = 0) -> list[np.ndarray]:
    """Patches of colour, another picture each."""
    width, height = size
    noise = np.random.default_rng(seed).integers(0, 256, (count, 6, 8, 3), dtype=np.uint8)
    rows, columns = np.arange(height) * 6 // height, np.arange(width) * 8 // width
    return [np.ascontiguousarray(one[rows][:, columns]) for one in noise]


def two_parts(count: int = 3, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """A block that walks to the right, a smaller one that stands, and a speck."""
    masks = []
    for number in range(count):
        mask = np.zeros((size[1], size[0]), bool)
        mask[10:40, 5 + number : 25 + number] = True
        mask[20:35, 60:70] = True
        mask[2, 2] = True
        masks.append(mask)
    return masks


@pytest.fixture
def footage() -> Callable[..., list[np.ndarray]]:
    return patches


@pytest.fixture
def masks() -> Callable[..., list[np.ndarray]]:
    return two_parts


@pytest.fixture
def make_item() -> Callable[..., Item]:
    def make(root: Path, count: int = 3, with_masks: bool = True) -> Item:
        files: dict[str, list[str]] = {"frames": [], **({"masks": []} if with_masks else {})}
        for number, (frame, mask) in enumerate(zip(patches(count), two_parts(count), strict=True)):
            for plane, write, array in (
                ("frames", write_frame, frame), ("masks", write_mask, mask),
            ):  # fmt: skip
                if plane in files:
                    name = f"in/{plane}/{number + 7:06d}.png"
                    write(root / name, array)
                    files[plane].append(name)
        planes = {plane: tuple(names) for plane, names in files.items()}
        return Item("clip/0001", root, "split.detect", planes)

    return make


class Told:
    """A detector that says what it was told to say, and remembers what it was shown."""

    def __init__(self, boxes: dict[int, list[Detection]], labels: tuple[str, ...] = ("person",)):
        self.boxes = boxes
        self.labels = {label: label for label in labels}
        self.notes: list[str] = []
        self.shown: list[int] = []
        self.held = self.held_most = 0

    def detect(self, footage, threshold):
        for index in footage.looked_at:
            footage.frame(index)
            self.shown.append(index)
            yield self.boxes.get(index, [])


@pytest.fixture
def told() -> type[Told]:
    return Told
