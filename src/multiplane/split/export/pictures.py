"""Small pictures of a clip to look at: people over a checkerboard, who was found, how surely."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.split.export.composite import Composed
from multiplane.split.stereo.masks import Person, scaled_box
from multiplane.split.stereo.people_file import FramePeople, Pair

Grey = NDArray[np.uint8]

_CHECKS = (96, 160)
_CHECK_PX = 16
_COLOURS = ((255, 96, 64), (64, 160, 255), (96, 224, 96), (255, 208, 64), (208, 112, 255),
            (64, 224, 224), (255, 128, 192), (176, 176, 176))  # fmt: skip
_SURE = np.array([abs(2 * value - 255) for value in range(256)], np.uint8)
_TINT = 0.4


def reduced_size(size: tuple[int, int], longer_px: int) -> tuple[int, int]:
    """What a size becomes when its longer side is to be so many px at most; even sides.

    Args:
        size: (W, H).
        longer_px: Of the longer side.
    """
    shrink = max(1.0, max(size) / longer_px)
    return max(2, round(size[0] / shrink / 2) * 2), max(2, round(size[1] / shrink / 2) * 2)


def preview(composed: Composed, size: tuple[int, int]) -> Frame:
    """People over a checkerboard.

    Args:
        composed: The frame.
        size: (W, H) of the picture.
    """
    share = _reduced(composed.alpha, size).astype(np.float32)[..., None] / np.float32(255)
    alpha = composed.alpha
    seen = cv2.multiply(composed.colour, cv2.merge([alpha, alpha, alpha]), scale=1 / 255)
    rows, columns = np.indices((size[1], size[0])) // _CHECK_PX
    checks = np.where((rows + columns) % 2 == 0, *_CHECKS).astype(np.float32)[..., None]
    mixed = _reduced(np.asarray(seen, np.uint8), size) + (1 - share) * checks
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def overlay(composed: Composed, people: FramePeople, size: tuple[int, int]) -> Frame:
    """The frame with what was found in it: alpha as a tint, boxes, numbers, agreement.

    Args:
        composed: The frame.
        people: Who is in it.
        size: (W, H) of the picture.
    """
    picture = _reduced(composed.frame, size)
    share = _reduced(composed.alpha, size)
    tint = np.zeros_like(picture)
    tint[..., 1] = 255
    strength = share.astype(np.float32)[..., None] / 255 * np.float32(_TINT)
    picture = np.asarray(np.rint(picture * (1 - strength) + tint * strength), np.uint8)
    pairs = {pair.id: pair for pair in people.pairs}
    eyes = composed.how.layout.split(picture)
    for eye, seen in zip(eyes, people.eyes, strict=False):
        for person in seen:
            _draw(eye, person, pairs.get(person.id))
    return picture


def confidence(composed: Composed, people: FramePeople, size: tuple[int, int]) -> Grey:
    """How sure alpha is of each pixel: 255 is sure.

    Alpha itself is surest at 0 and 1 and knows nothing at one half. In the box of a person that
    counts as far as they were found surely and both eyes agree on them.

    Args:
        composed: The frame.
        people: Who is in it.
        size: (W, H) of the picture.
    """
    picture = _reduced(np.asarray(cv2.LUT(composed.alpha, _SURE), np.uint8), size)
    pairs = {pair.id: pair for pair in people.pairs}
    trust = np.ones(picture.shape, np.float32)
    for eye, seen in zip(composed.how.layout.split(trust), people.eyes, strict=False):
        for person in seen:
            pair = pairs.get(person.id)
            agreed = 1.0 if pair is None or pair.agreement is None else pair.agreement
            x0, y0, x1, y1 = _place(person, eye)
            part = eye[y0:y1, x0:x1]
            np.minimum(part, np.float32(min(person.score, agreed)), out=part)
    return np.asarray(np.rint(picture * trust), np.uint8)


def _place(person: Person, eye: NDArray[np.uint8] | NDArray[np.float32]) -> tuple[int, ...]:
    """The box of somebody in a picture of their eye, half-open px."""
    height, width = person.mask.shape
    to = (eye.shape[1], eye.shape[0])
    x0, y0, x1, y1 = scaled_box(person.mask.box, (width, height), to)
    return int(x0), int(y0), int(np.ceil(x1)), int(np.ceil(y1))


def _draw(eye: NDArray[np.uint8], person: Person, pair: Pair | None) -> None:
    x0, y0, x1, y1 = _place(person, eye)
    colour = _COLOURS[(person.id - 1) % len(_COLOURS)]
    cv2.rectangle(eye, (x0, y0), (max(x0, x1 - 1), max(y0, y1 - 1)), colour, 1)
    said = f"{person.id} {person.score:.2f}"
    if pair and pair.agreement is not None:
        said += f" ={pair.agreement:.2f}"
    if pair and pair.corrected:
        said += f" {pair.corrected}"
    scale = max(0.4, eye.shape[0] / 1200)
    face = cv2.FONT_HERSHEY_SIMPLEX
    (_, high), _ = cv2.getTextSize(said, face, scale, 1)
    at = (x0 + 2, max(high + 2, y0 - 3))
    cv2.putText(eye, said, at, face, scale, (0, 0, 0), 2, cv2.LINE_AA)
    cv2.putText(eye, said, at, face, scale, colour, 1, cv2.LINE_AA)


def _reduced(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    if picture.shape[1::-1] == size:
        return picture.copy()
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
