"""The alpha of one eye at full size: soft, along the picture's edges, and steady over time."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask, check_alpha, check_frame
from multiplane.core.compute import Compute
from multiplane.core.errors import InputError
from multiplane.core.plugins import choose, make
from multiplane.split.matte.backend import BACKENDS, NeuralRefiner, Refiner
from multiplane.split.matte.choice import decide
from multiplane.split.matte.config import GROUP, GuidedMatte
from multiplane.split.matte.trimap import FOREGROUND, UNKNOWN, Trimap, make_trimap
from multiplane.split.matte.upsample import edge_boxes, upsample_alpha
from multiplane.split.stereo.edges_config import EdgesOptions
from multiplane.split.stereo.edges_crops import Closer, Look, hints_of, look_closer
from multiplane.split.stereo.edges_levels import believed
from multiplane.split.stereo.edges_steady import SteadyEdges

_LOG = logging.getLogger(__name__)

Box = tuple[int, int, int, int]

_MARGIN = 6
"""What is worked on at once reaches so many widths of the band beyond it, as in split.matte."""
_TILE_PX = 512
"""The full picture goes through the method in parts of this side, so memory is bounded."""
_OVERLAP = 12
"""By so many widths of the band a part reaches into those beside it: as far as a pixel is seen."""
_STEP_PX = 8
"""Parts begin at multiples of this, so that what a method makes smaller falls on one grid."""
_SECOND_LOOK = 0.5
"""At full size the edge is known better already: the band is so much of ``edge_px`` wide."""
_LEAST_EDGE_PX = 2
_SURE = 0.02
"""Alphas this near to 0 and 1 are certain enough not to be looked at again."""


class EdgeRefiner:
    """Refines the edges of one eye, frame after frame; one object an eye.

    Coarse first: the method (:mod:`multiplane.split.matte`) moves the edge on the picture made as
    small as the alpha, where a wide band costs little. Then the alpha is upsampled along the edges
    of the full picture, and where it is still neither 0 nor 1 the method looks once more at full
    size, in a band half as wide. At full working size the coarse look takes the picture at half
    size. Both times what the method says of known pixels beside the band tells how far to believe
    it (:func:`believed`). Only parts of the picture round the edges are touched.

    Attributes:
        kind: The method that finds the edge; ``none`` when the alpha is only upsampled.
        why: Why this one, in words.
        notes: What was done about too little memory, and looks that were not taken, in words.
    """

    def __init__(self, options: EdgesOptions, compute: Compute | None = None) -> None:
        """Load the method.

        Args:
            options: How edges are drawn.
            compute: Where networks run.

        Raises:
            ConfigError: There is no such method, model or device.
            WeightsError: The method needs weights that cannot be had.
        """
        self._options, self._compute = options, compute or Compute()
        self._steady = SteadyEdges(options.steady, options.steady_levels)
        self._refiners: dict[int, Refiner] = {}
        self._looks = [0, 0]
        self._second_px = max(_LEAST_EDGE_PX, round(options.edge_px * _SECOND_LOOK))
        self.notes: list[str] = []
        self.kind, self.why = "none", "refine is none"
        if options.refine != "none":
            choice = decide(options.method, self._compute)
            self._method = choice.options
            self.kind, self.why = choice.kind, choice.why
            self._refiner(self._second_px, 1)  # so that what is missing is told now
        _LOG.info("edges with %s: %s", self.kind, self.why)

    def reset(self) -> None:
        """Forget the frame before: what comes next is another place, or another clip."""
        self._steady.reset()

    def refine(
        self,
        frame: Frame,
        alpha: Alpha,
        hints: Sequence[Mask] = (),
        look: Look | None = None,
    ) -> Alpha:
        """Find the soft alpha of a frame at full size.

        Frames come in order, and the one before may hold this one's edges steady: the lead-in of
        a chunk goes through it as well.

        Args:
            frame: (H, W, 3), one eye at full size.
            alpha: (h, w), everybody in it, at working size: soft, or 0 and 1.
            hints: (h, w) each, one a person, for ``full_resolution_crops``; without them each
                connected part is a person.
            look: ``look`` of the people backend, for ``full_resolution_crops``.

        Returns:
            (H, W) in [0, 1]; exactly 0 and 1 away from the edges.

        Raises:
            InputError: Not a frame or an alpha, or the alpha is larger than the frame.
            BackendError: A library failed.
        """
        check_frame(frame), check_alpha(alpha)
        _check_sizes(alpha, frame)
        options = self._options
        size = self._coarse_size(frame, alpha)
        if look is not None and options.full_resolution_crops:
            alpha = self._closer(frame, _resized(alpha, size), hints, look)
        picture = _averaged(frame, size)
        if options.refine != "none":
            alpha = _resized(alpha, size)
            scale = size[0] / frame.shape[1]
            self._find_coarse(picture, alpha, scale)
        full = self._upsampled(alpha, frame)
        boxes = [_scaled(box, size, frame) for box in _edges(_resized(alpha, size))]
        if options.refine != "none":
            for box in boxes:
                _clear_haze(full[box[1] : box[3], box[0] : box[2]], options.haze)
        if options.refine == "full":
            for box in boxes:
                self._find_full(frame, full, box)
        if options.steady:
            self._steady.hold(picture, full, boxes)
        self._collect_notes()
        return full

    def _coarse_size(self, frame: Frame, alpha: Alpha) -> tuple[int, int]:
        """(width, height) of the first look: the alpha's, at most half the frame's."""
        half = (-(-frame.shape[1] // 2), -(-frame.shape[0] // 2))
        if self._options.full_resolution_crops or alpha.shape[1] > half[0]:
            return half
        return alpha.shape[1], alpha.shape[0]

    def _closer(self, frame: Frame, alpha: Alpha, hints: Sequence[Mask], look: Look) -> Alpha:
        people = list(hints) or list(hints_of(alpha))
        closer: Closer = look_closer(frame, alpha, people, look, self._options.look_agreement)
        self._looks[0] += closer.taken
        self._looks[1] += sum(share >= 0 for share in closer.agreements)
        return closer.alpha

    def _find_coarse(self, picture: Frame, alpha: Alpha, scale: float) -> None:
        """Let the method find the edge at coarse size, in place."""
        edge_px = max(_LEAST_EDGE_PX, round(self._options.edge_px * scale))
        refiner = self._refiner(edge_px, scale)
        done: list[tuple[Box, Alpha]] = []  # put in at the end: parts overlap
        for box in _edges(alpha, _MARGIN * edge_px):
            for inner, outer in _tiles(box, alpha.shape, _OVERLAP * edge_px):
                rows, columns = _slices(outer)
                mask: Mask = alpha[rows, columns] >= 0.5
                trimap = make_trimap(mask, edge_px)
                if (trimap == UNKNOWN).any():
                    found = refiner.refine(picture[rows, columns].copy(), mask, trimap)
                    found = believed(found, trimap, edge_px, self._options.doubt)
                else:
                    found = mask.astype(np.float32)
                done.append((inner, found[_within(inner, outer)].copy()))
        for inner, found in done:
            alpha[_slices(inner)] = found

    def _upsampled(self, alpha: Alpha, frame: Frame) -> Alpha:
        size = (frame.shape[1], frame.shape[0])
        if (alpha.shape[1], alpha.shape[0]) == size:
            return alpha.copy()
        if self._options.upsample == "guided":
            return upsample_alpha(alpha, frame)
        return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def _find_full(self, frame: Frame, full: Alpha, box: Box) -> None:
        """Let the method look again at full size where the edge is uncertain, in place."""
        edge_px = self._second_px
        refiner = self._refiner(edge_px, 1)
        done: list[tuple[Box, Alpha]] = []  # put in at the end: parts overlap
        for inner, outer in _tiles(box, full.shape, _OVERLAP * edge_px):
            part = full[_slices(outer)]
            trimap = _uncertain(part)
            if not (trimap[_within(inner, outer)] == UNKNOWN).any():
                continue
            seen = np.ascontiguousarray(frame[_slices(outer)])
            found = refiner.refine(seen, part >= 0.5, trimap)
            found = believed(found, trimap, edge_px, self._options.doubt)
            done.append((inner, found[_within(inner, outer)].copy()))
        for inner, found in done:
            full[_slices(inner)] = found

    def _refiner(self, edge_px: int, scale: float) -> Refiner:
        """The method for a width of the band; networks, which do not depend on it, are one."""
        method, key = self._method, 0
        if isinstance(method, GuidedMatte):
            shrink = max(1, int(method.shrink * scale))
            method, key = method.model_copy(update={"shrink": shrink}), edge_px
        if key not in self._refiners:
            backend = choose(BACKENDS, self.kind, GROUP)
            self._refiners[key] = make(backend, method, edge_px, compute=self._compute)
        return self._refiners[key]

    def _collect_notes(self) -> None:
        told = [
            note
            for refiner in self._refiners.values()
            if isinstance(refiner, NeuralRefiner)
            for note in refiner.notes
        ]
        taken, asked = self._looks
        if taken < asked:
            told.append(
                f"{asked - taken} of {asked} crops at full size were not taken: they agreed too "
                "little with what was found before"
            )
        self.notes[:] = told


def _check_sizes(alpha: Alpha, frame: Frame) -> None:
    """Refuse an alpha that is larger than its frame.

    Raises:
        InputError: It is.
    """
    (height, width), (h, w) = frame.shape[:2], alpha.shape
    if h > height or w > width:
        raise InputError(
            f"alpha is {w}x{h}, larger than the frame, {width}x{height}",
            why="people are found at working size, which is the frame's or smaller",
            fix=f"cv2.resize(alpha, ({width}, {height}), interpolation=cv2.INTER_AREA)",
        )


def _uncertain(alpha: Alpha) -> Trimap:
    """What an alpha leaves open, and a pixel round that."""
    soft = ((alpha > _SURE) & (alpha < 1 - _SURE)).view(np.uint8)
    trimap = (alpha >= 0.5).astype(np.uint8) * np.uint8(FOREGROUND)
    trimap[cv2.dilate(soft, np.ones((3, 3), np.uint8)) > 0] = UNKNOWN
    return trimap


def _edges(alpha: Alpha, margin: int = 8) -> list[Box]:
    """Boxes round the parts of an alpha that have an edge, and a margin."""
    window = np.ones((3, 3), np.uint8)
    levels = np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)
    soft = cv2.morphologyEx(levels, cv2.MORPH_GRADIENT, window) > 0
    soft |= (levels > 0) & (levels < 255)
    return edge_boxes(np.asarray(soft, np.bool_), margin)


def _tiles(box: Box, shape: tuple[int, ...], margin: int) -> Iterator[tuple[Box, Box]]:
    """The parts of a box that are worked on at once, each without and with what is round it."""
    x0, y0, x1, y1 = box
    for top in range(y0, y1, _TILE_PX):
        for left in range(x0, x1, _TILE_PX):
            inner = (left, top, min(x1, left + _TILE_PX), min(y1, top + _TILE_PX))
            outer = (
                max(0, left - margin) // _STEP_PX * _STEP_PX,
                max(0, top - margin) // _STEP_PX * _STEP_PX,
                min(shape[1], -(-(inner[2] + margin) // _STEP_PX) * _STEP_PX),
                min(shape[0], -(-(inner[3] + margin) // _STEP_PX) * _STEP_PX),
            )
            yield inner, outer


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box[1], box[3]), slice(box[0], box[2])


def _within(inner: Box, outer: Box) -> tuple[slice, slice]:
    """Where one box lies in another."""
    x, y = outer[:2]
    return slice(inner[1] - y, inner[3] - y), slice(inner[0] - x, inner[2] - x)


def _scaled(box: Box, size: tuple[int, int], frame: Frame) -> Box:
    """A box of the coarse picture in px of the full one, rounded outwards."""
    height, width = frame.shape[:2]
    across, down = width / size[0], height / size[1]
    return (
        int(box[0] * across),
        int(box[1] * down),
        min(width, int(np.ceil(box[2] * across))),
        min(height, int(np.ceil(box[3] * down))),
    )


def _clear_haze(part: Alpha, haze: float) -> None:
    """Make what is nearly 0 and nearly 1 exactly that, in place."""
    part -= np.float32(haze)
    part *= np.float32(1 / (1 - 2 * haze))
    np.clip(part, 0, 1, out=part)


def _resized(alpha: Alpha, size: tuple[int, int]) -> Alpha:
    """An alpha at (width, height), never the array that was handed in."""
    if (alpha.shape[1], alpha.shape[0]) == size:
        return alpha.copy()
    way = cv2.INTER_AREA if size[0] < alpha.shape[1] else cv2.INTER_LINEAR
    return np.asarray(np.clip(cv2.resize(alpha, size, interpolation=way), 0, 1), np.float32)


def _averaged(frame: Frame, size: tuple[int, int]) -> Frame:
    if (frame.shape[1], frame.shape[0]) == size:
        return frame
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
