"""Answers of a network that are drawn: smooth blobs, some of them nested, cut or speckled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from multiplane.networks.sam.image import Decoded, Embedding
from multiplane.tensors.memory import Memory


def blobs(random: np.random.Generator, count: int, side: int, noise: float = 0.3) -> np.ndarray:
    """(count, side, side) float32: signed distances to ellipses, with a little noise.

    Sixteenths, so that enlarging to a multiple by a power of two is exact whatever the order of
    its sums, and values lie on thresholds too.
    """
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    drawn = []
    for _ in range(count):
        cx, cy = random.uniform(0, 1, 2)
        rx, ry = random.uniform(0.05, 0.7, 2) ** random.integers(1, 3)
        reach = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
        steep = random.uniform(2, 20)
        drawn.append(np.clip((1 - reach) * steep, -20, 20) + random.normal(0, noise, (side, side)))
    return (np.round(np.array(drawn) * 16) / 16).astype(np.float32).reshape(count, side, side)


@dataclass
class DrawnSam:
    """Looks like an ImageSam and answers blobs: the same for the same crop and point.

    Attributes:
        low_px: Side of the logits.
        seed: Of what is drawn.
        noise: On the logits.
        asked: How many points each call had.
    """

    low_px: int = 16
    seed: int = 0
    noise: float = 0.3
    family: str = "sam2"

    def __post_init__(self) -> None:
        self.device = torch.device("cpu")
        self.memory = Memory(self.device)
        self.asked: list[int] = []
        self.encoded: list[int] = []

    def encode(self, frames: Any) -> list[Embedding]:
        """What is in a frame stands for where it was cut out."""
        self.encoded.append(len(frames))
        keys = (hashlib.sha256(np.ascontiguousarray(frame)).digest()[:8] for frame in frames)
        sizes = ((frame.shape[1], frame.shape[0]) for frame in frames)
        return [
            Embedding((torch.frombuffer(bytearray(key), dtype=torch.int64),), size)
            for key, size in zip(keys, sizes, strict=True)
        ]

    def decode(self, embedding: Embedding, *, points: Any, **_: Any) -> Decoded:
        """Three answers a point."""
        self.asked.append(len(points))
        answers = [self._one(int(embedding.levels[0][0]), point[0]) for point in points]
        logits = torch.from_numpy(np.stack([logits for logits, _ in answers]))
        iou = torch.from_numpy(np.stack([iou for _, iou in answers]))
        return Decoded(logits, iou, torch.ones(len(points)))

    def _one(self, picture: int, point: Any) -> tuple[np.ndarray, np.ndarray]:
        place = int(np.float32(point[0]).view(np.uint32)), int(np.float32(point[1]).view(np.uint32))
        random = np.random.default_rng((self.seed, picture & (2**32 - 1), *place))
        iou = random.choice(np.linspace(0.5, 1, 17), 3).astype(np.float32)  # ties too
        return blobs(random, 3, self.low_px, self.noise), iou
