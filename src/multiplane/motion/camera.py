"""How the camera moved through a shot: one homography a frame, found where nobody walks.

Features outside the characters are matched (SIFT, Lowe 2004,
doi:10.1023/B:VISI.0000029664.99615.94), a homography is drawn from them (MAGSAC++, Barath et al.
2020, arXiv:1912.05909) and sharpened by :mod:`multiplane.motion.align`. Frames are matched with
a key frame directly, so that errors do not add up; only when too little of it is left in the
picture does a later frame take its place. A camera that stands still gets the very same matrix
in every frame, so nothing is resampled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from multiplane.core.arrays import Frame, Mask
from multiplane.core.config import Options
from multiplane.core.errors import InputError
from multiplane.core.items import Json
from multiplane.core.progress import Progress, silent, track
from multiplane.core.threads import map_ordered
from multiplane.motion.align import Grey, Homography, align, grey_of, mean_shift, rescale

Points: TypeAlias = NDArray[np.float32]

STILL_PX = 0.06
"""A camera that moved less than this, at any corner, stood still."""
MIN_INLIERS = 24
GRID_CELLS, MIN_CELLS = 8, 6


class CameraOptions(Options):
    """How camera motion is found."""

    work_px: int = Field(
        default=960, ge=128, le=8192, description="long side the features are found at, pixels"
    )
    max_features: int = Field(
        default=2000, ge=100, le=20000, description="most features a frame, strongest first"
    )
    threads: int = Field(default=0, ge=0, le=256, description="threads; 0 means one a processor")


@dataclass(frozen=True)
class Features:
    """What is kept of a frame to register it.

    Attributes:
        size: (width, height) of the frame in pixels.
        points: (N, 2) x, y in frame pixels.
        descriptors: (N, 128) uint8, SIFT.
        grey: The frame made small and grey, and where it may be looked at.
    """

    size: tuple[int, int]
    points: Points
    descriptors: NDArray[np.uint8]
    grey: Grey


@dataclass(frozen=True)
class Registration:
    """How one frame lies on another.

    Attributes:
        homography: (3, 3) float64, first frame's pixels to the second's.
        inliers: How many points agree with it.
        residual_px: Median distance by which they still miss, pixels.
    """

    homography: Homography
    inliers: int
    residual_px: float


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
        return _unit(np.linalg.inv(second) @ first)

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


def still_path(count: int) -> CameraPath:
    """The path of a camera that is known not to move through ``count`` frames."""
    return CameraPath([np.eye(3) for _ in range(count)], 0, [1] * count, [0.0] * count)


def describe(
    frame: Frame, ignore: Mask | None = None, options: CameraOptions | None = None
) -> Features:
    """Find the points of a frame that others can be registered by.

    Args:
        frame: (H, W, 3) RGB.
        ignore: (H, W), True where something moves by itself.
        options: How fine to look.

    Returns:
        Its features, none of them inside ``ignore``.
    """
    options = options or CameraOptions()
    grey = grey_of(frame, ignore, options.work_px)
    sift = cv2.SIFT.create(nfeatures=options.max_features)
    found, descriptors = sift.detectAndCompute(grey.values, grey.usable.astype(np.uint8) * 255)
    if descriptors is None or not len(found):
        descriptors = np.zeros((0, 128), np.float32)
    spots = np.array([p.pt for p in found], dtype=np.float32).reshape(-1, 2)
    order = np.lexsort((spots[:, 1], spots[:, 0]))
    scale = np.array(grey.scale, dtype=np.float32)
    return Features(
        (frame.shape[1], frame.shape[0]),
        ((spots + 0.5) / scale - 0.5)[order],
        np.clip(np.rint(descriptors), 0, 255).astype(np.uint8)[order],
        grey,
    )


def register(first: Features, second: Features) -> Registration | None:
    """Find how one frame lies on another.

    Args:
        first: The frame to map from.
        second: The frame to map to.

    Returns:
        The homography from first to second, or None when they share too little, or what was
        found is nothing a camera does between two frames.
    """
    rough = _from_matches(first, second)
    if rough is None:
        return None
    moved = align(first.grey, second.grey, rescale(rough.homography, first.grey, second.grey))
    if moved is None:
        return rough
    fine = _unit(_enlarge(moved.homography, first.grey, second.grey))
    if mean_shift(np.linalg.inv(rough.homography) @ fine, first.size) > 1.5 or not _plausible(
        fine, first.size
    ):
        return rough
    return Registration(fine, rough.inliers, rough.residual_px)


def still(first: Features, second: Features) -> Registration | None:
    """Whether the camera stood still between two frames.

    Args:
        first: One frame.
        second: Another of the same size.

    Returns:
        The exact identity with how many points agree, or None when it moved.
    """
    moved = align(first.grey, second.grey, np.eye(3), reach_px=0.5)
    if moved is None:
        return None
    shift_px = mean_shift(_enlarge(moved.homography, first.grey, second.grey), first.size)
    if shift_px > STILL_PX:
        return None
    return Registration(np.eye(3), moved.inliers, shift_px)


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
        to_first = _unit(self._key[1] @ found.homography)
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
            np.eye(3) if np.array_equal(h, base) else h if still_shot else _unit(undo @ h)
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


def _from_matches(first: Features, second: Features) -> Registration | None:
    """The homography that most matches agree with, by MAGSAC++ with a fixed seed."""
    source, target = _matches(first, second)
    if len(source) < MIN_INLIERS:
        return None
    draw = cv2.UsacParams()
    draw.sampler = cv2.SAMPLING_UNIFORM
    draw.score = cv2.SCORE_METHOD_MAGSAC
    draw.loMethod = cv2.LOCAL_OPTIM_SIGMA
    draw.final_polisher = cv2.MAGSAC
    draw.final_polisher_iterations = 3
    draw.maxIterations = 3000
    draw.confidence = 0.9999
    draw.threshold = 1.5 / float(np.mean(first.grey.scale))
    draw.isParallel = False
    draw.randomGeneratorState = 7
    try:
        found, _ = cv2.findHomography(source, target, draw)
    except cv2.error:  # every sample was degenerate
        return None
    if found is None or not np.isfinite(found).all():
        return None
    homography = _unit(np.asarray(found, dtype=np.float64))
    projected = cv2.perspectiveTransform(source[None], homography)[0]
    miss = np.linalg.norm(projected - target, axis=1)
    inlying = miss < 2.0 * draw.threshold
    count = int(np.count_nonzero(inlying))
    if count < MIN_INLIERS or not _spread(source[inlying], first.size):
        return None
    if not _plausible(homography, first.size):
        return None
    return Registration(homography, count, float(np.median(miss[inlying])))


def _matches(first: Features, second: Features) -> tuple[Points, Points]:
    """Points that are each other's nearest and clearly nearer than the next."""
    if min(len(first.points), len(second.points)) < MIN_INLIERS:
        return first.points[:0], second.points[:0]
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(first.descriptors, second.descriptors, k=2)
    kept = [p[0] for p in pairs if len(p) == 2 and p[0].distance < 0.8 * p[1].distance]
    best: dict[int, Any] = {}
    for match in kept:
        rival = best.get(match.trainIdx)
        if rival is None or match.distance < rival.distance:
            best[match.trainIdx] = match
    chosen = sorted(best.values(), key=lambda match: match.queryIdx)
    source = np.array([m.queryIdx for m in chosen], dtype=np.intp)
    target = np.array([m.trainIdx for m in chosen], dtype=np.intp)
    return first.points[source], second.points[target]


def _spread(points: Points, size: tuple[int, int]) -> bool:
    """Whether the points stand in enough places to tell a homography from a small patch."""
    cells = np.floor(points / np.array(size) * GRID_CELLS).astype(np.intp)
    return len(np.unique(cells, axis=0)) >= MIN_CELLS


def _plausible(homography: Homography, size: tuple[int, int]) -> bool:
    """Whether a camera could do this between two frames of a shot."""
    width, height = size
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], dtype=np.float64)
    if (homography[2] @ np.concatenate([corners[0], np.ones((4, 1))], axis=1).T <= 0.1).any():
        return False
    moved = cv2.perspectiveTransform(corners, homography)[0]
    sides = np.roll(moved, -1, axis=0) - moved
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    if (turns <= 0).any():
        return False
    grown = cv2.contourArea(moved.astype(np.float32)) / (width * height)
    return bool(0.1 < grown < 10.0)


def _enlarge(homography: Homography, first: Grey, second: Grey) -> Homography:
    """Take a homography between two small greys to their frames."""
    found: Homography = np.linalg.inv(second.shrink) @ homography @ first.shrink
    return found


def _unit(homography: Homography) -> Homography:
    found: Homography = homography / homography[2, 2]
    return found
