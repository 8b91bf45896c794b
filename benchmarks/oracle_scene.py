"""A drawn scene of which everything is known: what restoring backgrounds is measured on.

A textured world is looked at by a camera that pans, zooms and rolls by fractions of a pixel; a
textured sprite walks over it and the light drifts. The sprite is wider than its walk is long, so
that part of the world is never seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
Matrix: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """How the scene is drawn.

    Attributes:
        width: Frame width, pixels.
        height: Frame height, pixels.
        frames: Length of the shot.
        pan_px: How far the camera pans through the shot, pixels.
        zoom: Scale at the end of the shot over the scale at its start.
        roll_degrees: How far the camera rolls through the shot.
        walk: How far the sprite walks, as a share of the width; small values leave much of the
            world never seen.
        light: How much the gain rises through the shot; the red channel rises twice as much.
        parallax_px: How far the depth of the world bends it through the shot beyond what a
            homography can follow, pixels.
        noise: Standard deviation of the sensor noise, grey levels.
        seed: Decides everything that is drawn.
    """

    width: int = 320
    height: int = 240
    frames: int = 24
    pan_px: float = 30.0
    zoom: float = 1.06
    roll_degrees: float = 1.5
    walk: float = 0.1
    light: float = 0.06
    parallax_px: float = 0.0
    noise: float = 1.0
    seed: int = 5


@dataclass(frozen=True)
class Drawn:
    """The scene as drawn, a list entry a frame.

    Attributes:
        frames: uint8 (H, W, 3), what the camera took.
        backgrounds: uint8 (H, W, 3), the same without the sprite, noise included.
        masks: bool (H, W), exactly where the sprite is.
        alphas: float32 (H, W), how much of each pixel it covers.
        world_to_frame: float64 (3, 3), the true camera.
    """

    frames: list[Picture]
    backgrounds: list[Picture]
    masks: list[NDArray[np.bool_]]
    alphas: list[NDArray[np.float32]]
    world_to_frame: list[Matrix]


def draw(scene: Scene) -> Drawn:
    """Draw the whole scene.

    Args:
        scene: How.

    Returns:
        Frames, and the truth behind them.
    """
    rng = np.random.default_rng(scene.seed)
    margin = int(2 * abs(scene.pan_px) + 0.15 * scene.width) + 8
    world = texture(rng, scene.height + 2 * margin, scene.width + 2 * margin)
    sprite, cover = _sprite(rng, scene)
    drawn = Drawn([], [], [], [], [])
    for index in range(scene.frames):
        share = index / max(1, scene.frames - 1)
        camera = _camera(scene, share, margin)
        size = (scene.width, scene.height)
        bent = _bend(world, scene.parallax_px * share)
        plain = cv2.warpPerspective(bent, camera, size, flags=cv2.INTER_LANCZOS4)
        place = _place(scene, share, sprite.shape[1])
        fore = cv2.warpAffine(sprite, place, size, flags=cv2.INTER_LINEAR)
        alpha = np.clip(cv2.warpAffine(cover, place, size, flags=cv2.INTER_LINEAR), 0, 1)
        gain = 1.0 + scene.light * share * np.array([2.0, 1.0, 0.5])
        noise = rng.normal(0.0, scene.noise, plain.shape) if scene.noise else 0.0
        both = plain * (1 - alpha[..., None]) + fore * alpha[..., None]
        drawn.backgrounds.append(_to_bytes(plain * gain + noise))
        drawn.frames.append(_to_bytes(both * gain + noise))
        drawn.masks.append(alpha > 0.02)
        drawn.alphas.append(np.where(alpha > 0.02, alpha, 0).astype(np.float32))
        drawn.world_to_frame.append(camera)
    return drawn


def seen_somewhere(drawn: Drawn, index: int, hidden: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Which pixels of a frame show a place that some frame shows unhidden.

    Args:
        drawn: The scene.
        index: The frame.
        hidden: (H, W) a frame, True where it shows nothing of the world.

    Returns:
        (H, W), True where the world was seen at least once.
    """
    height, width = hidden[index].shape
    seen = np.zeros((height, width), dtype=np.bool_)
    for other, mask in enumerate(hidden):
        camera = drawn.world_to_frame[index] @ np.linalg.inv(drawn.world_to_frame[other])
        free = (~mask).astype(np.float32)
        seen |= cv2.warpPerspective(free, camera, (width, height)) > 0.99
    return seen


