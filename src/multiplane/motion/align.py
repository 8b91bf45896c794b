"""Sub-pixel alignment of two frames by their brightness, blind to what moves by itself.

Forward compositional Lucas-Kanade (Baker and Matthews 2004, doi:10.1023/B:VISI.0000011205.11775.fd)
over eight numbers of a homography and two of the light (gain and offset), on a few thousand
strong edges spread over the picture, reweighted by Tukey's biweight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask

Homography: TypeAlias = NDArray[np.float64]
"""float64 (3, 3); maps pixel centres (x, y, 1) of one frame to another's."""

CELL_PX = 6
MIN_POINTS = 60
MIN_SLOPE = 2.0  # grey levels a pixel; below it an edge says nothing over noise
ROUNDS = 8
SETTLED_PX = 0.004
PLAIN_LEVELS, PLAIN_EDGE_LEVELS = 1.5, 8
"""Grey levels by which a picture with too few edges to align may differ, on average and at an
edge, to count as the same."""


@dataclass(frozen=True)
class Grey:
    """A frame made small and grey.

    Attributes:
        values: uint8 (h, w).
        usable: bool (h, w), False where something moves by itself.
        scale: Small pixels a frame pixel, along x and y.
    """

    values: NDArray[np.uint8]
    usable: Mask
    scale: tuple[float, float]

    @property
    def shrink(self) -> Homography:
        """Frame pixels to small pixels, both counted from the centre of the first."""
        sx, sy = self.scale
        return np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1.0]])


@dataclass(frozen=True)
class Alignment:
    """How one small grey lies on another.

    Attributes:
        homography: (3, 3), first's pixels to second's.
        inliers: How many edges agree with it.
    """

    homography: Homography
    inliers: int


