"""A folder of pictures, read in order on threads; a bad picture costs only itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from multiplane.core.arrays import Frame
from multiplane.core.errors import InputError
from multiplane.core.threads import map_ordered
from multiplane.media.images import list_images, read_frame
from multiplane.media.pixels import MAX_PIXELS


@dataclass(frozen=True)
class FolderFrame:
    """One picture of a folder, or why it could not be read.

    Attributes:
        index: Its place in the order, from 0; bad ones count.
        path: The file.
        frame: uint8 (H, W, 3), upright; None when it could not be read.
        error: What was wrong with it; None when nothing was.
    """

    index: int
    path: Path
    frame: Frame | None
    error: InputError | None


def read_folder(
    folder: Path | str, max_pixels: int = MAX_PIXELS, workers: int = 0
) -> Iterator[FolderFrame]:
    """Read the pictures of a folder in natural order.

    Args:
        folder: Where they are.
        max_pixels: Larger pictures are refused before they are decoded.
        workers: Threads that decode; 0 means one a processor.

    Yields:
        One unit a picture; sizes may differ.

    Raises:
        InputError: No such folder, or no picture in it.
    """
    paths = list_images(folder)
    if not paths:
        raise InputError(
            f"{folder} holds no pictures",
            why="PNG, JPEG, WebP, TIFF and BMP files are looked for, not in subfolders",
            fix="give the folder that directly holds them",
        )
    yield from read_pictures(paths, max_pixels, workers)


def read_pictures(
    paths: Iterable[Path], max_pixels: int = MAX_PIXELS, workers: int = 0
) -> Iterator[FolderFrame]:
    """Read pictures in the order given, a few ahead, and go on past bad ones.

    Args:
        paths: The files.
        max_pixels: Larger pictures are refused before they are decoded.
        workers: Threads that decode; 0 means one a processor.

    Yields:
        One unit a picture; sizes may differ.
    """

    def read(unit: tuple[int, Path]) -> FolderFrame:
        index, path = unit
        try:
            return FolderFrame(index, path, read_frame(path, max_pixels), None)
        except InputError as error:
            return FolderFrame(index, path, None, error)

    yield from map_ordered(read, enumerate(paths), workers)
