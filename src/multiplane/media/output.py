"""Opening a container to write into, and plain words for what goes wrong there."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer

from multiplane.core.atomic import explain_write_error
from multiplane.core.errors import BackendError, InputError, MultiplaneError
from multiplane.media.clip import Clip, open_container

_SAME_BYTES = {"fflags": "+bitexact"}
"""No random numbers in Matroska files: the same frames give the same bytes."""
_FINEST = 100_000_000
"""Units a second in which a file counts at most; so many fit a clock of 64 bits for ages."""
_LEFT_BEHIND = {"encoder", "major_brand", "minor_version", "compatible_brands", "creation_time"}


def metadata_of(clip: Clip) -> dict[str, str]:
    """Title, artist and the like of a clip; what describes the old file stays behind."""
    with open_container(clip.path) as source:
        return {k: v for k, v in source.metadata.items() if k.lower() not in _LEFT_BEHIND}


@contextlib.contextmanager
def open_output(part: Path, clocks: Iterable[Fraction] = ()) -> Iterator[OutputContainer]:
    """Open a container; its trailer's errors are raised on closing, unless one is already.

    Args:
        part: Where to; its suffix chooses the container.
        clocks: Seconds a unit of the timestamps to come. MP4 and MOV say in units of the whole
            file when each track begins, a millisecond unless told otherwise: picture and sound
            would be moved against each other by up to half of one.

    Yields:
        The container.

    Raises:
        InputError: The suffix is none of a container that can be written.
    """
    options = dict(_SAME_BYTES)
    unit = math.lcm(1000, *(clock.denominator for clock in clocks))
    if part.suffix.lower() in {".mp4", ".m4v", ".mov"} and unit <= _FINEST:
        options["movie_timescale"] = str(unit)
    try:
        output = av.open(str(part), "w", options=options)
    except ValueError as error:
        raise InputError(
            f"{part.suffix or 'no suffix'!r} is not a video container we can write",
            why="the suffix of the output says which container it is",
            fix="name it .mp4, .mov, .mkv or .webm",
        ) from error
    try:
        yield output
    except BaseException:
        with contextlib.suppress(Exception):
            output.close()
        raise
    output.close()


@contextlib.contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn what FFmpeg raises into our own errors.

    Args:
        path: What is being written.

    Yields:
        Nothing.

    Raises:
        OutputError: The disk is full or the place cannot be written.
        BackendError: Anything else.
    """
    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            refusal: MultiplaneError = explain_write_error(path, error)
        else:
            refusal = BackendError(
                f"the encoder failed on {path}: {error.strerror or error}",
                why="FFmpeg refused a frame or the end of the file",
                fix="choose another codec or pixel_format",
            )
        raise refusal from error
