"""Packed alpha, as DeoVR and HereSphere play it: people in the room, in one plain video.

Each eye is an equidistant fisheye circle that fills its half of a frame of W = 2H. The alphas, at
40 % of the size, go into the red channel of the black corners between the circles: that of the
left eye is a disk round the middle of the upper edge, that of the right one round the upper corner,
both cut by the edges and continued at the opposite ones, as if the frame were wrapped round. A
player finds the alpha of the left eye's texture coordinate (u, v) at (0.4 + 0.2u, 0.8 + 0.4v) in
its upper half and at (0.4 + 0.2u, 0.4v - 0.2) in its lower, that of the right eye a half-width
aside; all of it modulo 1. Disks and circles miss each other by 0.0071 H.

A half-equirectangular source is re-projected. It has nothing more than 90 degrees off the axis, so
a circle of 190 degrees keeps a black ring. A fisheye source goes in as it is.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, NoReturn

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.core.errors import InputError
from multiplane.media.vr180.fisheye import Circle, from_circle, rescaled, to_circle

SHARE = 0.4
"""The alphas' size, in that of the eyes."""
_CIRCLE_PX = (10, 16_384)
_FOV_DEG = (90.0, 270.0)


class Unpacked(NamedTuple):
    """What a packed frame holds.

    Attributes:
        left: uint8 (H, H, 3), the left eye's circle; black around it.
        right: The right one's.
        alpha_left: uint8 (S, S), the left eye's alpha at 40 %, as it stands in the frame: a disk
            of radius 0.2 H round the middle, 0 around it.
        alpha_right: The right one's.
    """

    left: Frame
    right: Frame
    alpha_left: NDArray[np.uint8]
    alpha_right: NDArray[np.uint8]


