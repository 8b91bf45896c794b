"""Video in and out, through PyAV only: the names other packages use."""

from __future__ import annotations

from multiplane.media.clip import (
    MAX_FRAME_PIXELS,
    SUFFIXES,
    Clip,
    Frames,
    VideoFrame,
    open_clip,
)
from multiplane.media.config import VideoOptions
from multiplane.media.verify import Comparison, compare, verify
from multiplane.media.writer import VideoWriter, write_video

__all__ = [
    "MAX_FRAME_PIXELS",
    "SUFFIXES",
    "Clip",
    "Comparison",
    "Frames",
    "VideoFrame",
    "VideoOptions",
    "VideoWriter",
    "compare",
    "open_clip",
    "verify",
    "write_video",
]