def texture(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Soft hills, hard edges and fine grain: something to register by and something to smear.

    Args:
        rng: Where the randomness comes from.
        height: Pixels.
        width: Pixels.

    Returns:
        float32 (height, width, 3) within [20, 235].
    """
    total = np.zeros((height, width, 3), np.float32)
    for sigma, weight in ((1.2, 0.5), (3.0, 0.8), (8.0, 1.0), (24.0, 1.6)):
        layer = cv2.GaussianBlur(rng.normal(size=total.shape).astype(np.float32), (0, 0), sigma)
        total += weight * layer / layer.std()
    for _ in range(height * width // 1500):
        x, y = rng.integers(0, width), rng.integers(0, height)
        colour = [float(c) for c in rng.normal(0.0, 2.0, 3)]
        radius = int(rng.integers(3, 12))
        cv2.circle(total, (int(x), int(y)), radius, colour, -1, cv2.LINE_8)
    total = cv2.GaussianBlur(total, (0, 0), 0.7)
    return np.clip(128 + 30 * total, 20, 235).astype(np.float32)


def _sprite(
    rng: np.random.Generator, scene: Scene
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A textured body on a narrower foot; behind the body's middle nothing is ever seen."""
    height, width = int(0.62 * scene.height), int(0.26 * scene.width)
    colour = texture(rng, height, width)[..., ::-1] * [0.9, 0.5, 0.4] + [25, 0, 10]
    cover = np.zeros((height, width), np.float32)
    middle = (width // 2, int(0.42 * height))
    cv2.ellipse(cover, middle, (int(0.42 * width), int(0.40 * height)), 0, 0, 360, 1.0, -1)
    cv2.rectangle(cover, (int(0.3 * width), height // 2), (int(0.7 * width), height), 1.0, -1)
    return colour.astype(np.float32), cv2.GaussianBlur(cover, (0, 0), 1.0)


def _camera(scene: Scene, share: float, margin: int) -> Matrix:
    """World to frame at a moment of the shot, 0 to 1."""
    grown = scene.zoom**share
    angle = np.deg2rad(scene.roll_degrees) * share
    cosine, sine = grown * np.cos(angle), grown * np.sin(angle)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    middle_x, middle_y = margin + scene.width / 2, margin + scene.height / 2
    pan_x, pan_y = scene.pan_px * share, 0.3 * scene.pan_px * share
    to_middle = np.array([[1, 0, -middle_x - pan_x], [0, 1, -middle_y - pan_y], [0, 0, 1]])
    back = np.array([[1, 0, scene.width / 2], [0, 1, scene.height / 2], [0, 0, 1]])
    return np.asarray(back @ turn @ to_middle, np.float64)


def _bend(world: NDArray[np.float32], by_px: float) -> NDArray[np.float32]:
    """Shift the world by a depth that rolls in waves; what a homography cannot follow."""
    if not by_px:
        return world
    height, width = world.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    depth = np.sin(x * (5 / width * 2) + 1) * np.cos(y * (4 / height * 2))
    return np.asarray(cv2.remap(world, x + by_px * depth, y, cv2.INTER_LANCZOS4), np.float32)


def _place(scene: Scene, share: float, width: int) -> Matrix:
    """Sprite to frame at a moment of the shot, 0 to 1."""
    x = (0.5 + scene.walk * (share - 0.5)) * scene.width - width / 2
    y = 0.30 * scene.height + 4 * np.sin(9 * share)
    return np.array([[1, 0, x], [0, 1, y]], np.float64)


def _to_bytes(values: NDArray[np.float64]) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
