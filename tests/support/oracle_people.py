"""Somebody who knows who is in a stereo scene, and errs where told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.instances import Instance, box_of
from multiplane.media.vr180.layout import Layout
from multiplane.split.stereo.backend import Seeds
from multiplane.split.stereo.eyes import shrunk
from multiplane.split.track.overlap import box_iou, iou

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
Wrong = Callable[[Side, int, int, Mask], Mask | None]
"""(eye, frame, id, true mask) → the mask that is told instead; None for nobody."""


def right(side: Side, index: int, number: int, mask: Mask) -> Mask | None:
    """Errs nowhere."""
    return mask


@dataclass
class Film:
    """Some frames of a scene, with what is true of them.

    Attributes:
        frames: Side by side, full size.
        truth: Eye → frame → id → mask at working size.
        alphas: Eye → frame → alpha at full size.
        work: Eye → frame → picture at working size.
        size: (width, height) of the working size.
    """

    frames: list[Frame]
    truth: dict[Side, list[dict[int, Mask]]]
    alphas: dict[Side, list[Alpha]]
    work: dict[Side, list[Frame]]
    size: tuple[int, int]
    layout: Layout

    @property
    def numbers(self) -> set[int]:
        """Everybody who is in it."""
        return {n for eye in self.truth.values() for frame in eye for n in frame}


def film(scene: Any, times: Sequence[float], scale: float = 1.0) -> Film:
    """Film a scene of ``stereo_scene``."""
    n = round(scene.size_px * scale)
    size = (n, n)
    made = Film([], {s: [] for s in SIDES}, {s: [] for s in SIDES}, {s: [] for s in SIDES}, size,
                Layout.of("sbs", (2 * scene.size_px, scene.size_px),
                          projection="half_equirect"))  # fmt: skip
    for t in times:
        eyes = scene.pair(t)
        made.frames.append(np.hstack([eye.frame for eye in eyes]))
        for side, eye in zip(SIDES, eyes, strict=True):
            made.work[side].append(shrunk(eye.frame, size))
            made.alphas[side].append(eye.alpha)
            made.truth[side].append({k: m for k, a in eye.alphas.items()
                                     if (m := small(a, size)).sum() > 8})  # fmt: skip
    return made


def small(alpha: NDArray[np.float32], size: tuple[int, int]) -> Mask:
    if alpha.shape[::-1] != size:
        alpha = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(alpha >= 0.5)


@dataclass
class OraclePeople:
    """Tells the film's own masks, but for what it is told to get wrong.

    Attributes:
        film: What it knows.
        wrong: Where it errs when following.
        swaps: Eye → frame from which on ids 1 and 2 are mistaken for each other there.
        blind: Whether ``look`` sees nothing but its hint.
        calls: What was asked, for tests: ("follow", eye, seeded) or ("look", eye).
    """

    film: Film
    wrong: Wrong = right
    swaps: dict[Side, int] = field(default_factory=dict)
    shifts: dict[Side, int] = field(default_factory=dict)
    scores: dict[Side, float] = field(default_factory=dict)
    blind: bool = False
    kind: str = "oracle"
    why: str = "knows the scene"
    notes: list[str] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def follow(
        self, frames: Sequence[Frame], seeds: Seeds | None = None
    ) -> Iterator[list[Instance]]:  # fmt: skip
        self.calls.append(("follow", self._side(frames[0]), seeds is not None))
        known: dict[int, int] = {}  # truth → id
        for index in range(len(frames)):
            seen = self._seen(frames[index])
            if seeds is None:
                known = {n: n for n in seen}
            else:
                told = seeds(index)
                if told is not None:
                    known = {}
                    for look in told:
                        fits = {
                            n: iou(m, look.mask) if look.mask is not None
                            else box_iou(box_of(m), look.box)
                            for n, m in seen.items()
                        }  # fmt: skip
                        best = max(fits, key=lambda n: fits[n], default=None)
                        if best is not None and fits[best] > 0.1 and look.id is not None:
                            known[best] = look.id
            yield [
                Instance(mask, known[n], self._score(frames[index]), box_of(mask))
                for n, mask in sorted(seen.items())
                if n in known and mask.any()
            ]

    def look(self, frame: Frame, hint: Mask) -> tuple[Alpha, float]:
        side, index = self._where(frame)
        self.calls.append(("look", side))
        if self.blind:
            return hint.astype(np.float32), 0.5
        truth = self.film.truth[side][index]
        best = max(truth, key=lambda n: iou(truth[n], hint), default=None)
        empty = np.zeros(hint.shape, np.float32)
        return (empty, 0.0) if best is None else (truth[best].astype(np.float32), 0.9)

    def _score(self, frame: Frame) -> float:
        side = self._side(frame)
        return self.scores.get(side, 0.9) if side != "both" else 0.9

    def _side(self, frame: Frame) -> Any:
        return "both" if frame.shape[1] == 2 * self.film.size[0] else self._where(frame)[0]

    def _where(self, frame: Frame) -> tuple[Side, int]:
        for side in SIDES:
            for index, known in enumerate(self.film.work[side]):
                if known.shape == frame.shape and np.array_equal(known, frame):
                    return side, index
        raise AssertionError("a frame that is not of the film")

    def _seen(self, frame: Frame) -> dict[int, Mask]:
        """Ids as this eye knows them → masks; of both eyes where they are joined."""
        width = self.film.size[0]
        if frame.shape[1] != 2 * width:
            side, index = self._where(frame)
            return self._of(side, index)
        found: dict[int, Mask] = {}
        for at, half in enumerate((frame[:, :width], frame[:, width:])):
            side, index = self._where(half)
            for number, mask in self._of(side, index).items():
                whole = np.zeros(frame.shape[:2], np.bool_)
                whole[:, at * width : (at + 1) * width] = mask
                found[2 * number + at] = whole
        return found

    def _of(self, side: Side, index: int) -> dict[int, Mask]:
        told = {}
        for number, mask in self.film.truth[side][index].items():
            said = self.wrong(side, index, number, mask)
            if said is None:
                continue
            swapped = index >= self.swaps.get(side, 10**9)
            name = {1: 2, 2: 1}.get(number, number) if swapped else number
            told[name + self.shifts.get(side, 0)] = said
        return told