def grey_of(frame: Frame, ignore: Mask | None, work_px: int) -> Grey:
    """Make a frame small and grey.

    Args:
        frame: (H, W, 3) RGB.
        ignore: (H, W), True where something moves by itself.
        work_px: Long side to shrink to; smaller frames stay as they are.

    Returns:
        The small grey; pixels that any ignored pixel went into are unusable.
    """
    height, width = frame.shape[:2]
    shrink = min(1.0, work_px / max(height, width))
    small = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    if small != (width, height):
        grey = cv2.resize(grey, small, interpolation=cv2.INTER_AREA)
    usable = np.ones(grey.shape, dtype=np.bool_)
    if ignore is not None:
        share = cv2.resize(ignore.astype(np.float32), small, interpolation=cv2.INTER_AREA)
        usable = cv2.dilate((share > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    return Grey(np.asarray(grey, np.uint8), usable, (small[0] / width, small[1] / height))


def align(first: Grey, second: Grey, start: Homography, reach_px: float = 1.5) -> Alignment | None:
    """Sharpen a homography that is right to about a pixel.

    Args:
        first: The small grey to map from.
        second: The small grey to map to.
        start: (3, 3), first's pixels to second's, nearly right.
        reach_px: How far off the start may be, small pixels; further off means None.

    Returns:
        The alignment, or None when there are too few edges or brightness does not agree.
    """
    points, template = _edges(first)
    if len(points) < MIN_POINTS:
        return _plain(first, second, points) if np.array_equal(start, np.eye(3)) else None
    solver = _Solver(_smooth(second), second.usable, points, template)
    if solver.miss_px(start) > reach_px:
        return None
    homography, size = start, (first.values.shape[1], first.values.shape[0])
    for _ in range(ROUNDS):
        step = solver.step(homography)
        if step is None:
            return None
        following = step @ homography
        following /= following[2, 2]
        moved = mean_shift(np.linalg.inv(homography) @ following, size)
        homography = following
        if moved < SETTLED_PX:
            break
    if mean_shift(np.linalg.inv(start) @ homography, size) > 2.0 * reach_px:
        return None
    return Alignment(homography, solver.agreeing)


def rescale(homography: Homography, first: Grey, second: Grey) -> Homography:
    """Take a homography between two frames to their small greys."""
    found: Homography = second.shrink @ homography @ np.linalg.inv(first.shrink)
    found /= found[2, 2]
    return found


def mean_shift(homography: Homography, size: tuple[int, int]) -> float:
    """How far the corners move on average, in pixels of the frame of that (width, height)."""
    width, height = size
    corners = np.array(
        [[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1]], np.float64
    )
    moved = corners @ homography.T
    return float(np.linalg.norm(moved[:, :2] / moved[:, 2:] - corners[:, :2], axis=1).mean())


class _Solver:
    """Gauss-Newton steps for one pair of greys."""

    def __init__(
        self,
        image: NDArray[np.float32],
        usable: Mask,
        points: NDArray[np.float64],
        template: NDArray[np.float32],
    ) -> None:
        self._image = image
        self._blocked = 1.0 - usable.astype(np.float32)
        self._slope_x, self._slope_y = _slopes(image)
        self._points = points
        self._template = template
        height, width = image.shape
        half = max(width, height) / 2
        self._norm = np.array(
            [[1 / half, 0, -width / 2 / half], [0, 1 / half, -height / 2 / half], [0, 0, 1]]
        )
        self._half = half
        self._light = (1.0, 0.0)
        self.agreeing = 0

    def miss_px(self, homography: Homography) -> float:
        """Median of difference over slope: about how many pixels off the edges are."""
        spots, inside = self._project(homography)
        if np.count_nonzero(inside) < MIN_POINTS:
            return float("inf")
        values, slope_x, slope_y = self._look(spots[inside])
        template = self._template[inside]
        gain = float(np.std(values) / max(1e-3, float(np.std(template))))
        gain = min(2.0, max(0.5, gain))
        difference = values - gain * template
        difference -= np.median(difference)
        return float(np.median(np.abs(difference) / np.maximum(1.0, np.hypot(slope_x, slope_y))))

    def step(self, homography: Homography) -> Homography | None:
        """The homography to put behind this one, or None when too little is in view."""
        spots, inside = self._project(homography)
        if np.count_nonzero(inside) < MIN_POINTS:
            return None
        spots = spots[inside]
        template = self._template[inside].astype(np.float64)
        values, slope_x, slope_y = self._look(spots)
        u, v = (spots - [self._image.shape[1] / 2, self._image.shape[0] / 2]).T / self._half
        gx, gy = slope_x * self._half, slope_y * self._half
        along = gx * u + gy * v
        columns = [gx, gx * u, gx * v, gy, gy * u, gy * v, along * u, along * v]
        system = np.stack([*columns, -template / 64.0, -np.ones_like(template)], axis=1)
        gain, offset = self._light
        residual = gain * template + offset - values
        weights = _biweight(residual)
        self.agreeing = int(np.count_nonzero(weights > 0.25))
        square = system.T @ (system * weights[:, None])
        square += np.diag(1e-6 * np.diag(square) + 1e-9)
        d = np.linalg.solve(square, system.T @ (weights * residual))
        self._light = (gain + float(d[8]) / 64.0, offset + float(d[9]))
        moved = np.array([[1 + d[1], d[2], d[0]], [d[4], 1 + d[5], d[3]], [-d[6], -d[7], 1.0]])
        if not np.isfinite(moved).all():
            return None
        change: Homography = np.linalg.inv(self._norm) @ moved @ self._norm
        return change

    def _project(self, homography: Homography) -> tuple[NDArray[np.float64], Mask]:
        spots = cv2.perspectiveTransform(self._points[None], homography)[0]
        height, width = self._image.shape
        inside = (spots > 2).all(axis=1) & (spots < [width - 3, height - 3]).all(axis=1)
        safe = np.where(inside[:, None], spots, 0)
        inside &= self._sample(self._blocked, safe) < 0.01
        return spots, inside

    def _look(
        self, spots: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        return (
            self._sample(self._image, spots, cv2.INTER_CUBIC),
            self._sample(self._slope_x, spots),
            self._sample(self._slope_y, spots),
        )

    @staticmethod
    def _sample(
        image: NDArray[np.float32], spots: NDArray[np.float64], how: int = cv2.INTER_LINEAR
    ) -> NDArray[np.float64]:
        rows = -(-len(spots) // 1024)
        maps = np.zeros((2, rows * 1024), np.float32)
        maps[:, : len(spots)] = spots.T
        across, down = maps.reshape(2, rows, 1024)
        found = cv2.remap(image, across, down, how, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found.ravel()[: len(spots)], np.float64)


def _edges(grey: Grey) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """The steepest usable pixel of every cell, and the brightness there."""
    image = _smooth(grey)
    slope = np.where(grey.usable, np.hypot(*_slopes(image)), 0)
    slope[:2] = slope[-2:] = 0
    slope[:, :2] = slope[:, -2:] = 0
    rows, columns = (side // CELL_PX for side in slope.shape)
    cells = slope[: rows * CELL_PX, : columns * CELL_PX]
    cells = cells.reshape(rows, CELL_PX, columns, CELL_PX).swapaxes(1, 2)
    cells = cells.reshape(rows * columns, CELL_PX**2)
    if not cells.size:
        return np.zeros((0, 2)), np.zeros(0, np.float32)
    best = cells.argmax(axis=1)
    cell = np.flatnonzero(cells[np.arange(len(cells)), best] > MIN_SLOPE)
    y = cell // columns * CELL_PX + best[cell] // CELL_PX
    x = cell % columns * CELL_PX + best[cell] % CELL_PX
    return np.stack([x, y], axis=1).astype(np.float64), image[y, x]


def _smooth(grey: Grey) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(grey.values.astype(np.float32), (0, 0), 1.0), np.float32)


def _slopes(image: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Grey levels a pixel, along x and along y."""
    along_x = cv2.Sobel(image, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    along_y = cv2.Sobel(image, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(along_x, np.float32), np.asarray(along_y, np.float32)


def _plain(first: Grey, second: Grey, edges: NDArray[np.float64]) -> Alignment | None:
    """Pictures with few edges or none are still when they hardly differ, nor do steep edges."""
    both = first.usable & second.usable
    if first.values.shape != second.values.shape or not both.any():
        return None
    difference = cv2.absdiff(first.values, second.values)
    if float(np.mean(difference[both])) > PLAIN_LEVELS:
        return None
    x, y = edges.astype(np.intp).T
    slope = np.where(both, np.hypot(*_slopes(_smooth(first))), 0)[y, x]
    agrees = difference[y, x] < PLAIN_EDGE_LEVELS
    if 2 * slope[agrees].sum() < slope.sum():
        return None
    return Alignment(np.eye(3), max(1, int(np.count_nonzero(agrees))))


def _biweight(residual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tukey's weights: 1 for what agrees, 0 for what moves by itself."""
    scale = 4.685 * 1.4826 * float(np.median(np.abs(residual))) + 1e-3
    weights: NDArray[np.float64] = np.square(np.maximum(0.0, 1.0 - np.square(residual / scale)))
    return weights
