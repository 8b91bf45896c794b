"""Damage drawn onto pictures, of which it is known where it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask

PLASTER, DARK, TEA = (222, 213, 196), (24, 20, 18), (0.80, 0.70, 0.50)
KINDS = ("cracks", "losses", "stains")


def draw_damage(
    frame: Frame,
    seed: int = 0,
    cracks: int = 4,
    losses: int = 3,
    stains: int = 2,
    stain_size: float = 0.09,
) -> tuple[Frame, Mask, dict[str, Mask]]:
    """Damage a picture: stains lie below, then losses, cracks on top.

    Args:
        frame: (H, W, 3); a side of 64 px and more.
        seed: Another seed draws other damage.
        cracks: Dark wandering lines with branches, 1 to 4 px wide and softly drawn.
        losses: Jagged blobs of bright plaster, every third one dark, with grain and a little
            uneven in tone, as bare grounds are.
        stains: Brownish veils with a soft border, through which the picture shows.
        stain_size: Their radius as a share of the shorter side, more or less. At 0.14 each takes 4
            to 28 % of the picture, and there is often nothing left to compare it with.

    Returns:
        The damaged picture, all damage, and the damage of each kind; a kind has none of what a
        later one covers.
    """
    rng = np.random.default_rng(seed)
    shape = frame.shape[:2]
    picture = frame.astype(np.float32)
    kinds = {kind: np.zeros(shape, np.bool_) for kind in KINDS}
    for _ in range(stains):
        share = _veil(shape, rng, stain_size)
        tint = np.float32(TEA) + rng.uniform(-0.04, 0.04)
        picture *= 1 - share[..., None] * (1 - tint)
        kinds["stains"] |= share >= 0.4
    for index in range(losses):
        blob = _blob(shape, rng, 0.05)
        colour = np.float32(DARK if index % 3 == 2 else PLASTER) + rng.normal(0, 4, 3)
        grain = cv2.GaussianBlur(rng.normal(0, 3, (*shape, 1)), (0, 0), 0.8)[..., None]
        soft = cv2.GaussianBlur(blob.astype(np.float32), (0, 0), 0.6)[..., None]
        uneven = _uneven(shape, np.random.default_rng((seed, index)))
        picture = picture * (1 - soft) + (colour + grain + uneven) * soft
        kinds["losses"] |= blob
    for _ in range(cracks):
        share = _crack(shape, rng)
        picture = picture * (1 - share[..., None]) + np.float32(DARK) * share[..., None]
        kinds["cracks"] |= share >= 0.4
    kinds["losses"] &= ~kinds["cracks"]
    kinds["stains"] &= ~(kinds["cracks"] | kinds["losses"])
    damaged = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return damaged, np.logical_or.reduce([*kinds.values()]), kinds


def visible(clean: Frame, damaged: Frame, least: float = 5.0) -> Mask:
    """Where damage has changed a picture by so much in CIELAB; twice what a sharp eye tells."""
    labs = [
        cv2.cvtColor(frame.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab)
        for frame in (clean, damaged)
    ]
    return np.asarray(np.linalg.norm(labs[0] - labs[1], axis=2) >= least)


def _crack(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """(H, W) how much of the crack is at each pixel."""
    drawn = np.zeros(shape, np.uint8)
    place = rng.uniform(0.1, 0.9, 2) * np.array(shape[::-1])
    heading, width = rng.uniform(0, 2 * np.pi), rng.uniform(1.2, 3.5)
    _walk(drawn, (place, heading, width), rng, rng.uniform(0.5, 1.0) * min(shape))
    return drawn.astype(np.float32) / np.float32(255) * np.float32(rng.uniform(0.75, 0.95))


def _walk(
    drawn: NDArray[np.uint8],
    start: tuple[NDArray[np.float64], float, float],
    rng: np.random.Generator,
    length_px: float,
) -> None:
    """Draw a wandering line that thins out, and now and then a branch off it."""
    place, heading, width = start
    gone, step = 0.0, 6.0
    while gone < length_px:
        heading += rng.normal(0, 0.25)
        onward = place + step * np.array([np.cos(heading), np.sin(heading)])
        now = max(1.0, width * (1 - 0.6 * gone / length_px) + rng.normal(0, 0.2))
        ends = [np.rint(p * 16).astype(int) for p in (place, onward)]
        cv2.line(drawn, ends[0], ends[1], 255, max(1, round(now)), cv2.LINE_AA, 4)
        if width > 1.5 and rng.random() < 0.03:
            branch = heading + rng.choice((-1, 1)) * rng.uniform(0.6, 1.2)
            _walk(drawn, (onward, branch, width * 0.6), rng, 0.4 * (length_px - gone))
        place, gone = onward, gone + step


def _blob(shape: tuple[int, int], rng: np.random.Generator, size: float) -> Mask:
    """A jagged disk; its radius is a share of the shorter side, more or less."""
    radius = min(shape) * size * rng.uniform(0.7, 1.6)
    x, y = rng.uniform(0.12, 0.88, 2) * np.array(shape[::-1])
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    rough = cv2.GaussianBlur(rng.normal(0, 1, shape), (0, 0), max(1.5, radius / 5))
    away = np.hypot(columns - x, (rows - y) * rng.uniform(0.7, 1.4)) / radius
    return np.asarray(away + 0.3 * rough / rough.std() < 1) & (away < 2.5)


def _uneven(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """(H, W, 1) levels, light and dark by turns over a few px."""
    size_px = max(3.0, 0.012 * min(shape))
    mottled = cv2.GaussianBlur(rng.normal(0, 1, shape), (0, 0), size_px)
    return np.asarray(3 * mottled / mottled.std())[..., None]


def _veil(shape: tuple[int, int], rng: np.random.Generator, size: float) -> NDArray[np.float32]:
    """(H, W) how much of a stain is at each pixel."""
    blob = _blob(shape, rng, size).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(blob, (0, 0), max(2.0, 0.014 * min(shape))), np.float32)


def plaster_wall(shape: tuple[int, int] = (300, 400)) -> Frame:
    """A smooth ground: a gradient with fine grain."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] / max(shape)
    colours = np.dstack([150 + 40 * columns, 120 + 40 * rows, 100 - 30 * columns])
    grain = np.random.default_rng(2).normal(0, 2, colours.shape)
    return np.clip(colours + grain, 0, 255).astype(np.uint8)


