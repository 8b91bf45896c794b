"""Perceptual hash: 64 bits that stay the same while a picture looks the same."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Frame

_SIDE = 32
_LOW = 8


def perceptual_hash(frame: Frame) -> int:
    """Hash the coarse structure of a picture.

    The signs, about their median, of the 8x8 lowest frequencies of the cosine transform of the
    picture shrunk to 32x32 grey values (pHash, Zauner 2010). The constant term takes no part in
    the median, so that brightness does not matter.

    Args:
        frame: (H, W, 3) RGB.

    Returns:
        64 bits; compare two with :func:`distance_bits`.
    """
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.round(cv2.dct(small)[:_LOW, :_LOW].ravel(), 2)
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def distance_bits(first: int, second: int) -> int:
    """How many bits differ: 0 looks the same, about 32 is unrelated."""
    return (first ^ second).bit_count()
