"""Picture files as a sequence: frames of a shot that are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, overload

T = TypeVar("T")


class PictureFiles(Sequence[T]):
    """Pictures that are read each time they are asked for, so that a shot needs no memory."""

    def __init__(self, paths: Sequence[Path], read: Callable[[Path], T]) -> None:
        """Take the files; none is opened yet.

        Args:
            paths: The files, in order.
            read: Reads one, e.g. :func:`multiplane.media.images.read_frame`.
        """
        self._paths = paths
        self._read = read

    def __len__(self) -> int:
        """How many there are."""
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        """Read one, or narrow down which."""
        if isinstance(index, slice):
            return PictureFiles(self._paths[index], self._read)
        return self._read(self._paths[index])
