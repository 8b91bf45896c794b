"""Mattes as one video file: FFV1 in grey, exact to the bit, with the source's own timestamps.

Matroska counts in milliseconds. So that no timestamp is rounded, every block carries the frame's
own beside its picture (BlockAdditions, RFC 9559, section 5.1.3.5.2): pts, numerator and
denominator of its clock, and the CRC-32 of the coded matte, as big-endian int64 and three uint32.
Players do not look there. The CRC is needed since FFmpeg's decoder hides damage: it shows the
matte before instead.
"""

from __future__ import annotations

import struct
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import PacketSideData
from av.video.stream import VideoStream
from numpy.typing import NDArray

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.background import Background
from multiplane.media.clip import MAX_FRAME_PIXELS, Clip, open_container
from multiplane.media.config import VideoOptions
from multiplane.media.decode import picture_stream
from multiplane.media.planes import plane_of
from multiplane.media.whole import missing_bytes
from multiplane.media.writer import VideoWriter

_OPTIONS = VideoOptions(codec="ffv1", pixel_format="gray", sound="drop")
_STAMP = struct.Struct(">QqIII")
_BESIDE: Final = "matroska_block_additional"
_BESIDE_NUMBER = 15
"""The same to FFmpeg: AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL."""
_OWN = 1
"""BlockAddID of what belongs to the block itself."""
_AHEAD = 2


class MatteWriter(VideoWriter):
    """Writes mattes into one Matroska file; use it as a context manager.

    The file appears under its name when the block ends well. Encoding runs on a thread, at most
    four mattes behind.
    """

    def __init__(
        self, path: Path | str, size: tuple[int, int], like: Clip | Fraction | int
    ) -> None:
        """Remember what to do; the file is opened on entering.

        Args:
            path: Where to; ends in ``.mkv``.
            size: (W, H) of the mattes to come.
            like: The clip whose clock the timestamps are in, or a rate in frames a second.

        Raises:
            InputError: Another suffix.
        """
        if Path(path).suffix.lower() != ".mkv":
            raise InputError(
                f"mattes were to be written to {path}",
                why="they are kept in Matroska, which carries their exact timestamps",
                fix=f"name it {Path(path).stem}.mkv",
            )
        super().__init__(path, size, like, _OPTIONS)
        self._given: dict[int, int] = {}

    def write(self, frame: NDArray[np.uint8] | NDArray[np.float32], pts: int | None = None) -> None:
        """Hand over one matte.

        Args:
            frame: (H, W) of the announced size, uint8, or float32 in [0, 1], which is rounded to
                255ths. May be reused at once.
            pts: Its timestamp in units of the clock of ``like``; None for one frame after the
                last. Given back exactly, whatever it is.

        Raises:
            InputError: Not a matte, or of another size.
            OutputError: The disk is full or the place cannot be written.
            BackendError: The encoder failed.
        """
        grey = frame
        if frame.dtype == np.float32:
            grey = np.asarray(cv2.convertScaleAbs(frame, alpha=255), np.uint8)
        super().write(np.asarray(grey, grey.dtype), pts)

    def _stamp(self, pts: int | None) -> int:
        written = super()._stamp(pts)
        self._given[written] = written - self._clock.delay if pts is None else pts
        return written

    def _mux(self, output: OutputContainer, packet: av.Packet[VideoStream]) -> None:
        assert packet.pts is not None, "the encoder keeps what it is given"
        base = self._picture.time_base
        given, crc = self._given.pop(packet.pts), zlib.crc32(packet)
        stamp = _STAMP.pack(_OWN, given, base.numerator, base.denominator, crc)
        beside = PacketSideData(_BESIDE_NUMBER, len(stamp))  # type: ignore[call-arg]
        beside.update(stamp)
        packet.set_sidedata(beside)
        super()._mux(output, packet)


def write_mattes(
    path: Path | str, size: tuple[int, int], like: Clip | Fraction | int
) -> MatteWriter:
    """Open a file for mattes; the same as :class:`MatteWriter`, for use in a with statement."""
    return MatteWriter(path, size, like)


def read_mattes(path: Path | str, start: int = 0) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Read back what :class:`MatteWriter` wrote; decoded on a thread, two ahead.

    Args:
        path: The file.
        start: Number of the first matte wanted, from 0; those before it are decoded and dropped.

    Yields:
        The timestamp it was written with, and the matte, uint8 (H, W).

    Raises:
        InputError: Not a file of mattes, or larger than any frame that is read.
        DamagedFileError: It is cut off or damaged; all mattes before the damage were given.
    """
    units = Background(_decode(Path(path), start), _AHEAD, f"decode {Path(path).name}")
    with closing(units):
        yield from units


def _decode(path: Path, start: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Mattes in order.

    Raises:
        InputError: Not a file of mattes.
        DamagedFileError: It is cut off or damaged.
    """
    with open_container(path) as container:
        stream = picture_stream(container)
        context = stream.codec_context if stream else None
        if stream is None or context is None or (context.name, context.pix_fmt) != ("ffv1", "gray"):
            found = f"{context.name} in {context.pix_fmt}" if context else "no picture"
            raise InputError(
                f"{path} holds {found}, wanted ffv1 in gray",
                why="mattes are read exact to the bit",
                fix="give a file written by multiplane.media.matte_video.MatteWriter",
            )
        if context.width * context.height > MAX_FRAME_PIXELS:
            raise InputError(
                f"{path} has mattes of {context.width}x{context.height}",
                why=f"at most {MAX_FRAME_PIXELS / 1e6:.0f} megapixels are read",
                fix="write them smaller",
            )
        stream.thread_type = "AUTO"
        due: deque[int] = deque()
        faults: list[str] = []
        given = 0
        for frame in _frames(container, stream, due, faults):
            given += 1
            pts = due.popleft()
            if given > start:
                yield pts, np.array(plane_of(frame, 0))
    if lost := missing_bytes(path):
        faults.append(f"{lost} bytes are missing at its end")
    if faults:
        raise DamagedFileError(
            f"{path} is damaged after {given} mattes: {faults[0]}",
            why="what follows the damage cannot be trusted",
            fix="remove the file and run the same command again: it is made anew",
        )


def _frames(
    container: InputContainer, stream: VideoStream, due: deque[int], faults: list[str]
) -> Iterator[av.VideoFrame]:
    """Frames up to the first fault; their timestamps go into ``due``, the fault into ``faults``."""
    try:
        for packet in container.demux(stream):
            if packet.size:
                pts, whole = _stamp_of(packet)
                if not whole:
                    faults.append("the next is not what was written")
                    yield from stream.codec_context.decode(None)
                    return
                due.append(pts)
            yield from packet.decode()
    except av.FFmpegError as error:
        faults.append((error.strerror or str(error)).lower())


def _stamp_of(packet: av.Packet[VideoStream]) -> tuple[int, bool]:
    """The timestamp kept beside a block, and whether the block is whole.

    Where another program wrote it, the container's own timestamp, and nobody knows.
    """
    beside = bytes(packet.get_sidedata(_BESIDE)) if packet.has_sidedata(_BESIDE) else b""
    if len(beside) != _STAMP.size:
        return packet.pts or 0, not packet.is_corrupt
    _, pts, _, _, crc = _STAMP.unpack(beside)
    return pts, zlib.crc32(packet) == crc
