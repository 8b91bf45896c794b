"""How the camera moved through a shot: one homography a frame, found where nobody walks.

Features outside the characters are matched (SIFT, Lowe 2004,
doi:10.1023/B:VISI.0000029664.99615.94), a homography is drawn from them (MAGSAC++, Barath et al.
2020, arXiv:1912.05909) and sharpened by :mod:`multiplane.motion.align`. Frames are matched with
a key frame directly, so that errors do not add up; only when too little of it is left in the
picture does a later frame take its place (:mod:`multiplane.motion.walk`). Of a shot whose frames
do not all hang together the largest piece counts. A camera that stands still gets the very same
matrix in every frame, so nothing is resampled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import InputError
from multiplane.core.items import Json
from multiplane.core.progress import Progress, silent, track
from multiplane.core.threads import map_ordered
from multiplane.motion.align import Homography
from multiplane.motion.features import (
    CameraOptions,
    Features,
    Registration,
    describe,
    register,
    unit,
)
from multiplane.motion.walk import Placed, Walk

__all__ = [
    "CameraOptions",
    "CameraPath",
    "Features",
    "Homography",
    "Registration",
    "camera_path",
    "describe",
    "read_camera",
    "register",
    "still_path",
]


@dataclass(frozen=True)
class CameraPath:
    """How every frame of a shot lies on one of them.

    Attributes:
        homographies: One (3, 3) float64 a frame, frame pixels to reference pixels; frames between
            which the camera stood still have equal ones.
        reference: Index of the reference frame.
        inliers: How many points agreed, a frame; 0 for a frame that could not be registered, which
            has the homography of the last one before it that could (of the first, when there is
            none).
        residual_px: Median distance by which they still missed, pixels, a frame.
    """

    homographies: list[Homography]
    reference: int
    inliers: list[int]
    residual_px: list[float]

    def __len__(self) -> int:
        """How many frames the shot has."""
        return len(self.homographies)

    @property
    def static(self) -> bool:
        """Whether the camera is known to have stood still through the whole shot."""
        first = self.homographies[0]
        alike = all(np.array_equal(first, other) for other in self.homographies)
        return alike and all(self.inliers)

    def registered(self, frame: int) -> bool:
        """Whether it is known how this frame lies."""
        return self.inliers[frame] > 0

    def between(self, source: int, target: int) -> Homography:
        """The homography from one frame's pixels to another's; exactly identity where still."""
        first, second = self.homographies[source], self.homographies[target]
        if np.array_equal(first, second):
            return np.eye(3)
        return unit(np.linalg.inv(second) @ first)

    def to_json(self) -> dict[str, Json]:
        """What ``camera.json`` holds; matrices row by row."""
        return {
            "homographies": [[float(v) for v in h.ravel()] for h in self.homographies],
            "reference": self.reference,
            "inliers": list(self.inliers),
            "residual_px": [round(r, 4) for r in self.residual_px],
        }

    @classmethod
    def from_json(cls, code: Mapping[str, Any]) -> CameraPath:
        """Read back what :meth:`to_json` gave.

        Raises:
            InputError: A key is absent, lengths differ, or a matrix cannot be inverted.
        """
        try:
            path = cls(
                [np.asarray(h, dtype=np.float64).reshape(3, 3) for h in code["homographies"]],
                int(code["reference"]),
                [int(n) for n in code["inliers"]],
                [float(r) for r in code["residual_px"]],
            )
            fault = path._fault()
        except (KeyError, TypeError, ValueError) as error:
            fault = repr(error)
        if fault:
            raise InputError(
                f"not a camera path: {fault}",
                why="camera.json holds homographies, reference, inliers, residual_px, one a frame",
                fix="delete the file and run again: it is found anew",
            )
        return path

    def _fault(self) -> str:
        count = len(self.homographies)
        if not count == len(self.inliers) == len(self.residual_px) > self.reference >= 0:
            return f"{count} homographies, {len(self.inliers)} inliers, frame {self.reference}"
        if any(
            not np.isfinite(h).all() or abs(np.linalg.det(h)) < 1e-12 for h in self.homographies
        ):
            return "a homography cannot be inverted"
        return ""


def read_camera(path: Path) -> CameraPath:
    """Read ``camera.json``.

    Args:
        path: The file.

    Raises:
        InputError: It is not a camera path.
    """
    try:
        code = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path} is not JSON: {error}",
            why="it should hold the camera path of the shot",
            fix=f"delete {path} and run again: it is found anew",
        ) from error
    return CameraPath.from_json(code)


def still_path(count: int) -> CameraPath:
    """The path of a camera that is known not to move through ``count`` frames."""
    return CameraPath([np.eye(3) for _ in range(count)], 0, [1] * count, [0.0] * count)


def camera_path(
    frames: Iterable[Frame],
    ignores: Iterable[Mask] | None = None,
    options: CameraOptions | None = None,
    progress: Progress = silent,
) -> CameraPath:
    """Find how the camera moved through a shot.

    Two or three frames are held at a time, however long the shot is.

    Args:
        frames: The frames of one shot, all of one size.
        ignores: A mask a frame, True where something moves by itself; None where nothing does.
        options: How fine to look.
        progress: Told about every frame.

    Returns:
        The path, with the middle frame as its reference.

    Raises:
        InputError: There is no frame, sizes differ, or there are fewer masks than frames.
    """
    options = options or CameraOptions()
    walk = Walk()

    def look(pair: tuple[Frame, Mask | None]) -> Features:
        return describe(pair[0], pair[1], options)

    described = map_ordered(look, _pairs(frames, ignores), options.threads)
    for features in track(described, None, progress):
        walk.add(features)
    return _path(walk)


def _path(walk: Walk) -> CameraPath:
    """The path through the piece of a shot that most of its frames belong to.

    Raises:
        InputError: There is no frame.
    """
    if not walk.placed:
        raise InputError("a shot without frames", why="there is no camera to follow")
    placed = walk.main_piece()
    known = [index for index, place in enumerate(placed) if place is not None]
    reference = known[len(known) // 2]
    latest = placed[known[0]]
    seen: list[Placed] = []
    for place in placed:
        latest = place or latest
        assert latest is not None
        seen.append(latest)
    base = seen[reference].to_first
    undo = np.linalg.inv(base)
    return CameraPath(
        [np.eye(3) if np.array_equal(p.to_first, base) else unit(undo @ p.to_first) for p in seen],
        reference,
        [0 if place is None else place.inliers for place in placed],
        [0.0 if place is None else place.residual_px for place in placed],
    )


def _pairs(
    frames: Iterable[Frame], ignores: Iterable[Mask] | None
) -> Iterable[tuple[Frame, Mask | None]]:
    if ignores is None:
        for frame in frames:
            yield frame, None
        return
    rest = iter(ignores)
    for frame in frames:
        ignore = next(rest, None)
        if ignore is None:
            raise InputError("fewer masks than frames", why="each frame has its own mask")
        yield frame, ignore
