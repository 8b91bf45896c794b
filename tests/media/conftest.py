"""Small clips drawn for the tests: a moving square, a tone, any clock."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

SIZE = (96, 64)
MakeClip = Callable[..., Path]


def draw(index: int, size: tuple[int, int] = SIZE) -> np.ndarray[Any, np.dtype[np.uint8]]:
    width, height = size
    frame = np.zeros((height, width, 3), np.uint8)
    frame[..., 0] = np.linspace(40, 200, width).astype(np.uint8)
    frame[..., 1] = (index * 3) % 200
    frame[..., 2] = np.linspace(200, 30, height).astype(np.uint8)[:, None]
    x = (index * 2) % (width - 16)
    frame[20:36, x : x + 16] = (250, 250, 20)
    return frame


def tone(output: Any, stream: Any, seconds: float) -> None:
    rate = stream.codec_context.sample_rate
    size = stream.codec_context.frame_size or 1024
    planar = stream.codec_context.format.name.endswith("p")
    for start in range(0, int(seconds * rate), size):
        wave = np.sin(np.arange(start, start + size) * 0.05) * 0.3
        both = np.stack([wave, wave])
        if stream.codec_context.format.name.startswith("flt"):
            samples = both.astype(np.float32)
        else:
            samples = (both * 30000).astype(np.int16)
        data = samples if planar else np.ascontiguousarray(samples.T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(
            data, format=stream.codec_context.format.name, layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    def make(
        name: str = "clip.mp4",
        times: list[int] | int = 40,
        audio: str | None = None,
        size: tuple[int, int] = SIZE,
        front: bool = False,
        **tags: Any,
    ) -> Path:
        """``times`` in milliseconds, or how many frames at 25 a second."""
        stamps = [i * 40 for i in range(times)] if isinstance(times, int) else times
        path = tmp_path / name
        options = {"movflags": "faststart"} if front else {}
        with av.open(str(path), "w", options=options) as output:
            output.metadata["title"] = "drawn"
            stream: Any = output.add_stream("libx264", rate=25, options={"crf": "10"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            clock = Fraction(1, 25 if path.suffix == ".avi" else 1000)  # AVI fills gaps
            stream.time_base = stream.codec_context.time_base = clock
            stream.codec_context.gop_size = 12
            for key, value in tags.items():
                setattr(stream.codec_context, key, value)
            sound: Any = output.add_stream(audio, rate=48000) if audio else None
            if sound:
                sound.codec_context.open()
            for index, stamp in enumerate(stamps):
                frame = av.VideoFrame.from_ndarray(draw(index, size), format="rgb24")
                frame.pts, frame.time_base = round(stamp / 1000 / clock), clock
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
            if sound:
                tone(output, sound, stamps[-1] / 1000 + 0.04)
        return path

    return make
