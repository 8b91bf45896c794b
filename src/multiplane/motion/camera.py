"""How the camera moved through a shot: one homography a frame, found where nobody walks.

Features outside the characters are matched (SIFT, Lowe 2004,
doi:10.1023/B:VISI.0000029664.99615.94), a homography is drawn from them (MAGSAC++, Barath et al.
2020, arXiv:1912.05909) and sharpened by :mod:`multiplane.motion.align`. Frames are matched with
a key frame directly, so that errors do not add up; only when too little of it is left in the
picture does a later frame take its place. A camera that stands still gets the very same matrix
in every frame, so nothing is resampled.
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
    still,
    unit,
)

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
            has the homography of the frame before it.
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
        """Whether the camera stood still through the whole shot."""
        first = self.homographies[0]
        return all(np.array_equal(first, other) for other in self.homographies)

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
    walk = _Walk()

    def look(pair: tuple[Frame, Mask | None]) -> Features:
        return describe(pair[0], pair[1], options)

    described = map_ordered(look, _pairs(frames, ignores), options.threads)
    for features in track(described, None, progress):
        walk.add(features)
    return walk.path()


class _Walk:
    """Registers frame after frame against a key frame that is replaced when it is left behind."""

    def __init__(self) -> None:
        self._to_first: list[Homography] = []
        self._inliers: list[int] = []
        self._residual: list[float] = []
        self._key: tuple[Features, Homography] | None = None
        self._rest: tuple[Features, Homography] | None = None  # last frame that moved

    def add(self, frame: Features) -> None:
        if self._key is None or self._rest is None:
            self._key = self._rest = (frame, np.eye(3))
            self._note(np.eye(3), max(1, len(frame.points)), 0.0)
            return
        if frame.size != self._key[0].size:
            raise InputError(
                f"a frame is {frame.size[0]}x{frame.size[1]}, the shot "
                f"{self._key[0].size[0]}x{self._key[0].size[1]}",
                why="the frames of one shot are laid on each other",
                fix="split the pictures by size first: multiplane split shots",
            )
        unmoved = still(frame, self._rest[0])
        if unmoved is not None:
            self._note(self._rest[1], unmoved.inliers, unmoved.residual_px)
            return
        found = register(frame, self._key[0])
        if found is None or found.inliers < min(200, len(self._key[0].points) // 5):
            found = self._from_neighbour(frame, found)
        if found is None:
            self._note(self._to_first[-1], 0, 0.0)
            return
        to_first = unit(self._key[1] @ found.homography)
        self._note(to_first, found.inliers, found.residual_px)
        self._rest = (frame, to_first)

    def _from_neighbour(self, frame: Features, direct: Registration | None) -> Registration | None:
        """Match with the last frame that moved; where that is better it becomes the key."""
        assert self._rest is not None
        near = register(frame, self._rest[0])
        if near is None or (direct is not None and near.inliers < 1.5 * direct.inliers):
            return direct
        self._key = self._rest
        return near

    def _note(self, to_first: Homography, inliers: int, residual_px: float) -> None:
        self._to_first.append(to_first)
        self._inliers.append(inliers)
        self._residual.append(residual_px)

    def path(self) -> CameraPath:
        if not self._to_first:
            raise InputError("a shot without frames", why="there is no camera to follow")
        known = [i for i, n in enumerate(self._inliers) if n > 0]
        reference = known[len(known) // 2]
        base = self._to_first[reference]
        still_shot = np.array_equal(base, np.eye(3))
        undo = np.eye(3) if still_shot else np.linalg.inv(base)
        homographies = [
            np.eye(3) if np.array_equal(h, base) else h if still_shot else unit(undo @ h)
            for h in self._to_first
        ]
        return CameraPath(homographies, reference, self._inliers, self._residual)


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
