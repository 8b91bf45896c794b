"""A clip: a video file as a stream of frames with exact timestamps, and what is known of it.

Frames are decoded on one thread and converted on another, a few ahead of whoever takes them. A file
that breaks off or is damaged gives every whole frame before the damage, then says so.
"""

from __future__ import annotations

import contextlib
import logging
import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.background import Background
from multiplane.media.coded import CodedFrame, Converter
from multiplane.media.colour import Colour, colour_of
from multiplane.media.decode import Decoded, decode, picture_stream
from multiplane.media.frames import CodedFrames, Frames, VideoFrame
from multiplane.media.whole import missing_bytes

__all__ = [
    "MAX_FRAME_PIXELS", "SUFFIXES", "Clip", "CodedFrames", "Frames", "VideoFrame", "open_clip",
    "open_container",
]  # fmt: skip

_log = logging.getLogger(__name__)

MAX_FRAME_PIXELS = 140_000_000
"""The largest frame that is decoded unless the caller allows more: above 16K x 8K."""
SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts",
                      ".m2ts", ".mts", ".wmv", ".flv", ".ogv", ".mxf", ".3gp", ".gif"})  # fmt: skip
"""What a video file is usually called; small letters."""

_DECODED = 2
"""Frames that may wait to be converted, beside those that are."""
_FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,asf,flv,ogg,mxf,"
            "h264,hevc,ivf,dv,nut,yuv4mpegpipe,gif,apng,m4v,vob,av1,obu,rm,wtv")  # fmt: skip
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
"""No playlist or text format: those could make a file on disk open other files or the network."""


@dataclass(frozen=True)
class Clip:
    """A video file that could be opened and whose first frame could be decoded.

    Attributes:
        path: The file.
        container: Name of its container format, e.g. ``matroska,webm``.
        codec: Name of its video codec.
        size: (W, H) of its frames as they are handed out, upright.
        rate: Mean frames a second; None when the file does not say.
        time_base: Seconds a unit of ``pts``.
        frame_count: How many frames the container says it has, or by length and rate; None when
            neither is known. The frames themselves are the truth: see :meth:`count`.
        duration_s: Length of the picture; None when unknown.
        colour: How its colour is coded.
        pixel_format: What its frames are decoded to, e.g. ``yuv420p``.
        pixel_aspect: Width of a pixel over its height; 1 for nearly all, not for DVD and DV.
        rotation: Degrees counter-clockwise by which its frames are turned to stand upright.
        audio_codecs: Codecs of its sound tracks; empty when it is silent.
        missing_bytes: How much is cut off at its end, by its own account.
    """

    path: Path
    container: str
    codec: str
    size: tuple[int, int]
    rate: Fraction | None
    time_base: Fraction
    frame_count: int | None
    duration_s: float | None
    colour: Colour
    pixel_format: str
    pixel_aspect: Fraction
    rotation: int
    audio_codecs: tuple[str, ...]
    missing_bytes: int

    @property
    def has_audio(self) -> bool:
        """Whether sound came with it."""
        return bool(self.audio_codecs)

    @property
    def width(self) -> int:
        """Of its upright frames, in pixels."""
        return self.size[0]

    @property
    def height(self) -> int:
        """Of its upright frames, in pixels."""
        return self.size[1]

    def frames(
        self,
        start: int = 0,
        stop: int | None = None,
        step: int = 1,
        ahead: int = 4,
        on_damage: Literal["raise", "stop"] = "raise",
    ) -> Frames:
        """Decode frames on a thread.

        Args:
            start: Index of the first frame wanted; found by seeking, exact to the frame.
            stop: Index after the last one wanted; None for all.
            step: Every how many frames one is wanted, from ``start``.
            ahead: How many frames may wait decoded.
            on_damage: What to do once the file turns out to be damaged: ``raise`` a
                DamagedFileError after the last whole frame, or ``stop`` there and keep it as
                ``damage`` of the returned stream.

        Returns:
            An iterator of :class:`VideoFrame`; closing or dropping it stops the thread.

        Raises:
            InputError: ``start``, ``stop`` or ``step`` is not a range of frames.
        """
        units = _convert(self, _wanted(start, stop, step))
        return Frames(self.path.name, units, ahead, on_damage)

    def coded_frames(
        self,
        start: int = 0,
        stop: int | None = None,
        ahead: int = 4,
        on_damage: Literal["raise", "stop"] = "raise",
    ) -> CodedFrames:
        """Decode frames on a thread and leave them as they are coded.

        Their RGB is had from them, whole or in windows: for large frames of which little is
        looked at.

        Args:
            start: Index of the first frame wanted.
            stop: Index after the last one wanted; None for all.
            ahead: How many frames may wait decoded.
            on_damage: As in :meth:`frames`.

        Returns:
            An iterator of :class:`~multiplane.media.coded.CodedFrame`.

        Raises:
            InputError: ``start`` and ``stop`` are not a range of frames.
        """
        units = _decode(self, _wanted(start, stop, 1))
        return CodedFrames(self.path.name, units, ahead, on_damage)

    def count(self) -> int:
        """Count the frames by reading the file through without decoding it.

        Returns:
            How many frames its packets hold; up to the damage, when there is one.
        """
        count = 0
        with open_container(self.path) as container, contextlib.suppress(av.FFmpegError):
            for packet in container.demux(picture_stream(container)):
                count += bool(packet.size) and not packet.is_discard
        return count


