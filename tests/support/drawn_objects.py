"""Objects drawn on a textured ground, of which everything is known, and who never errs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of
from multiplane.split.track.backend import Look, Sighting
from multiplane.split.track.overlap import box_iou, iou

WIDTH, HEIGHT = 160, 100
RED, BLUE, GREEN = (210, 40, 50), (40, 70, 220), (50, 190, 70)
Way = Callable[[int], tuple[float, float] | None]


@dataclass(frozen=True)
class Thing:
    """A disc with a stripe.

    Attributes:
        colour: Of the disc.
        way: Frame → (x, y) of its middle; None while it is not there.
        radius: Of the disc, pixels.
    """

    colour: tuple[int, int, int]
    way: Way
    radius: int = 14


@dataclass
class Scene:
    """Things from the farthest to the nearest; each hides what is behind it.

    Attributes:
        frames: What a camera sees.
        truth: Of each frame and thing, what is seen of it.
    """

    frames: list[Frame] = field(default_factory=list)
    truth: list[list[Mask]] = field(default_factory=list)

    def looks(self, index: int, frame: Frame) -> list[Look]:
        """Everything in a frame, as one would find it there by itself."""
        return [Look(mask, box_of(mask)) for mask in self.truth[index] if mask.sum() > 20]


def draw(things: Sequence[Thing], frames: int, seed: int = 3) -> Scene:
    """Draw the scene."""
    rng = np.random.default_rng(seed)
    ground = cv2.GaussianBlur(rng.integers(60, 190, (HEIGHT, WIDTH, 3)).astype(np.uint8), (0, 0), 2)
    spots = [rng.integers(-40, 40, (64, 64, 1)).astype(np.float32) for _ in things]
    spots = [cv2.GaussianBlur(spot, (0, 0), 1.5)[..., None] * 2 for spot in spots]
    scene = Scene()
    for index in range(frames):
        frame, truth = ground.astype(np.float32), []
        for thing, spot in zip(things, spots, strict=True):
            mask = np.zeros((HEIGHT, WIDTH), np.bool_)
            place = thing.way(index)
            if place is not None:
                ys, xs = np.mgrid[:HEIGHT, :WIDTH]
                mask = (xs - place[0]) ** 2 + (ys - place[1]) ** 2 <= thing.radius**2
                u = np.clip(xs - round(place[0]) + 32, 0, 63)
                v = np.clip(ys - round(place[1]) + 32, 0, 63)
                frame[mask] = np.float32(thing.colour) + spot[v, u][mask]
            truth = [np.asarray(other & ~mask) for other in truth] + [mask]
        grain = rng.integers(-1, 2, frame.shape)  # no two frames are the same
        scene.frames.append(np.clip(frame + grain, 0, 255).astype(np.uint8))
        scene.truth.append(truth)
    return scene


class Oracle:
    """Carries objects without error, for as long as anything is seen of them."""

    drifts = False

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.notes: list[str] = []
        self.started = 0
        self.added: list[tuple[int, int]] = []
        self.removed: list[tuple[int, int]] = []
        self.short: set[tuple[int, int]] = set()

    def start(self) -> _Knows:
        self.started += 1
        return _Knows(self)

    def fell_short(self, error: Exception) -> bool:
        return isinstance(error, MemoryError)


class _Knows:
    def __init__(self, oracle: Oracle) -> None:
        self._oracle, self._scene = oracle, oracle.scene
        self._who: dict[int, int] = {}
        self._index = -1
        self._steps = 0

    def step(self, frame: Frame) -> Mapping[int, Sighting]:
        same = [np.array_equal(frame, other) for other in self._scene.frames]
        self._index = same.index(True)
        self._steps += 1
        if (self._oracle.started, self._steps) in self._oracle.short:
            raise MemoryError
        truth = self._scene.truth[self._index]
        return {number: Sighting(truth[who], 0.9) for number, who in self._who.items()}

    def add(self, number: int, look: Look) -> Sighting:
        truth = self._scene.truth[self._index]
        fits = [
            iou(mask, look.mask) if look.mask is not None else box_iou(box_of(mask), look.box)
            for mask in truth
        ]
        self._who[number] = int(np.argmax(fits))
        self._oracle.added.append((self._index, number))
        return Sighting(truth[self._who[number]], 0.9)

    def remove(self, number: int) -> None:
        del self._who[number]
        self._oracle.removed.append((self._index, number))
