"""A folder of PNG pictures with their timestamps and sound: whole, or not there.

    000000.png 000001.png …    a picture a frame, of the frame's own number
    timestamps.json            when each is shown, in the source's own clock
    sound.mka                  the source's sound, copied packet by packet

The folder is filled under another name beside its place and renamed into it at the end.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from math import ceil
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from multiplane.core.atomic import PART_PREFIX, UNWRITABLE, explain_write_error, write_beside
from multiplane.core.errors import InputError
from multiplane.core.threads import cpu_count
from multiplane.media.clip import Clip, open_container
from multiplane.media.clock import Clock
from multiplane.media.encode import encode
from multiplane.media.output import open_output, plain_errors
from multiplane.media.sound import open_sound
from multiplane.media.timestamps import Timestamps, write_timestamps

SOUND = "sound.mka"
"""What the file with the sound is called; Matroska takes any."""
_LOOKED_THROUGH = 2000
"""Packets of sound that are looked at for the first of each track."""
_MOST_WORKERS = 4


class PngSequenceWriter:
    """Writes pictures into a folder; use it as a context manager.

    Pictures are encoded on threads, as many at a time as there are processors, at most four.
    """

    def __init__(
        self,
        folder: Path | str,
        size: tuple[int, int],
        like: Clip | Fraction | int,
        sound_from: Path | None = None,
        sound: Literal["keep", "drop"] = "keep",
    ) -> None:
        """Remember what to do; the folder is made on entering.

        Args:
            folder: Where to; what stands there is replaced once all is written.
            size: (W, H) of the frames to come.
            like: The clip whose clock and sound are taken over, or a rate in frames a second.
            sound_from: The file whose sound is carried along; None for ``like``'s own.
            sound: Whether it is.
        """
        self._folder = Path(folder)
        self._size = size
        clip = like if isinstance(like, Clip) else None
        rate = Fraction(like) if not isinstance(like, Clip) else like.rate or Fraction(25)
        self._time_base = clip.time_base if clip else 1 / rate
        self._clock = Clock(rate, self._time_base)
        if sound_from is None and clip and clip.has_audio:
            sound_from = clip.path
        self._sound_from = sound_from if sound == "keep" else None
        self._notes: list[str] = []
        self._names: list[str] = []
        self._stamps: list[int] = []
        self._workers = min(_MOST_WORKERS, cpu_count())
        self._waiting: deque[Future[int]] = deque()
        self._stack = contextlib.ExitStack()

    @property
    def notes(self) -> list[str]:
        """Decisions a user should hear of."""
        return [*self._notes, *self._clock.notes]

    def __enter__(self) -> Self:
        """Make the folder.

        Raises:
            OutputError: The place cannot be written.
        """
        with self._stack:
            self._part = self._stack.enter_context(_folder_beside(self._folder))
            pool = ThreadPoolExecutor(self._workers, thread_name_prefix="png")
            self._stack.callback(pool.shutdown, wait=True, cancel_futures=True)
            self._pool = pool
            self._stack = self._stack.pop_all()
        return self

    def write(
        self, frame: NDArray[np.uint8], pts: int | None = None, number: int | None = None
    ) -> None:
        """Hand over one frame.

        Args:
            frame: uint8 of the announced size: (H, W, 4) straight RGBA, (H, W, 3) or (H, W). Not
                to be changed before the block ends.
            pts: Its timestamp in units of the clock of ``like``; None for one frame after the
                last.
            number: What its file is called; None for one after the last, from 0.

        Raises:
            InputError: Not a picture, of another size, or a number that does not rise.
            OutputError: The disk is full or the place cannot be written.
        """
        shape = (*frame.shape, 1)[:3]
        if frame.dtype != np.uint8 or shape[:2] != self._size[::-1] or shape[2] not in {1, 3, 4}:
            raise InputError(
                f"frame is {frame.dtype} {frame.shape}, wanted uint8 (H, W, 4) of "
                f"{self._size[0]}x{self._size[1]}",
                why="all pictures of a sequence have one size",
                fix="resize or convert the frame first",
            )
        last = int(Path(self._names[-1]).stem) if self._names else -1
        number = last + 1 if number is None else number
        if number <= last:
            raise InputError(
                f"picture {number} came after {last}",
                why="pictures are numbered in the order they are shown",
                fix="write frames in order, each once",
            )
        self._names.append(f"{number:06d}.png")
        self._stamps.append(self._clock.next(pts))
        while len(self._waiting) >= self._workers:
            self._finish_one()
        path = self._part / self._names[-1]
        self._waiting.append(self._pool.submit(lambda: path.write_bytes(encode(frame, "png"))))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write timestamps and sound and move the folder into place, or clean up after an error.

        Raises:
            OutputError: The disk is full or the place cannot be written.
        """
        try:
            if error is None:
                while self._waiting:
                    self._finish_one()
                delay = self._copy_sound()
                sound = None if delay is None else SOUND
                names, stamps = tuple(self._names), tuple(self._stamps)
                listed = Timestamps(self._time_base, names, stamps, sound, delay or 0)
                write_timestamps(self._part, listed)
        except BaseException as late:
            if not self._stack.__exit__(type(late), late, late.__traceback__):
                raise
        else:
            self._stack.__exit__(kind, error, trace)

    def _finish_one(self) -> None:
        """Wait for the oldest picture.

        Raises:
            OutputError: The disk is full or the place cannot be written.
            OSError: Any other failure, unchanged.
        """
        try:
            self._waiting.popleft().result()
        except OSError as error:
            if error.errno in UNWRITABLE:
                refusal = explain_write_error(self._folder, error)
                raise refusal from error
            raise

    def _copy_sound(self) -> int | None:
        """Copy the sound; give how much later it lies in its file, None without any."""
        if self._sound_from is None:
            return None
        early = -min(_begin_of_sound(self._sound_from), Fraction(0))
        delay = ceil(early / self._time_base)
        with (
            write_beside(self._part / SOUND) as part,
            plain_errors(self._folder / SOUND),
            open_output(part) as output,
            open_sound(self._sound_from, output, ".mka") as sound,
        ):
            if sound is None:
                return None
            sound.delay_s = delay * self._time_base
            sound.write_until(None)
            self._notes += sound.notes
        return delay


def _begin_of_sound(path: Path) -> Fraction:
    """When the first packet of sound lies, in seconds; encoders begin before 0."""
    first: dict[int, Fraction] = {}
    with open_container(path) as container:
        tracks = container.streams.audio
        for count, packet in enumerate(container.demux(*tracks)):
            if packet.pts is not None and packet.time_base:
                first.setdefault(packet.stream.index, packet.pts * packet.time_base)
            if len(first) == len(tracks) or count > _LOOKED_THROUGH:
                break
    return min(first.values(), default=Fraction(0))


@contextlib.contextmanager
def _folder_beside(folder: Path) -> Iterator[Path]:
    """Give a folder of another name beside its place; move it there when the block ends well.

    What stands in its place goes once the new one is there, and stays when the block raises.

    Raises:
        OutputError: The place cannot be written.
        OSError: Any other failure of the block, unchanged.
    """
    name = f"{PART_PREFIX}{os.getpid()}-{threading.get_ident()}-{folder.name}"
    part, old = folder.with_name(name), folder.with_name(f"{name}-old")
    try:
        part.mkdir(parents=True)
        yield part
        if folder.exists():
            folder.replace(old)
        try:
            part.replace(folder)
        except OSError:
            if old.exists():
                old.replace(folder)
            raise
    except OSError as error:
        if error.errno in UNWRITABLE:
            refusal = explain_write_error(folder, error)
            raise refusal from error
        raise
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)
