"""RGB profiles as functions: a picture's numbers to sRGB and back, without rounding on the way.

Networks have learned from sRGB. Numbers of a wider space look pale to them, and what they paint
would not fit. Profiles of three colorants and tone curves are read here, as those of all working
spaces are (sRGB, Adobe RGB, Display P3, ProPhoto, eciRGB); Little CMS as Pillow has it knows 8 bits
only. Those that hold tables instead, as some scanners' do, are not.

After ICC.1:2022, https://www.color.org/specification/ICC.1-2022-05.pdf, sections 7, 9.2 and 10.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.media.inks import srgb_profile

_STEPS = 65535
"""Tone curves are held at so many equal steps."""
_MOST_TAGS = 200
_TABLES = frozenset({b"A2B0", b"A2B1", b"D2B0", b"D2B1"})
_SAME = 0.5 / 255
"""Spaces no further apart than this are one."""


@dataclass(frozen=True)
class RgbSpace:
    """An RGB space given by three colorants and three tone curves.

    Attributes:
        colorants: (3, 3) float64, columns are the XYZ of red, green and blue, adapted to D50.
        curves: (3, 65536) float64, the light in [0, 1] that equal steps of a channel stand for.
    """

    colorants: NDArray[np.float64]
    curves: NDArray[np.float64]

    def light(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """XYZ of values in [0, 1], both (..., 3)."""
        at = np.clip(values, 0, 1) * _STEPS
        steps = np.arange(_STEPS + 1)
        linear = [np.interp(at[..., k], steps, self.curves[k]) for k in range(3)]
        return np.asarray(np.stack(linear, -1) @ self.colorants.T)

    def values(self, light: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values in [0, 1] of XYZ; what the space does not hold is cut off."""
        linear = light @ np.linalg.inv(self.colorants).T
        steps = np.arange(_STEPS + 1) / _STEPS
        found = [np.interp(linear[..., k], self.curves[k], steps) for k in range(3)]
        return np.asarray(np.stack(found, -1))