def brush_strokes(shape: tuple[int, int] = (300, 400), seed: int = 1) -> Frame:
    """A painted ground: short strokes of several blues and ochres along a bent field."""
    rng = np.random.default_rng(seed)
    frame = np.full((*shape, 3), (70, 90, 130), np.uint8)
    bent = cv2.GaussianBlur(rng.normal(0, 1, shape), (0, 0), 0.1 * min(shape))
    bent *= 1.6 / bent.std()
    shades = [(60, 85, 140), (85, 110, 160), (110, 130, 150), (70, 95, 120), (140, 135, 95)]
    for _ in range(shape[0] * shape[1] // 40):
        x, y = (rng.random(2) * shape[::-1]).astype(int)
        angle, half = bent[y, x] + rng.normal(0, 0.15), rng.uniform(4, 10)
        off = half * np.array([np.cos(angle), np.sin(angle)])
        shade = np.array(shades[rng.integers(len(shades))]) + rng.normal(0, 8, 3)
        ends = [np.rint((np.array([x, y]) + sign * off) * 16).astype(int) for sign in (-1, 1)]
        colour = tuple(float(v) for v in np.clip(shade, 0, 255))
        cv2.line(frame, ends[0], ends[1], colour, int(rng.integers(2, 5)), cv2.LINE_AA, 4)
    return frame