def open_clip(path: Path | str, max_pixels: int = MAX_FRAME_PIXELS) -> Clip:
    """Open a video file, look at it and decode its first frame.

    Args:
        path: A video file; playlists and pictures are not videos.
        max_pixels: Larger frames are refused before they are decoded.

    Returns:
        What is known of it.

    Raises:
        InputError: No such file, not a video, no picture in it, or frames too large.
        DamagedFileError: Empty, or cut off or damaged so that not one frame can be had.
    """
    path = Path(path)
    with open_container(path) as container:
        stream = picture_stream(container)
        if stream is None:
            raise InputError(
                f"{path} has no picture, only {_kinds(container)}",
                why="planes are made of frames",
                fix="give a video file",
            )
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > max_pixels:
            raise InputError(
                f"{path} has frames of {width}x{height} = {width * height / 1e6:.0f} megapixels, "
                f"at most {max_pixels / 1e6:.0f} are read",
                why="decoding them could exhaust the memory; only the header was looked at",
                fix=f"from Python: open_clip(path, max_pixels={width * height})",
            )
        first, lost = _first_frame(container, stream), missing_bytes(path)
        if first is None:
            raise DamagedFileError(
                f"{path}: not one frame of its {stream.codec_context.name} video can be decoded",
                why="the file is cut off or damaged from its start",
                fix="copy or export it again",
            )
        colour = colour_of(first)
        if colour.hdr:
            _log.warning("%s is %s video: colours stay as coded, in 8 bits", path, colour.hdr)
        turned = first.rotation % 180 == 90
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        rate = _rate(stream)
        duration = _duration(container, stream)
        count = stream.frames or (round(duration * rate) if duration and rate else None)
        return Clip(
            path=path,
            container=container.format.name,
            codec=stream.codec_context.name,
            size=(first.height, first.width) if turned else (first.width, first.height),
            rate=Fraction(rate) if rate else None,
            time_base=Fraction(stream.time_base or Fraction(1, 90000)),
            frame_count=count,
            duration_s=duration,
            colour=colour,
            pixel_format=first.format.name,
            pixel_aspect=1 / aspect if turned else aspect,
            rotation=first.rotation if first.rotation % 90 == 0 else 0,
            audio_codecs=tuple(s.codec_context.name for s in container.streams.audio),
            missing_bytes=lost,
        )


