"""How good the alphas of a clip look, as far as that can be told without the truth."""

from __future__ import annotations

from typing import Literal

import numpy as np

from multiplane.core.items import Json
from multiplane.measure.edges import edge_quality
from multiplane.measure.flicker import AlphaFlicker
from multiplane.split.export.composite import Composed
from multiplane.split.export.series import Series

PLACES = 60
"""Where ``sampled`` looks, evenly over the clip: a frame and the one after it."""


class Quality:
    """Measures edges and flicker of both eyes while frames pass by."""

    def __init__(self, start: int, stop: int, how: Literal["off", "sampled", "every"]) -> None:
        """Begin a clip.

        Args:
            start: The first frame.
            stop: After the last one.
            how: In which frames to measure.
        """
        self._how = how
        self._start = start
        self._step = 1 if how == "every" else max(1, (stop - start) // PLACES)
        self._flicker: tuple[AlphaFlicker, ...] = ()
        self._series = {
            name: Series(start) for name in ("aliasing", "stair_px", "width_px", "flicker_px")
        }

    def add(self, index: int, composed: Composed) -> None:
        """Measure a frame where it is one to be measured.

        Args:
            index: Its number in the clip.
            composed: The frame and its alpha.
        """
        place = (index - self._start) % self._step
        if self._how == "off" or place > 1:
            return
        split = composed.how.layout.split
        frames, alphas = split(composed.frame), split(composed.alpha)
        if not self._flicker or (place == 0 and self._step > 1):
            self._flicker = tuple(AlphaFlicker() for _ in frames)
        found: dict[str, list[float]] = {name: [] for name in self._series}
        for frame, grey, flicker in zip(frames, alphas, self._flicker, strict=True):
            alpha = grey.astype(np.float32) / np.float32(255)
            moved = flicker.add(frame, alpha)
            if moved is not None:
                found["flicker_px"].append(moved)
            if place == 0:
                edges = edge_quality(alpha)
                for name in ("aliasing", "stair_px", "width_px"):
                    value = getattr(edges, name)
                    if value is not None:
                        found[name].append(value)
        for name, values in found.items():
            self._series[name].add(index, float(np.mean(values)) if values else None)

    def figures(self) -> dict[str, Json]:
        """What was measured; empty when nothing was to be."""
        if self._how == "off":
            return {}
        return {
            "every_frames": self._step,
            **{name: series.to_json() for name, series in self._series.items()},
        }