class Packer:
    """Packs eyes and their alphas into frames of one size, and takes them out again.

    Maps and masks are worked out once, in about a second at 3072 px; eyes of one size share them.

    Attributes:
        size: (W, H) of packed frames, W = 2H.
        disk_px: Side of the square that holds an alpha at 40 %.
    """

    def __init__(
        self, eye_size: tuple[int, int], fov_deg: float = 190.0, circle_px: int | None = None
    ) -> None:
        """Prepare for eyes of a size.

        Args:
            eye_size: (W, H) of a source eye.
            fov_deg: What the circles show from rim to rim; the name tag of the file must say so.
            circle_px: Diameter of the circles, H; None for the height of the eyes.

        Raises:
            InputError: A size or an angle that cannot be.
        """
        height = circle_px or eye_size[1]
        if not _CIRCLE_PX[0] <= height <= _CIRCLE_PX[1] or min(eye_size) < 1:
            raise InputError(
                f"circles of {height} px of eyes of {eye_size[0]}x{eye_size[1]}, wanted circles "
                f"of {_CIRCLE_PX[0]} to {_CIRCLE_PX[1]} px",
                why="packed alpha is two fisheye circles side by side",
                fix="leave circle_px out: the height of the eyes is taken",
            )
        if not _FOV_DEG[0] <= fov_deg <= _FOV_DEG[1]:
            raise InputError(
                f"fov_deg is {fov_deg:g}, wanted {_FOV_DEG[0]:g} to {_FOV_DEG[1]:g}",
                why="players know lenses of 180 to 220 degrees",
                fix="use fov_deg=190 and the name tag _fisheye190",
            )
        self.size = (2 * height, height)
        self.disk_px = 2 * int(np.ceil(SHARE * height / 2))
        self._eye_size = eye_size
        self._circle = Circle(height, height / 2, fov_deg)
        self._disk = Circle(self.disk_px, SHARE * height / 2, fov_deg)
        self._in_circle, self._in_disk = self._circle.inside(), self._disk.inside()

    def pack(
        self,
        left: Frame,
        right: Frame,
        alpha_left: NDArray[Any],
        alpha_right: NDArray[Any],
        out: Frame | None = None,
    ) -> Frame:
        """Pack half-equirectangular eyes.

        Args:
            left: (H, W, 3) of the announced eye size; may be a part of a frame.
            right: The same of the right eye.
            alpha_left: (H, W), float32 in [0, 1] or uint8; of that size, too.
            alpha_right: The same of the right eye.
            out: (H, 2H, 3) to write into, e.g. the frame before; None for a new one.

        Returns:
            (H, 2H, 3); ``out`` when that was given.

        Raises:
            InputError: Something is of another size or kind.
        """
        frame = self._frame(out)
        height = self.size[1]
        for at, eye in enumerate((left, right)):
            _check(eye, self._eye_size, ("left", "right")[at], "eye")
            half = frame[:, at * height : (at + 1) * height]
            self._reproject(eye, self._circle, half)
        for at, alpha in enumerate((alpha_left, alpha_right)):
            _check(alpha, self._eye_size, ("alpha_left", "alpha_right")[at], "alpha")
            disk = self._reproject(alpha, self._disk)
            self._put(frame, disk, right=at == 1)
        return frame

    def pack_fisheye(
        self,
        left: Frame,
        right: Frame,
        alpha_left: NDArray[Any],
        alpha_right: NDArray[Any],
    ) -> Frame:
        """Pack eyes that are fisheye circles already.

        Args:
            left: (H, H, 3), its circle filling it.
            right: The same of the right eye.
            alpha_left: (H, H), float32 in [0, 1] or uint8; or as :meth:`unpack` gives it, at 40 %,
                which goes in as it is.
            alpha_right: The same of the right eye.

        Returns:
            A new (H, 2H, 3).

        Raises:
            InputError: Something is of another size or kind.
        """
        height = self.size[1]
        frame = np.zeros((height, 2 * height, 3), np.uint8)
        for at, eye in enumerate((left, right)):
            _check(eye, height, ("left", "right")[at], "eye")
            cv2.copyTo(eye, self._in_circle, frame[:, at * height : (at + 1) * height])
        for at, alpha in enumerate((alpha_left, alpha_right)):
            side = self.disk_px if alpha.shape[:2] == (self.disk_px,) * 2 else height
            _check(alpha, side, ("alpha_left", "alpha_right")[at], "alpha")
            disk = _in_bytes(alpha) if side == self.disk_px else self._shrunk(alpha)
            self._put(frame, disk, right=at == 1)
        return frame

    def unpack(self, frame: Frame) -> Unpacked:
        """Take a packed frame apart.

        Args:
            frame: (H, 2H, 3).

        Returns:
            What :meth:`pack_fisheye` makes the same frame of again.

        Raises:
            InputError: The frame is of another size or kind.
        """
        _check(frame, self.size, "frame", "eye")
        height = self.size[1]
        eyes = [_masked(frame[:, at : at + height], self._in_circle) for at in (0, height)]
        disks = []
        for right in (False, True):
            disk = np.empty((self.disk_px, self.disk_px), np.uint8)
            for there, here in self._places(right):
                disk[here] = frame[there][..., 0]
            disks.append(_masked(disk, self._in_disk))
        return Unpacked(eyes[0], eyes[1], disks[0], disks[1])

    def full_alpha(self, disk: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Bring an alpha from 40 % to the size of its circle, as the players' shader does.

        Args:
            disk: uint8 (S, S), from :meth:`unpack`.

        Returns:
            uint8 (H, H), bilinear.
        """
        return rescaled(self._circle, self._disk).apply(disk)

    def to_half_equirect(self, eye: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Bring a circle, or an alpha at 40 %, back to half-equirectangular.

        Args:
            eye: uint8 (H, H, 3), (H, H) or (S, S), from :meth:`unpack`.

        Returns:
            uint8 of the announced eye size.

        Raises:
            InputError: It is of another size.
        """
        circle = self._disk if eye.shape[:2] == (self.disk_px,) * 2 else self._circle
        _check(eye, circle.side, "eye", "eye" if eye.ndim == 3 else "alpha")
        return from_circle(circle, self._eye_size).apply(eye)

    def _frame(self, out: Frame | None) -> Frame:
        if out is None:
            return np.empty((self.size[1], self.size[0], 3), np.uint8)
        _check(out, self.size, "out", "eye")
        return out if out.flags.c_contiguous else _refuse_part()

    def _reproject(
        self, picture: NDArray[Any], circle: Circle, out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Half-equirectangular to fisheye; averaged before it is sampled where it gets smaller."""
        step = self._eye_size[1] / np.pi * np.radians(circle.fov_deg / 2) / circle.radius
        smaller = _in_bytes(_averaged(picture, int(step + 0.05)))
        size = (smaller.shape[1], smaller.shape[0])
        return to_circle(circle, size).apply(smaller, out)

    def _shrunk(self, alpha: NDArray[Any]) -> NDArray[np.uint8]:
        """A fisheye alpha at 40 %."""
        smaller = _in_bytes(_averaged(alpha, 2))
        source = Circle(smaller.shape[0], smaller.shape[0] / 2, self._circle.fov_deg)
        return rescaled(self._disk, source).apply(smaller)

    def _put(self, frame: Frame, disk: NDArray[np.uint8], right: bool) -> None:
        """Write an alpha into its four or two corners, and nothing beside its disk."""
        dark = np.zeros_like(disk)
        red = cv2.merge([disk, dark, dark])
        for there, here in self._places(right):
            cv2.copyTo(red[here], self._in_disk[here], frame[there])

    def _places(self, right: bool) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
        """Which part of a frame holds which part of a disk."""
        half, (width, height) = self.disk_px // 2, self.size
        first, last = slice(0, half), slice(half, 2 * half)
        top, bottom = slice(0, half), slice(height - half, height)
        if not right:
            across, whole = slice(width // 2 - half, width // 2 + half), slice(0, 2 * half)
            return [((bottom, across), (first, whole)), ((top, across), (last, whole))]
        begin, end = slice(0, half), slice(width - half, width)
        return [
            ((bottom, end), (first, first)),
            ((bottom, begin), (first, last)),
            ((top, end), (last, first)),
            ((top, begin), (last, last)),
        ]


def _check(
    picture: NDArray[Any], side: int | tuple[int, int], name: str, kind: Literal["eye", "alpha"]
) -> None:
    """Hold a picture to its size and kind.

    Raises:
        InputError: It has another.
    """
    width, height = (side, side) if isinstance(side, int) else side
    colour = kind == "eye"
    kinds = (np.uint8,) if colour else (np.uint8, np.float32)
    shape = (height, width, 3) if colour else (height, width)
    if picture.shape != shape or picture.dtype not in kinds:
        raise InputError(
            f"{name} is {picture.dtype} {picture.shape}, wanted {shape}, "
            + ("uint8" if colour else "uint8 or float32 in [0, 1]"),
            why="maps are worked out once for eyes of one size",
            fix="make a Packer for this size, or resize the picture first",
        )


def _refuse_part() -> NoReturn:
    """Refuse a part of an array to write into.

    Raises:
        InputError: Always.
    """
    raise InputError(
        "out is a part of another array, wanted one of its own",
        why="what is written into it might not arrive",
        fix="leave out away, or hand over what pack gave before",
    )


def _averaged(picture: NDArray[Any], step: int) -> NDArray[Any]:
    """A picture in a whole fraction of its size, each pixel the mean of its part."""
    height, width = picture.shape[:2]
    size = (max(width // max(step, 1), 1), max(height // max(step, 1), 1))
    if size == (width, height):
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _in_bytes(picture: NDArray[Any]) -> NDArray[np.uint8]:
    if picture.dtype == np.uint8:
        return picture
    return np.asarray(cv2.convertScaleAbs(picture, alpha=255), np.uint8)


def _masked(picture: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.copyTo(picture, mask), np.uint8)
