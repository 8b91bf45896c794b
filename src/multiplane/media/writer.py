"""Frames into a video file: each at its own timestamp, encoded on a thread, sound beside them."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from multiplane.core.atomic import write_beside
from multiplane.core.errors import InputError
from multiplane.media.canvas import Canvas, Ground, Painted
from multiplane.media.clip import Clip
from multiplane.media.clock import Clock
from multiplane.media.coded import CodedFrame
from multiplane.media.colour import FromRgb, colour_for
from multiplane.media.config import VideoOptions
from multiplane.media.encoders import Picture, add_encoder
from multiplane.media.frames import VideoFrame
from multiplane.media.output import metadata_of, open_output, plain_errors
from multiplane.media.planes import check_window
from multiplane.media.sound import Sound, clocks_of, open_sound

_WAITING_BYTES = 160_000_000
"""Of frames that may wait for the encoder, at least one and at most four."""


class VideoWriter:
    """Writes one video file; use it as a context manager.

    The file appears under its name when the block ends well; when it raises, nothing is left
    and what stood there before stays. ``write`` converts on the calling thread and hands over to
    the encoding thread, at most a few frames ahead of it.

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
        self._path = Path(path)
        self._options = options or VideoOptions()
        self._clip = like if isinstance(like, Clip) else None
        rate = Fraction(like) if not isinstance(like, Clip) else like.rate or Fraction(25)
        self._picture = Picture(
            size=size,
            rate=rate,
            time_base=self._clip.time_base if self._clip else 1 / rate,
            colour=self._clip.colour if self._clip else colour_for(size),
            pixel_aspect=self._clip.pixel_aspect if self._clip else Fraction(1),
        )
        self._clock = Clock(rate, self._picture.time_base)
        self._notes: list[str] = []
        if sound_from is None and self._clip and self._clip.has_audio:
            sound_from = self._clip.path
        self._sound_from = sound_from if self._options.sound == "keep" else None
        self._queue: queue.Queue[av.VideoFrame | None] = queue.Queue()
        self._error: BaseException | None = None
        self._stack = contextlib.ExitStack()
        self._thread: threading.Thread | None = None

    @property
    def notes(self) -> list[str]:
        """Decisions a user should hear of: sound encoded anew, timestamps moved, colours cut."""
        return [*self._notes, *self._clock.notes]

    def __enter__(self) -> Self:
        """Open the file and start the encoding thread.

        Raises:
            InputError: The container cannot hold the codec, or the codec not this size.
            OutputError: The place cannot be written.
        """
        with self._stack:
            part = self._stack.enter_context(write_beside(self._path))
            self._stack.enter_context(plain_errors(self._path))
            clocks = [self._picture.time_base, *clocks_of(self._sound_from)]
            output = self._stack.enter_context(open_output(part, clocks))
            stream, self._notes = add_encoder(output, self._path, self._picture, self._options)
            sound = self._stack.enter_context(
                open_sound(self._sound_from, output, self._path.suffix.lower())
            )
            if self._clip:
                output.metadata.update(metadata_of(self._clip))
                self._notes += _what_is_cut(self._clip)
            if sound:
                self._notes += sound.notes
                sound.notes = self._notes
            pixel_format = str(stream.pix_fmt)
            self._convert = FromRgb(self._picture.colour, pixel_format)
            waiting = _may_wait(self._picture.size, pixel_format)
            self._queue = queue.Queue(maxsize=waiting)
            size = self._picture.size
            self._canvas = Canvas(self._picture.colour, pixel_format, size, waiting + 2)
            self._thread = threading.Thread(
                target=self._encode, args=(output, stream, sound), name="encode", daemon=True
            )
            self._thread.start()
            self._stack.callback(self._stop)
            self._stack = self._stack.pop_all()
        return self

    def write(self, frame: NDArray[np.uint8], pts: int | None = None) -> None:
        """Hand over one frame.

        Args:
            frame: uint8 of the announced size: (H, W, 3) RGB, or (H, W) grey; with
                ``options.alpha`` (H, W, 4) RGBA, its colour straight. May be reused at once.
            pts: Its timestamp in units of the clock of ``like`` (of one frame when ``like`` is a
                rate); None for one frame after the last. When the first is below 0, picture and
                sound are moved so that it is 0: MP4 hides what lies before.

        Raises:
            InputError: Not such a frame, or of another size.
            OutputError: The disk is full or the place cannot be written.
            BackendError: The encoder failed.
        """
        self._check(frame)
        self._hand_over(self._convert(frame), pts)

    def write_windows(
        self, ground: Ground | CodedFrame, windows: Painted, pts: int | None = None
    ) -> None:
        """Hand over a frame that is one colour, or the source's, but in some windows.

        What lies outside of them is neither converted nor touched, which for a few people on a
        large frame costs a fraction of :meth:`write`.

        Args:
            ground: The colour: RGB, with ``options.alpha`` RGBA, with pixel format gray (grey,);
                or a frame of the source.
            windows: Rows and columns with what is in them, as ``write`` takes it: ``(window,
                frame[window])``. Sides are even or at the border; where two lie over each other
                the later is seen.
            pts: As in :meth:`write`.

        Raises:
            InputError: Something else, or a window that is not within the frame.
            OutputError: The disk is full or the place cannot be written.
            BackendError: The encoder failed.
        """
        size = self._picture.size
        for window, picture in windows:
            self._check(picture, check_window(window, size))
        if isinstance(ground, CodedFrame):
            self._check(np.broadcast_to(np.uint8(0), (*ground.convert.upright[::-1], 3)))
        else:
            self._check(np.zeros((1, 1, *[len(ground)] * (len(ground) > 1)), np.uint8), (1, 1))
        self._hand_over(self._canvas.paint(ground, windows), pts)

    def _hand_over(self, converted: av.VideoFrame, pts: int | None) -> None:
        converted.pts = self._stamp(pts)
        converted.time_base = self._picture.time_base
        converted.duration = round(1 / self._picture.rate / self._picture.time_base)
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

    def _stamp(self, pts: int | None) -> int:
        """The timestamp a frame gets in the file."""
        return self._clock.next(pts) + self._clock.delay

    def _check(self, frame: NDArray[Any], size: tuple[int, int] | None = None) -> None:
        """Refuse what is no frame of this video, or no part of one of this size.

        Raises:
            InputError: Another kind or size.
        """
        if self._options.alpha:
            wanted, kinds = "uint8 (H, W, 4), straight RGBA", {(3, 4)}
        elif self._options.pixel_format == "gray":
            wanted, kinds = "uint8 (H, W), grey", {(2, 0)}
        else:
            wanted, kinds = "uint8 (H, W, 3) or (H, W)", {(3, 3), (2, 0)}
        kind = (frame.ndim, frame.shape[2] if frame.ndim == 3 else 0)
        if frame.dtype != np.uint8 or kind not in kinds:
            raise InputError(
                f"frame is {frame.dtype} {frame.shape}, wanted {wanted}",
                why="that is what this file was opened for",
                fix="set alpha: true in VideoOptions for RGBA, pixel_format: gray for grey alone",
            )
        (height, width), size = frame.shape[:2], size or self._picture.size
        if (width, height) != size:
            raise InputError(
                f"frame is {width}x{height}, the video is {size[0]}x{size[1]}",
                why="all frames of a video have one size",
                fix="resize the frame first, or write a video for each size",
            )

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
            with plain_errors(self._path):  # here: other writers may be open round this one
                self._encode_all(output, stream, sound)
        except BaseException as error:  # noqa: BLE001 - raised on the writing thread
            self._error = error

    def _encode_all(
        self, output: OutputContainer, stream: VideoStream, sound: Sound | None
    ) -> None:
        count = 0
        while True:
            frame = self._queue.get()
            count += frame is not None
            if sound:
                sound.delay_s = self._clock.delay * self._picture.time_base
            for packet in stream.encode(frame):
                if count <= 2 and frame is None:
                    packet.dts = packet.pts  # x265 leaves it unset until it had three frames
                if sound and packet.pts is not None:
                    sound.write_until(float(packet.pts * self._picture.time_base))
                self._mux(output, packet)
            if frame is None:
                break
        if sound:
            sound.write_until(None)

    def _mux(self, output: OutputContainer, packet: av.Packet[VideoStream]) -> None:
        """Put one packet of the picture into the file; on the encoding thread."""
        output.mux(packet)


def write_video(
    path: Path | str,
    frames: Iterable[VideoFrame | tuple[int, NDArray[np.uint8]] | NDArray[np.uint8]],
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


def _timed(
    unit: VideoFrame | tuple[int, NDArray[np.uint8]] | NDArray[np.uint8],
) -> tuple[int | None, NDArray[np.uint8]]:
    if isinstance(unit, VideoFrame):
        return unit.pts, unit.frame
    return unit if isinstance(unit, tuple) else (None, unit)


def _may_wait(size: tuple[int, int], pixel_format: str) -> int:
    """How many frames may wait for the encoder: few when they are large."""
    bits = av.VideoFormat(pixel_format).padded_bits_per_pixel
    return max(1, min(4, _WAITING_BYTES * 8 // (size[0] * size[1] * bits)))


def _what_is_cut(clip: Clip) -> list[str]:
    """What 8 bits leave out of a clip's colours."""
    if clip.colour.hdr:
        return [
            f"{clip.colour.hdr} video in {clip.pixel_format}: its colours are written as coded, in "
            "8 bits, with its colour tags; gradients may show steps"
        ]
    return []
