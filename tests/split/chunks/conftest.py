"""Clips as those of the tests of media."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    def make(
        name: str = "clip.mp4",
        times: list[int] | int = 20,
        size: tuple[int, int] = (128, 64),
        front: bool = False,
    ) -> Path:
        """``times`` in milliseconds, or how many frames at 25 a second."""
        stamps = [n * 40 for n in range(times)] if isinstance(times, int) else times
        path = tmp_path / name
        rng = np.random.default_rng(1)
        noise = rng.integers(0, 255, (size[1], size[0], 3), np.uint8)
        options = {"movflags": "faststart"} if front else {}
        with av.open(str(path), "w", options=options) as output:
            stream: Any = output.add_stream("libx264", rate=25, options={"crf": "20"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
            stream.codec_context.gop_size = 12
            for number, stamp in enumerate(stamps):
                frame = av.VideoFrame.from_ndarray(np.roll(noise, number, 1), format="rgb24")
                frame.pts, frame.time_base = stamp, Fraction(1, 1000)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path

    return make
