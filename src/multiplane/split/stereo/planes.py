"""The planes people stand in, frame by frame, steadied over time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from multiplane.core.arrays import Frame
from multiplane.geometry.plane import Plane, Side
from multiplane.split.stereo.agreement import TwoEyes
from multiplane.split.stereo.masks import EyeTrack

PlaneTrack = dict[int, Plane]
"""Frame → the plane of one person."""


def planes_of(
    eyes: TwoEyes, frames: Sequence[Sequence[Frame]], track: EyeTrack, side: Side
) -> dict[int, PlaneTrack]:
    """Find the plane of everybody one eye sees, in every frame.

    Args:
        eyes: How the eyes stand.
        frames: Those of the left and of the right eye.
        track: Who one eye sees.
        side: Which one it is.

    Returns:
        Id → frame → plane; frames in which nothing tells are absent.
    """
    found: dict[int, PlaneTrack] = {}
    for index, people in enumerate(track):
        for number, person in people.items():
            if not person.mask.area_px:
                continue
            mask = person.mask.unpack()
            plane = eyes.plane(frames[0][index], frames[1][index], mask, side)
            if plane is not None:
                found.setdefault(number, {})[index] = plane
    return found


def steadied(track: Mapping[int, Plane], reach: int, frames: range) -> PlaneTrack:
    """Take of each frame the median of the planes round it, and close gaps.

    A person's plane changes little from frame to frame, and what is found in one frame is off now
    and then. Where nothing was found near a frame, the nearest plane stands in, however far away
    in time: the person stood somewhere, and that is the best guess.

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
        near = [at for at in known if abs(at - index) <= reach]
        if not near:
            near = [min(known, key=lambda at: (abs(at - index), at))]
        own = track[min(near, key=lambda at: (abs(at - index), at))]
        middle = np.median([track[at].normal for at in near], axis=0)
        normal = (float(middle[0]), float(middle[1]), float(middle[2]))
        steady[index] = dataclasses.replace(own, normal=normal)
    return steady
