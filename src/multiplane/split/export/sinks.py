"""Where the frames of a target go: a video file, or a folder of PNG."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from multiplane.media.clip import Clip
from multiplane.media.png_sequence import PngSequenceWriter
from multiplane.media.writer import VideoWriter
from multiplane.split.export.composite import Composed
from multiplane.split.export.config import ExportOptions
from multiplane.split.export.formats import Target
from multiplane.split.export.painting import painting_of


class Timed(Protocol):
    """A frame of a clip: which, and when."""

    @property
    def index(self) -> int:
        """Its number in the clip."""

    @property
    def pts(self) -> int:
        """Its timestamp in units of the clip's clock."""


class Sink:
    """Takes the frames of one target; a context manager."""

    def __init__(self, target: Target, writer: VideoWriter | PngSequenceWriter) -> None:
        self.target = target
        self._writer = writer

    @property
    def notes(self) -> list[str]:
        """What a user should hear of."""
        return self._writer.notes

    def __enter__(self) -> Self:
        """Open the file or folder."""
        self._writer.__enter__()
        return self

    def write(self, frame: Timed, composed: Composed) -> None:
        """Hand over the next frame, at its own time.

        Raises:
            OutputError: The disk is full or the place cannot be written.
            BackendError: The encoder failed.
        """
        painting = painting_of(self.target, composed)
        if isinstance(self._writer, PngSequenceWriter):
            self._writer.write(painting.whole(), frame.pts, frame.index)
        elif painting.all_of_it is not None:
            self._writer.write(painting.all_of_it, frame.pts)
        else:
            self._writer.write_windows(painting.ground, painting.windows, frame.pts)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish, or remove what was written after an error."""
        self._writer.__exit__(kind, error, trace)


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
        return Sink(target, PngSequenceWriter(path, target.size, like, sound=sound))
    video = VideoWriter(path, target.size, like, target.video_options(options, sound))
    return Sink(target, video)
