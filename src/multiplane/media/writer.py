"""Frames into a video file: each at its own timestamp, encoded on a thread, sound beside them."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from multiplane.core.arrays import Frame, check_frame
from multiplane.core.atomic import explain_write_error, write_beside
from multiplane.core.errors import BackendError, InputError, MultiplaneError
from multiplane.media.clip import Clip, VideoFrame, open_container
from multiplane.media.colour import FromRgb, colour_for
from multiplane.media.config import VideoOptions
from multiplane.media.sound import Sound, open_sound

_log = logging.getLogger(__name__)

_QUALITY = {"libx264": 16, "libx265": 18, "libvpx-vp9": 20, "libsvtav1": 20}
_PIXELS = {"ffv1": "bgr0", "prores_ks": "yuv422p10le"}
_SVT_SPEED = {"ultrafast": 12, "veryfast": 10, "fast": 8, "medium": 6, "slow": 4, "veryslow": 2}
_VP9_SPEED = {"ultrafast": 8, "veryfast": 6, "fast": 4, "medium": 2, "slow": 1, "veryslow": 0}
_WAITING = 4
"""Frames that may wait for the encoder; each is half the size of its RGB."""
_LEFT_BEHIND = {"encoder", "major_brand", "minor_version", "compatible_brands", "creation_time"}


class VideoWriter:
    """Writes one video file; use it as a context manager.

    The file appears under its name when the block ends well; when it raises, nothing is left
    and what stood there before stays. ``write`` converts on the calling thread and hands over to
    the encoding thread, at most a few frames ahead of it.

    Attributes:
        notes: Decisions a user should hear of: sound encoded anew, timestamps moved.
    """

    def __init__(
        self,
        path: Path | str,
        size: tuple[int, int],
        like: Clip | Fraction | int,
        options: VideoOptions | None = None,
        sound_from: Path | None = None,
    ) -> None:
        """Remember what to do; files are opened on entering.

        Args:
            path: Where to; its suffix chooses the container.
            size: (W, H) of the frames to come.
            like: The clip whose clock, rate, colour and metadata are taken over, or a rate in
                frames a second.
            options: How to encode.
            sound_from: The file whose sound is carried along; None for ``like``'s own.
        """
        self.notes: list[str] = []
        self._path = Path(path)
        self._size = size
        self._options = options or VideoOptions()
        self._clip = like if isinstance(like, Clip) else None
        self._rate = Fraction(like) if not isinstance(like, Clip) else like.rate or Fraction(25)
        self._time_base = self._clip.time_base if self._clip else 1 / self._rate
        if sound_from is None and self._clip and self._clip.has_audio:
            sound_from = self._clip.path
        self._sound_from = sound_from if self._options.sound == "keep" else None
        self._queue: queue.Queue[av.VideoFrame | None] = queue.Queue(maxsize=_WAITING)
        self._error: BaseException | None = None
        self._last_pts: int | None = None
        self._delay = 0  # of picture and sound, in units of the clock
        self._stack = contextlib.ExitStack()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Open the file and start the encoding thread.

        Raises:
            InputError: The container cannot hold the codec, or the codec not this size.
            OutputError: The place cannot be written.
        """
        with self._stack:
            part = self._stack.enter_context(write_beside(self._path))
            self._stack.enter_context(_plain_errors(self._path))
            output = self._stack.enter_context(_open_output(part))
            stream = self._add_stream(output)
            sound = self._stack.enter_context(
                open_sound(self._sound_from, output, self._path.suffix.lower())
            )
            if self._clip:
                output.metadata.update(_metadata_of(self._clip))
            if sound:
                self.notes = sound.notes
            colour = self._clip.colour if self._clip else colour_for(self._size)
            self._convert = FromRgb(colour, str(stream.pix_fmt))
            self._thread = threading.Thread(
                target=self._encode, args=(output, stream, sound), name="encode", daemon=True
            )
            self._thread.start()
            self._stack.callback(self._stop)
            self._stack = self._stack.pop_all()
        return self

    def write(self, frame: Frame, pts: int | None = None) -> None:
        """Hand over one frame.

        Args:
            frame: uint8 (H, W, 3) of the announced size; may be reused at once.
            pts: Its timestamp in units of the clock of ``like`` (of one frame when ``like`` is a
                rate); None for one frame after the last. When the first is below 0, picture and
                sound are moved so that it is 0: MP4 hides what lies before.

        Raises:
            InputError: Not a frame, or of another size.
            OutputError: The disk is full or the place cannot be written.
            BackendError: The encoder failed.
        """
        height, width = check_frame(frame).shape[:2]
        if (width, height) != self._size:
            raise InputError(
                f"frame is {width}x{height}, the video is {self._size[0]}x{self._size[1]}",
                why="all frames of a video have one size",
                fix="resize the frame first, or write a video for each size",
            )
        converted = self._convert(frame)
        converted.pts = self._next_pts(pts) + self._delay
        converted.time_base = self._time_base
        converted.duration = round(1 / self._rate / self._time_base)
        self._put(converted)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file and move it into place, or clean up after an error.

        Raises:
            OutputError: The disk is full or the place cannot be written.
            BackendError: The encoder failed.
        """
        try:
            if error is None:
                self._put(None)
                self._join()
        except BaseException as late:
            if not self._stack.__exit__(type(late), late, late.__traceback__):
                raise
        else:
            self._stack.__exit__(kind, error, trace)

    def _add_stream(self, output: OutputContainer) -> VideoStream:
        codec, (width, height) = self._options.codec, self._size
        try:
            stream = output.add_stream(codec, rate=self._rate, options=self._settings())
        except ValueError as error:
            raise InputError(
                f"a {self._path.suffix} file cannot hold {codec} video",
                why="not every container takes every codec",
                fix=f"name it {self._path.stem}.mkv, or choose another codec",
            ) from error
        assert isinstance(stream, VideoStream)
        odd = width % 2 or height % 2
        default = _PIXELS.get(codec, "yuv444p" if odd else "yuv420p")
        stream.width, stream.height = width, height
        stream.pix_fmt = self._options.pixel_format or default
        stream.time_base = stream.codec_context.time_base = self._time_base
        colour = self._clip.colour if self._clip else colour_for(self._size)
        context = stream.codec_context
        if self._clip:
            context.sample_aspect_ratio = self._clip.pixel_aspect
        if stream.pix_fmt.startswith("yuv"):
            context.colorspace, context.color_range = colour.matrix, 2 if colour.full_range else 1
            context.color_primaries, context.color_trc = colour.primaries, colour.transfer
        context.thread_type = "AUTO"  # PyAV's default cuts frames into slices: slower and larger
        try:
            context.open()
        except av.FFmpegError as error:
            raise InputError(
                f"{codec} cannot encode {width}x{height} as {stream.pix_fmt}",
                why=(error.strerror or str(error)).lower(),
                fix="choose another pixel_format or codec, or frames with even sides",
            ) from error
        return stream

    def _settings(self) -> dict[str, str]:
        codec, speed = self._options.codec, self._options.speed
        settings: dict[str, str] = {}
        if codec in _QUALITY:
            quality = self._options.quality
            settings["crf"] = str(_QUALITY[codec] if quality is None else quality)
        if codec in {"libx264", "libx265"}:
            settings["preset"] = speed
        if codec == "libx265":
            settings["x265-params"] = "log-level=error"
        if codec == "libsvtav1":
            settings["preset"] = str(_SVT_SPEED[speed])
        if codec == "libvpx-vp9":
            settings |= {"b": "0", "cpu-used": str(_VP9_SPEED[speed]), "row-mt": "1"}
        if codec == "ffv1":
            settings |= {"level": "3", "slices": "4", "slicecrc": "1"}
        return settings

    def _next_pts(self, pts: int | None) -> int:
        last = self._last_pts
        if pts is None:
            step = max(round(1 / self._rate / self._time_base), 1)
            pts = 0 if last is None else last + step
        if last is not None and pts <= last:
            note = f"timestamp {pts} came after {last} and was moved behind it"
            self.notes.append(note)
            _log.warning(note)
            pts = last + 1
        if last is None and pts < 0:
            self._delay = -pts
            seconds = float(self._delay * self._time_base)
            note = (
                f"the first timestamp is -{seconds:g} s; "
                f"picture and sound begin {seconds:g} s later"
            )
            self.notes.append(note)
            _log.warning(note)
        self._last_pts = pts
        return pts

    def _put(self, frame: av.VideoFrame | None) -> None:
        assert self._thread, "write is called inside the with block"
        while True:
            if self._error is not None:
                raise self._error
            with contextlib.suppress(queue.Full):
                self._queue.put(frame, timeout=0.1)
                return

    def _join(self) -> None:
        assert self._thread
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _stop(self) -> None:
        """End the thread without finishing the file."""
        while self._thread and self._thread.is_alive():
            with contextlib.suppress(queue.Empty):
                self._queue.get_nowait()
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(None)
            self._thread.join(timeout=0.05)

    def _encode(self, output: OutputContainer, stream: VideoStream, sound: Sound | None) -> None:
        """The encoding thread: frames until None comes, then what is left inside the encoder."""
        try:
            while True:
                frame = self._queue.get()
                if sound:
                    sound.delay_s = self._delay * self._time_base
                for packet in stream.encode(frame):
                    if sound and packet.pts is not None:
                        sound.write_until(float(packet.pts * self._time_base))
                    output.mux(packet)
                if frame is None:
                    break
            if sound:
                sound.write_until(None)
        except BaseException as error:  # noqa: BLE001 - raised on the writing thread
            self._error = error


def write_video(
    path: Path | str,
    frames: Iterable[VideoFrame | tuple[int, Frame] | Frame],
    like: Clip | Fraction | int,
    options: VideoOptions | None = None,
    sound_from: Path | None = None,
) -> list[str]:
    """Write a whole stream of frames as a video file.

    Args:
        path: Where to; its suffix chooses the container.
        frames: Frames of a clip, or (pts, array), or arrays that follow one another.
        like: The clip whose clock, rate, colour, metadata and sound are taken over, or a rate in
            frames a second.
        options: How to encode.
        sound_from: The file whose sound is carried along; None for ``like``'s own.

    Returns:
        Decisions a user should hear of; empty when all went as asked.

    Raises:
        InputError: No frames, frames of different sizes, or a container that cannot hold them.
        OutputError: The disk is full or the place cannot be written.
        BackendError: The encoder failed.
    """
    stream = (_timed(unit) for unit in frames)
    first = next(stream, None)
    if first is None:
        raise InputError(
            f"no frames to write to {path}",
            why="a video holds at least one frame",
            fix="check that the source has frames and that the selection takes some of them",
        )
    height, width = first[1].shape[:2]
    with VideoWriter(path, (width, height), like, options, sound_from) as writer:
        writer.write(first[1], first[0])
        for pts, frame in stream:
            writer.write(frame, pts)
    return writer.notes


def _timed(unit: VideoFrame | tuple[int, Frame] | Frame) -> tuple[int | None, Frame]:
    if isinstance(unit, VideoFrame):
        return unit.pts, unit.frame
    return unit if isinstance(unit, tuple) else (None, unit)


def _metadata_of(clip: Clip) -> dict[str, str]:
    with open_container(clip.path) as source:
        return {k: v for k, v in source.metadata.items() if k.lower() not in _LEFT_BEHIND}


@contextlib.contextmanager
def _open_output(part: Path) -> Iterator[OutputContainer]:
    """Open a container; its trailer's errors are raised on closing, unless one is already.

    Raises:
        InputError: The suffix is none of a container that can be written.
    """
    try:
        output = av.open(str(part), "w")
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
def _plain_errors(path: Path) -> Iterator[None]:
    """Turn what FFmpeg raises into our own errors.

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
