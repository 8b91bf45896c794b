from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from multiplane.core.arrays import Frame

Scene = Callable[[int, int], list[Frame]]


def texture(seed: int, height: int = 48, width: int = 64) -> Frame:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(height // 6, 0).repeat(width // 8, 1))


@pytest.fixture
def scene() -> Scene:
    """A still background with a square that moves by a pixel a frame."""

    def make(seed: int, count: int) -> list[Frame]:
        frames = []
        for number in range(count):
            frame = texture(seed)
            frame[20:28, 4 + number % 40 : 12 + number % 40] = (250, 240, 10)
            frames.append(frame)
        return frames

    return make


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Writes frames as lossless video, at given times in milliseconds or 40 ms apart."""

    def make(frames: Sequence[Frame], times_ms: Sequence[int] | None = None) -> Path:
        path = tmp_path / "film.mkv"
        height, width = frames[0].shape[:2]
        with av.open(str(path), "w") as container:
            stream = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
            stream.codec_context.time_base = Fraction(1, 1000)
            for number, frame in enumerate(frames):
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
                picture.pts = times_ms[number] if times_ms else number * 40
                picture.time_base = Fraction(1, 1000)
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        return path

    return make