class SeenAsSrgb:
    """A picture's numbers as sRGB, for those who know nothing else, and theirs as the picture's."""

    def __init__(self, space: RgbSpace) -> None:
        """Lead from a space to sRGB and back.

        Args:
            space: The picture's.
        """
        self._space, self._srgb = space, _srgb()
        self._to_linear = (np.linalg.inv(self._srgb.colorants) @ space.colorants).T
        linear = np.arange(_STEPS + 1) / _STEPS
        coded = np.interp(linear, self._srgb.curves[0], linear)
        self._coded = np.rint(255 * coded).astype(np.uint8)

    def seen(self, levels: NDArray[Any]) -> Frame:
        """The picture in sRGB.

        Args:
            levels: (h, w, 3) uint8 or uint16.

        Returns:
            (h, w, 3) uint8; colours that sRGB does not hold are cut off at its edge.
        """
        step = _STEPS // int(np.iinfo(levels.dtype).max)
        made = np.empty(levels.shape, np.uint8)
        for row, line in enumerate(levels):  # a crop can have many megapixels
            at = line.astype(np.intp) * step
            light = np.stack([self._space.curves[k][at[:, k]] for k in range(3)], 1)
            linear = np.clip(light @ self._to_linear, 0, 1)
            made[row] = self._coded[np.rint(linear * _STEPS).astype(np.intp)]
        return made

    def back(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """What was painted in sRGB in the picture's own numbers.

        Args:
            values: (K, 3) in [0, 255].

        Returns:
            (K, 3) in [0, 255], not rounded.
        """
        light = self._srgb.light(values.astype(np.float64) / 255)
        return (255 * self._space.values(light)).astype(np.float32)


def seen_as_srgb(icc: bytes) -> SeenAsSrgb | None:
    """What leads from a picture's numbers to sRGB and back.

    Args:
        icc: Its profile; empty without one.

    Returns:
        None where there is nothing to do: no profile, one of sRGB, or one for grey; or nothing
        that can be done: see :func:`beyond_us`.
    """
    space = read_rgb_space(icc)
    if space is None:
        return None
    line = np.linspace(0, 1, 9)
    lattice = np.stack(np.meshgrid(line, line, line), -1)
    apart = np.abs(_srgb().values(space.light(lattice)) - lattice).max()
    return None if apart <= _SAME else SeenAsSrgb(space)


def beyond_us(icc: bytes) -> bool:
    """Whether a profile is for RGB and is not one of colorants and curves that can be read."""
    return icc[16:20] == b"RGB " and read_rgb_space(icc) is None


def read_rgb_space(icc: bytes) -> RgbSpace | None:
    """Read an RGB profile of colorants and tone curves.

    Args:
        icc: The profile.

    Returns:
        None where it is none of that kind, or damaged.
    """
    if icc[16:20] != b"RGB " or icc[20:24] != b"XYZ " or icc[36:40] != b"acsp":
        return None
    try:
        tags = _tags(icc)
        if _TABLES & tags.keys():  # these go before the curves
            return None
        colorants = np.stack([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], 1)
        curves = np.stack([_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")])
    except (KeyError, ValueError, struct.error):
        return None
    whole = np.isfinite(curves).all() and abs(np.linalg.det(colorants)) > 1e-6
    rising = (np.diff(curves) >= 0).all() and (curves[:, -1] > curves[:, 0]).all()
    return RgbSpace(colorants, curves) if whole and rising else None


@functools.cache
def _srgb() -> RgbSpace:
    space = read_rgb_space(srgb_profile())
    assert space is not None, "our own profile"
    return space


def _tags(icc: bytes) -> dict[bytes, bytes]:
    """What each tag holds; those that reach out of the profile are left out."""
    (count,) = struct.unpack_from(">I", icc, 128)
    found = {}
    for number in range(min(count, _MOST_TAGS)):
        name, start, size = struct.unpack_from(">4sII", icc, 132 + 12 * number)
        if start + size <= len(icc):
            found[name] = icc[start : start + size]
    return found


def _xyz(tag: bytes) -> NDArray[np.float64]:
    """An XYZType, section 10.31.

    Raises:
        ValueError: It is none.
    """
    if tag[:4] != b"XYZ ":
        raise ValueError
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536


def _curve(tag: bytes) -> NDArray[np.float64]:
    """A curveType or parametricCurveType, sections 10.6 and 10.18, at all steps.

    Raises:
        ValueError: It is neither.
    """
    at = np.arange(_STEPS + 1) / _STEPS
    if tag[:4] == b"para":
        return _parametric(tag, at)
    if tag[:4] != b"curv":
        raise ValueError
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return at
    if count == 1:
        return np.asarray(at ** (struct.unpack_from(">H", tag, 12)[0] / 256))
    if len(tag) < 12 + 2 * count:
        raise ValueError
    points = np.frombuffer(tag, ">u2", count, 12) / 65535
    return np.interp(at, np.linspace(0, 1, count), points)


def _parametric(tag: bytes, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The five functions of table 68.

    Raises:
        ValueError: It is none of them.
    """
    (kind,) = struct.unpack_from(">H", tag, 8)
    counts = (1, 3, 4, 5, 7)
    if kind >= len(counts):
        raise ValueError
    given = [value / 65536 for value in struct.unpack_from(f">{counts[kind]}i", tag, 12)]
    gamma, a, b, c, d, e, f = [*given, *[0.0] * 7][:7]
    if gamma <= 0 or (kind and not a):
        raise ValueError
    if kind == 0:
        return np.asarray(at**gamma)
    if kind < 3:
        c, d, e, f = 0.0, -b / a, c, c
    with np.errstate(over="ignore"):
        power = np.maximum(a * at + b, 0) ** gamma + e
    return np.asarray(np.where(at >= d, power, c * at + f).clip(0, 1))
