"""The alphas of all chunks as one stream: where two overlap, one fades into the other."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.errors import InputError
from multiplane.media.matte_video import read_mattes
from multiplane.split.export.parts import Part

Grey = NDArray[np.uint8]


def fade_alphas(parts: Sequence[Part], size: tuple[int, int]) -> Generator[Grey, None, None]:
    """Join alphas; only chunks that overlap are open at a time.

    The weight of the later chunk rises evenly over the frames it shares with the one before, so
    nothing jumps at either end of them.

    Args:
        parts: The chunks, in order.
        size: (W, H) of the alphas.

    Yields:
        uint8 (H, W), one a frame, from the first chunk's ``start`` to the last one's ``stop``.

    Raises:
        InputError: A chunk has fewer or more alphas than frames, or alphas of another size.
        DamagedFileError: A file of alphas is cut off or damaged.
    """
    with contextlib.ExitStack() as stack:
        open_parts: dict[int, Iterator[tuple[int, Grey]]] = {}
        ahead = 0
        for frame in range(parts[0].start, parts[-1].stop):
            while ahead < len(parts) and parts[ahead].first <= frame:
                mattes = read_mattes(parts[ahead].alphas)
                stack.enter_context(contextlib.closing(mattes))  # type: ignore[type-var]
                open_parts[ahead] = mattes
                ahead += 1
            alpha: Grey | None = None
            for number in sorted(open_parts):
                part = parts[number]
                found = _next(part, open_parts[number], frame, size)
                share = weight(part, frame)
                alpha = found if alpha is None or share == 1 else _mixed(alpha, found, share)
                if frame + 1 == part.stop:
                    _finish(part, open_parts.pop(number))
            assert alpha is not None, "chunks follow one another"
            yield alpha


def weight(part: Part, frame: int) -> float:
    """How much a chunk counts in a frame it shares with the one before; 1 in its own frames."""
    if frame >= part.start:
        return 1.0
    return (frame - part.first + 1) / (part.start - part.first + 1)


def _mixed(before: Grey, after: Grey, share: float) -> Grey:
    return np.asarray(cv2.addWeighted(before, 1 - share, after, share, 0), np.uint8)


def _next(
    part: Part, mattes: Iterator[tuple[int, Grey]], frame: int, size: tuple[int, int]
) -> Grey:
    unit = next(mattes, None)
    if unit is None:
        raise InputError(
            f"{part.alphas} ends after {frame - part.first} alphas, wanted "
            f"{part.stop - part.first}",
            why="each frame of a chunk has its own alpha",
            fix=f"rm {part.alphas} and run the same command again: it is made anew",
        )
    alpha = unit[1]
    if alpha.shape != (size[1], size[0]):
        raise InputError(
            f"{part.alphas} has alphas of {alpha.shape[1]}x{alpha.shape[0]}, the source frames of "
            f"{size[0]}x{size[1]}",
            why="they are matched pixel by pixel",
            fix=f"rm {part.alphas} and run the same command again: it is made anew",
        )
    return alpha


def _finish(part: Part, mattes: Iterator[tuple[int, Grey]]) -> None:
    """See that a chunk has no alphas left.

    Raises:
        InputError: It has.
    """
    if next(mattes, None) is not None:
        raise InputError(
            f"{part.alphas} has more than {part.stop - part.first} alphas",
            why="each frame of a chunk has its own alpha",
            fix=f"rm {part.alphas} and run the same command again: it is made anew",
        )
