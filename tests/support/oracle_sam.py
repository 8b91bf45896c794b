"""A stand-in for a SAM that knows the regions of a drawn picture by their colour.

torch is imported in the methods: tests skip before they call one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np


@dataclass(frozen=True)
class Looked:
    """What is kept of a picture: the number of each pixel's region."""

    regions: np.ndarray
    size: tuple[int, int]


class OracleSam:
    """Answers a point with the region of its colour, and a box with all regions in it.

    Args of its maker: how many answers a point has, and colours that it does not know.
    """

    family = "sam2"
    low_px = 128

    def __init__(self, blind: Sequence[tuple[int, int, int]] = ()) -> None:
        import torch  # noqa: PLC0415 - not installed where these tests are skipped

        from multiplane.tensors.memory import Memory  # noqa: PLC0415 - needs torch

        self.device, self.dtype = torch.device("cpu"), torch.float32
        self.memory = Memory(self.device)
        self.blind = blind
        self.encoded = 0
        self.boxes: list[np.ndarray] = []

    def encode(self, frames: Sequence[np.ndarray]) -> list[Any]:
        found = []
        for frame in frames:
            self.encoded += 1
            codes = frame.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
            found.append(Looked(codes, (frame.shape[1], frame.shape[0])))
        return found

    def decode(
        self, embedding: Looked, *, points: Any = None, labels: Any = None, boxes: Any = None,
        masks: Any = None, multimask: bool = True,
    ) -> Any:  # fmt: skip
        import torch  # noqa: PLC0415

        from multiplane.networks.sam.image import Decoded  # noqa: PLC0415

        if boxes is not None:
            self.boxes.append(boxes)
            found = [self._in_box(embedding, box) for box in boxes]
        else:
            found = [self._under(embedding, points[n], n, labels) for n in range(len(points))]
        per = 3 if multimask else 1
        small = [self._small(mask) for mask in found]
        logits = torch.from_numpy(np.stack(small))[:, None].repeat(1, per, 1, 1)
        iou = torch.tensor([[0.95, 0.1, 0.1][:per] for _ in found])
        return Decoded(logits, iou, torch.ones(len(found)))

    def _under(self, seen: Looked, points: Any, number: int, labels: Any) -> np.ndarray:
        mask = np.zeros(seen.regions.shape, bool)
        for place, (x, y) in enumerate(points):
            label = 1 if labels is None else labels[number][place]
            code = seen.regions[min(int(y), mask.shape[0] - 1), min(int(x), mask.shape[1] - 1)]
            if label == 1 and code not in self._unknown():
                mask |= seen.regions == code
        return mask

    def _in_box(self, seen: Looked, box: Any) -> np.ndarray:
        x0, y0, x1, y1 = (round(float(v)) for v in box)
        mask = np.zeros(seen.regions.shape, bool)
        for code in np.unique(seen.regions[y0:y1, x0:x1]):
            region = seen.regions == code
            if np.count_nonzero(region[y0:y1, x0:x1]) > 0.8 * np.count_nonzero(region):
                mask |= region
        return mask

    def _unknown(self) -> set[int]:
        return {(r << 16) + (g << 8) + b for r, g, b in self.blind}

    def _small(self, mask: np.ndarray) -> np.ndarray:
        size = (self.low_px, self.low_px)
        soft = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        return (20 * soft - 10).astype(np.float32)
