"""The planes people stand in, frame by frame, steadied over time."""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.geometry.plane import Plane, Side
from multiplane.split.stereo.agreement import TwoEyes
from multiplane.split.stereo.masks import EyeTrack

PlaneTrack = dict[int, Plane]
"""Frame → the plane of one person."""
_FACING = 0.25
"""Cosine between the line of sight and a plane's normal, about, below which nobody stands in it."""
_LINE = 4
"""Planes from which on a line is drawn through them."""


def planes_of(
    eyes: TwoEyes,
    frames: Sequence[Sequence[Frame]],
    track: EyeTrack,
    side: Side,
    every: int = 1,
) -> dict[int, PlaneTrack]:
    """Find the plane of everybody one eye sees.

    Args:
        eyes: How the eyes stand.
        frames: Those of the left and of the right eye.
        track: Who one eye sees.
        side: Which one it is.
        every: Frames from one look at a person to the next, while they are in sight.

    Returns:
        Id → frame → plane; frames in which nothing tells, and those between, are absent.
    """
    found: dict[int, PlaneTrack] = {}
    due: dict[int, int] = {}
    for index, people in enumerate(track):
        for number, person in people.items():
            ends = index + 1 == len(track) or number not in track[index + 1]
            if index < due.get(number, 0) and not ends:
                continue
            mask = person.mask.unpack()
            plane = eyes.plane(frames[0][index], frames[1][index], mask, side)
            if plane is not None and stands(plane):
                found.setdefault(number, {})[index] = plane
                due[number] = index + every
    return found


def stands(plane: Plane) -> bool:
    """Whether somebody may stand in a plane: nobody is seen as edge on as all that.

    Where something before a person hides another part from each eye, what is matched is no person,
    and the plane through it leans along the line of sight.

    Args:
        plane: As it was found.
    """
    across = math.tan(math.radians(max(0.0, plane.disparity_deg)))
    return across >= _FACING * float(np.linalg.norm(plane.normal))


def steadied(track: Mapping[int, Plane], reach: int, frames: range) -> PlaneTrack:
    """Draw a line through the planes round each frame, and close gaps.

    A person's plane changes slowly, and what is found in one frame is off now and then. Where
    nothing was found near a frame, the nearest plane stands in, however far away in time: the
    person stood somewhere, and that is the best guess.

    Args:
        track: Frame → the plane found there.
        reach: Frames before and after that count.
        frames: For which frames a plane is wanted.

    Returns:
        One plane for each of the frames; none at all when none was found anywhere.
    """
    if not track:
        return {}
    known = sorted(track)
    steady: PlaneTrack = {}
    for index in frames:
        near = known[bisect_left(known, index - reach) : bisect_right(known, index + reach)]
        if not near:
            after = bisect_left(known, index)
            beside = known[max(0, after - 1) : after + 1]
            near = [min(beside, key=lambda at: (abs(at - index), at))]
        own = track[min(near, key=lambda at: (abs(at - index), at))]
        normals = np.array([track[at].normal for at in near])
        middle = _at(np.array(near, np.float64) - index, normals)
        normal = (float(middle[0]), float(middle[1]), float(middle[2]))
        steady[index] = dataclasses.replace(own, normal=normal)
    return steady


def _at(times: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What values are at time 0, by a line through most of them; few give their median.

    The line of Theil and Sen (doi:10.1080/01621459.1968.10480934): a slip or two do not move it.

    Args:
        times: (n,), rising.
        values: (n, 3).
    """
    if len(times) < _LINE or times[0] > 0 or times[-1] < 0:
        return np.asarray(np.median(values, axis=0), np.float64)
    first, second = np.triu_indices(len(times), 1)
    slopes = (values[second] - values[first]) / (times[second] - times[first])[:, None]
    rise = np.median(slopes, axis=0)
    return np.asarray(np.median(values - times[:, None] * rise, axis=0), np.float64)
