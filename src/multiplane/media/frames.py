"""Frames on their way out of a clip: made ahead on a thread, ending where the file is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Literal, Self, TypeVar

from multiplane.core.arrays import Frame
from multiplane.core.errors import DamagedFileError
from multiplane.media.background import Background
from multiplane.media.coded import CodedFrame

Unit = TypeVar("Unit")


@dataclass(frozen=True)
class VideoFrame:
    """One frame of a clip.

    Attributes:
        index: Its number in the clip, from 0.
        time_s: ``pts`` in seconds, on the clip's own clock.
        pts: Its own timestamp in units of the clip's ``time_base``.
        frame: uint8 (H, W, 3), upright.
    """

    index: int
    time_s: float
    pts: int
    frame: Frame


class _Ahead(Generic[Unit]):
    """Frames of a clip, decoded ahead on a thread.

    Attributes:
        damage: What was found wrong with the file so far; None while nothing was.
        read: How many frames were handed out.
    """

    def __init__(
        self,
        name: str,
        units: Iterator[Unit | DamagedFileError],
        ahead: int,
        on_damage: Literal["raise", "stop"],
    ) -> None:
        self.damage: DamagedFileError | None = None
        self.read = 0
        self._on_damage = on_damage
        self._source = Background(units, ahead, f"frames of {name}")

    def __iter__(self) -> Iterator[Unit]:
        """Itself."""
        return self

    def __next__(self) -> Unit:
        """The next frame.

        Raises:
            DamagedFileError: The file is damaged from here on, and that was to be raised.
            StopIteration: There is none.
        """
        unit = next(self._source)
        if not isinstance(unit, DamagedFileError):
            self.read += 1
            return unit
        self.damage = damage = unit
        if self._on_damage == "raise":
            raise damage
        raise StopIteration

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop decoding."""
        self.close()

    def close(self) -> None:
        """Stop decoding and wait for the thread."""
        self._source.close()


class Frames(_Ahead[VideoFrame]):
    """Frames of a clip as RGB arrays, decoded and converted ahead on a thread.

    Attributes:
        damage: What was found wrong with the file so far; None while nothing was.
        read: How many frames were handed out.
    """


class CodedFrames(_Ahead[CodedFrame]):
    """Frames of a clip as they are coded, decoded ahead on a thread.

    Attributes:
        damage: What was found wrong with the file so far; None while nothing was.
        read: How many frames were handed out.
    """
