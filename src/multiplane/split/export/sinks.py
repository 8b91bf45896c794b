"""Where the frames of a target go: a video file, or a folder of PNG."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

import numpy as np

from multiplane.core.atomic import write_beside
from multiplane.core.threads import cpu_count
from multiplane.media.clip import Clip, VideoFrame
from multiplane.media.encode import encode
from multiplane.media.writer import VideoWriter
from multiplane.split.export.composite import Composed, Picture
from multiplane.split.export.config import ExportOptions
from multiplane.split.export.formats import Target


class Sink(Protocol):
    """Takes the frames of one target; a context manager."""

    target: Target

    @property
    def notes(self) -> list[str]:
        """What a user should hear of."""

    def __enter__(self) -> Self:
        """Open files."""

    def write(self, frame: VideoFrame, composed: Composed) -> None:
        """Take the next frame."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the files, or let go of them after an error."""


def open_sink(
    target: Target,
    path: Path,
    like: Clip,
    options: ExportOptions,
    sound: Literal["keep", "drop"],
) -> Sink:
    """Be ready to write a target; files are opened on entering.

    Args:
        target: What to write.
        path: Where to.
        like: The source, whose clock, colour and sound are taken over.
        options: How.
        sound: Whether its sound is.
    """
    if target.kind.codec == "png":
        return PictureSink(target, path)
    video = VideoWriter(path, target.size, like, target.video_options(options, sound))
    return VideoSink(target, video)


def picture_of(target: Target, composed: Composed) -> Picture:
    """What a target shows of a frame."""
    shows = target.kind.shows
    if shows == "packed":
        return composed.packed
    if shows == "matte":
        picture = composed.alpha
    else:
        picture = composed.cutout if shows == "cutout" else composed.screen
    if target.eye:
        eyes = composed.how.layout.split(picture)
        picture = eyes[0 if target.eye == "left" else 1]
    return np.ascontiguousarray(picture)


class VideoSink:
    """A video file; encoded on a thread of its own."""

    def __init__(self, target: Target, writer: VideoWriter) -> None:
        self.target = target
        self._writer = writer

    @property
    def notes(self) -> list[str]:
        """What a user should hear of."""
        return self._writer.notes

    def __enter__(self) -> Self:
        """Open the file."""
        self._writer.__enter__()
        return self

    def write(self, frame: VideoFrame, composed: Composed) -> None:
        """Hand over the next frame at its own time."""
        self._writer.write(picture_of(self.target, composed), frame.pts)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file, or remove it after an error."""
        self._writer.__exit__(kind, error, trace)


class PictureSink:
    """A folder of RGBA PNG named by the number of the frame; encoded on threads."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target = target
        self.notes: list[str] = []
        self._folder = folder
        self._workers = min(4, cpu_count())
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="png")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        """Nothing to open."""
        return self

    def write(self, frame: VideoFrame, composed: Composed) -> None:
        """Write the next frame, at most a few later."""
        while len(self._waiting) >= self._workers:
            self._waiting.popleft().result()
        place = self._folder / f"{frame.index:06d}.png"
        picture = picture_of(self.target, composed)
        self._waiting.append(self._pool.submit(_write_png, place, picture))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what is being written."""
        try:
            while self._waiting and error is None:
                self._waiting.popleft().result()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _write_png(path: Path, picture: Picture) -> None:
    with write_beside(path) as part:
        part.write_bytes(encode(picture, "png"))