def open_container(path: Path) -> InputContainer:
    """Open a file for demuxing, as one of the containers we trust.

    Args:
        path: A video file.

    Returns:
        The open container.

    Raises:
        InputError: No such file, not readable, or not a video.
        DamagedFileError: Empty, or without the index that makes it readable.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise InputError(
                f"{path} is a folder, wanted a video file",
                why="a clip is one file; a folder is read picture by picture",
                fix="read it with multiplane.media.folders.read_folder",
            )
        if size == 0:
            raise DamagedFileError(
                f"{path} is empty (0 bytes)",
                why="its copy or its export was cut off",
                fix=f"copy or export it again, or remove it: rm {shlex.quote(str(path))}",
            )
        return av.open(str(path), "r", container_options=_OPTIONS, metadata_errors="replace")
    except (FileNotFoundError, PermissionError) as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}",
            why="a video is read from it",
            fix=f"give the path of a video file you may read; see: ls -l '{path.parent}'",
        ) from error
    except av.FFmpegError as error:
        refusal = _refusal(path, error)
        raise refusal from error


def _refusal(path: Path, error: av.FFmpegError) -> InputError:
    lost = missing_bytes(path)
    with path.open("rb") as file:
        head = file.read(12)
    if lost or head[4:8] == b"ftyp":
        said = f" ({lost} bytes are missing at its end)" if lost else ""
        return DamagedFileError(
            f"{path} is cut off{said}: its index is not there",
            why="the index is written last, so its recording or its copy was broken off",
            fix="copy it again; when the original is like this, rebuild it with: untrunc GOOD BAD",
        )
    return InputError(
        f"{path} is not a video: {error.strerror or error}",
        why="MP4, MOV, Matroska, WebM, AVI, MPEG and a few more are read",
        fix="give a video file, or a folder of pictures",
    )


def _kinds(container: InputContainer) -> str:
    return ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"


def _first_frame(container: InputContainer, stream: VideoStream) -> av.VideoFrame | None:
    with contextlib.suppress(av.FFmpegError):
        for packet in container.demux(stream):
            with contextlib.suppress(av.FFmpegError):
                for frame in packet.decode():
                    return frame
    return None


def _rate(stream: VideoStream) -> Fraction | None:
    """Frames a second; FFmpeg's mean is a frame a tick where timestamps are broken."""
    mean, guess, tick = stream.average_rate, stream.guessed_rate, stream.time_base
    return guess if guess and (not mean or (tick and mean * tick >= 1)) else mean


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _wanted(start: int, stop: int | None, step: int) -> range:
    """Indices of frames.

    Raises:
        InputError: They are not a range of frames.
    """
    if start < 0 or step < 1 or (stop is not None and stop < start):
        raise InputError(
            f"frames {start}:{stop}:{step} wanted",
            why="frames are counted from 0 and taken forwards",
            fix="use 0 <= start <= stop and step >= 1",
        )
    return range(start, 2**62 if stop is None else stop, step)


def _decode(clip: Clip, wanted: range) -> Iterator[CodedFrame | DamagedFileError]:
    """Decode; the last unit is the damage, when there is one."""
    with open_container(clip.path) as container:
        size = (clip.height, clip.width) if clip.rotation % 180 else clip.size
        convert = Converter(clip.colour, size, clip.rotation)
        read = 0
        for unit in decode(container, clip, wanted):
            if isinstance(unit, Decoded):
                time_s = float(unit.pts * clip.time_base)
                yield CodedFrame(unit.index, time_s, unit.pts, unit.frame, convert)
                read = unit.index + 1
            else:
                yield _damage(clip, max(read, unit.index), unit.reason)


def _convert(clip: Clip, wanted: range) -> Iterator[VideoFrame | DamagedFileError]:
    """Convert and turn what another thread decodes; the last unit is the damage, if any."""
    with closing(Background(_decode(clip, wanted), _DECODED, f"decode {clip.path.name}")) as units:
        for unit in units:
            if isinstance(unit, CodedFrame):
                yield VideoFrame(unit.index, unit.time_s, unit.pts, unit.rgb())
            else:
                yield unit


def _damage(clip: Clip, whole: int, reason: str) -> DamagedFileError:
    of = f" of {clip.frame_count}" if clip.frame_count else ""
    return DamagedFileError(
        f"{clip.path} is damaged: {whole}{of} frames were read, then {reason}",
        why="what follows the damage cannot be trusted; the frames before it are whole",
        fix="copy or export it again, or go on with the frames before the damage",
    )
