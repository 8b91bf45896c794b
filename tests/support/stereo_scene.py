"""A synthetic VR180 scene with exact alpha, depth, disparity and ids, for tests and benchmarks.

A room is ray-cast into two half-equirect eyes 64 mm apart, with people in it: upright cards that
face the viewer, each an RGBA cut-out. x is right, y up, z forward, metres; eyes stand at height 0.
Where nothing else is said the left eye is first. All of it is deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
BASELINE_M = 0.064
ROOM_M = ((-3.2, 3.2), (-1.6, 1.8), (-3.0, 5.0))
"""Walls, floor and ceiling, window and back."""
Pose = Callable[[float], tuple[float, float, float]]
Cutout = Callable[[float], NDArray[np.uint8]]


@dataclass(frozen=True)
class Card:
    """Somebody (or something) as an upright card that faces the viewer.

    Attributes:
        id: Who it is, from 1; 0 is a thing that hides people and is nobody.
        where: Seconds → (x, y, z) of its centre, metres.
        look: Seconds → uint8 (h, w, 4) RGBA, straight.
        height_m: How tall it is.
        since_s: Before this it is not there.
        until_s: From then on it is not there.
    """

    id: int
    where: Pose
    look: Cutout
    height_m: float = 1.7
    since_s: float = -math.inf
    until_s: float = math.inf


@dataclass(frozen=True)
class Flaws:
    """What is wrong with a rig: one number an eye, left first.

    Attributes:
        gain: Brightness is multiplied by it.
        gamma: And raised to it.
        roll_deg: The eye is turned about its own z (to the right ear).
        pitch_deg: It looks down by so much.
        yaw_deg: It looks to the right by so much.
        hidden: Ids that an eye does not show, whatever the reason.
    """

    gain: tuple[float, float] = (1.0, 1.0)
    gamma: tuple[float, float] = (1.0, 1.0)
    roll_deg: tuple[float, float] = (0.0, 0.0)
    pitch_deg: tuple[float, float] = (0.0, 0.0)
    yaw_deg: tuple[float, float] = (0.0, 0.0)
    hidden: Mapping[Side, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Eye:
    """What one eye sees at one moment.

    Attributes:
        frame: uint8 (N, N, 3) RGB.
        alpha: float32 (N, N), how much of a pixel is people.
        alphas: Id → float32 (N, N), the visible share of each.
        ids: uint8 (N, N), who has most of a pixel; 0 where it is less than half people.
        depth_m: float32 (N, N), distance along the ray of what is in front.
        background: uint8 (N, N, 3), the room without people.
    """

    frame: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    alphas: Mapping[int, NDArray[np.float32]]
    ids: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    background: NDArray[np.uint8]


class Scene:
    """The room and who is in it."""

    def __init__(
        self, size_px: int, cards: Sequence[Card] = (), flaws: Flaws | None = None,
        samples: int = 2, baseline_m: float = BASELINE_M,
    ) -> None:  # fmt: skip
        """Set it up.

        Args:
            size_px: Side of an eye.
            cards: Who is in it.
            flaws: What is wrong with the rig.
            samples: Rays a pixel along each side.
            baseline_m: Between the eyes; negative swaps them.
        """
        self.size_px, self.cards, self.samples = size_px, tuple(cards), samples
        self.flaws = flaws or Flaws()
        self.baseline_m = baseline_m

    def origin(self, side: Side) -> NDArray[np.float32]:
        """Where an eye is, (3,) metres."""
        return np.array([(-0.5 if side == "left" else 0.5) * self.baseline_m, 0, 0], np.float32)

    def turn(self, side: Side) -> NDArray[np.float32]:
        """Eye axes to room axes, (3, 3)."""
        at = SIDES.index(side)
        yaw, pitch, roll = (
            math.radians(angle[at])
            for angle in (self.flaws.yaw_deg, self.flaws.pitch_deg, self.flaws.roll_deg)
        )
        c, s = math.cos(yaw), math.sin(yaw)
        about_y = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        c, s = math.cos(pitch), math.sin(pitch)
        about_x = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
        c, s = math.cos(roll), math.sin(roll)
        about_z = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        return np.asarray(about_y @ about_x @ about_z, np.float32)

    def eye(self, t: float, side: Side) -> Eye:
        """What one eye sees at a moment in seconds."""
        rays = self._rays(side)
        colour, depth = (array.copy() for array in self._rooms[side])
        hidden = self.flaws.hidden.get(side, frozenset())
        shown = [c for c in self.cards if c.since_s <= t < c.until_s and c.id not in hidden]
        shares: dict[int, NDArray[np.float32]] = {c.id: np.zeros_like(depth) for c in shown}
        for card in sorted(shown, key=lambda card: -float(np.linalg.norm(card.where(t)))):
            rows, columns, texel, distance = self._card(card, t, side, rays)
            if texel is None:
                continue
            share = texel[..., 3]
            part = (rows, columns)
            for other in shares.values():
                other[part] *= 1 - share
            if card.id:
                shares[card.id][part] += share
            colour[part] = texel[..., :3] + colour[part] * (1 - share[..., None])
            depth[part] = np.where(share > 0.5, distance, depth[part])
        alphas = {k: self._reduce(v) for k, v in shares.items() if k}
        nobody = np.zeros((self.size_px, self.size_px), np.float32)
        alpha = np.clip(sum(alphas.values(), nobody), 0, 1)
        ids = np.zeros(alpha.shape, np.uint8)
        if alphas:
            who = np.array([*alphas], np.uint8)[np.argmax(np.stack([*alphas.values()]), axis=0)]
            ids = np.where(alpha >= 0.5, who, 0).astype(np.uint8)
        return Eye(
            self._finish(self._reduce(colour), side),
            alpha,
            alphas,
            ids,
            np.ascontiguousarray(depth[self.samples // 2 :: self.samples,
                                       self.samples // 2 :: self.samples]),
            self._finish(self._reduce(self._rooms[side][0]), side),
        )  # fmt: skip

    def pair(self, t: float) -> tuple[Eye, Eye]:
        """What both eyes see."""
        return self.eye(t, "left"), self.eye(t, "right")

    def sbs(self, t: float) -> NDArray[np.uint8]:
        """Both eyes side by side, (N, 2 N, 3)."""
        return np.hstack([eye.frame for eye in self.pair(t)])

    def sbs_alpha(self, t: float) -> NDArray[np.float32]:
        """Their alphas side by side, (N, 2 N)."""
        return np.hstack([eye.alpha for eye in self.pair(t)])

    @cached_property
    def _rooms(self) -> dict[Side, tuple[NDArray[np.float32], NDArray[np.float32]]]:
        return {side: _room(self.origin(side), self._rays(side)) for side in SIDES}

    def _rays(self, side: Side) -> NDArray[np.float32]:
        return self._all_rays[side]

    @cached_property
    def _all_rays(self) -> dict[Side, NDArray[np.float32]]:
        n = self.size_px * self.samples
        at = (np.arange(n, dtype=np.float64) + 0.5) / n
        lon, lat = (at - 0.5) * math.pi, (0.5 - at) * math.pi
        rays = np.empty((n, n, 3), np.float32)
        rays[..., 0] = np.cos(lat)[:, None] * np.sin(lon)[None]
        rays[..., 1] = np.sin(lat)[:, None]
        rays[..., 2] = np.cos(lat)[:, None] * np.cos(lon)[None]
        return {side: rays @ self.turn(side).T for side in SIDES}

    def _card(
        self, card: Card, t: float, side: Side, rays: NDArray[np.float32]
    ) -> tuple[slice, slice, NDArray[np.float32] | None, NDArray[np.float32]]:
        """The box of an eye that a card lies in, its premultiplied colour and its distance."""
        picture = card.look(t)
        high, wide = picture.shape[:2]
        centre = np.asarray(card.where(t), np.float64)
        normal = np.array([centre[0], 0, centre[2]]) / math.hypot(centre[0], centre[2])
        across, up = np.array([normal[2], 0, -normal[0]]), np.array([0.0, 1.0, 0.0])
        half_h = card.height_m / 2
        half_w = half_h * wide / high
        rows, columns = self._box(side, centre, across * half_w, up * half_h)
        local = rays[rows, columns]
        away = centre - self.origin(side)
        facing = local @ normal.astype(np.float32)
        none = np.zeros((0, 0), np.float32)
        if not local.size:
            return rows, columns, None, none
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(facing > 1e-3, float(away @ normal) / facing, np.inf)
            hit = np.where(np.isfinite(distance), distance, 0)[..., None] * local - away
        u = hit @ across.astype(np.float32) / (2 * half_w) + 0.5
        v = 0.5 - hit @ up.astype(np.float32) / (2 * half_h)
        there = np.isfinite(distance)
        x = np.where(there, u * wide - 0.5, -9).astype(np.float32)
        y = np.where(there, v * high - 0.5, -9).astype(np.float32)
        straight = picture.astype(np.float32) / 255
        straight[..., :3] *= straight[..., 3:]
        texel = cv2.remap(straight, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return rows, columns, texel, np.asarray(distance, np.float32)

    def _box(
        self, side: Side, centre: NDArray[Any], across: NDArray[Any], up: NDArray[Any]
    ) -> tuple[slice, slice]:
        """Rows and columns that hold a card; its outline is looked at, since edges bend."""
        n = self.size_px * self.samples
        steps = np.linspace(-1.05, 1.05, 33)
        outline = [centre + a * across + b * up for a in steps for b in (-1.05, 0, 1.05)]
        outline += [centre + a * across + b * up for b in steps for a in (-1.05, 1.05)]
        seen = (np.array(outline) - self.origin(side)) @ self.turn(side)
        seen /= np.linalg.norm(seen, axis=1, keepdims=True)
        lon = np.arctan2(seen[:, 0], seen[:, 2])
        lat = np.arcsin(np.clip(seen[:, 1], -1, 1))
        x, y = (lon / math.pi + 0.5) * n, (0.5 - lat / math.pi) * n
        low = (int(max(0, x.min() - 2)), int(max(0, y.min() - 2)))
        high = (int(min(n, max(0, x.max() + 3))), int(min(n, max(0, y.max() + 3))))
        return slice(low[1], high[1]), slice(low[0], high[0])

    def _reduce(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        n, s = self.size_px, self.samples
        return np.asarray(
            array.reshape(n, s, n, s, *array.shape[2:]).mean(axis=(1, 3), dtype=np.float32)
        )

    def _finish(self, colour: NDArray[np.float32], side: Side) -> NDArray[np.uint8]:
        at = SIDES.index(side)
        lit = np.clip(colour * self.flaws.gain[at], 0, 1) ** self.flaws.gamma[at]
        return np.asarray(np.rint(lit * 255), np.uint8)


def _room(
    origin: NDArray[np.float32], rays: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colour and distance of the walls along each ray."""
    distance = np.full(rays.shape[:2], np.inf, np.float32)
    wall = np.zeros(rays.shape[:2], np.uint8)
    for axis, ends in enumerate(ROOM_M):
        for end, place in enumerate(ends):
            with np.errstate(divide="ignore", invalid="ignore"):
                t = (place - origin[axis]) / rays[..., axis]
            nearer = (t > 0) & (t < distance)
            distance[nearer], wall[nearer] = t[nearer], 2 * axis + end
    points = origin + rays * distance[..., None]
    colour = np.empty((*distance.shape, 3), np.float32)
    for number in range(6):
        here = wall == number
        across = [axis for axis in range(3) if axis != number // 2]
        colour[here] = _paint(number, points[here][:, across])
    return colour, distance


def _paint(wall: int, place_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """A texture that has detail at every size and repeats nowhere in the room."""
    x, y = place_m[:, 0], place_m[:, 1]
    noise = np.random.default_rng(100 + wall)
    value = np.zeros(len(x), np.float32)
    for octave in range(7):
        waves = noise.uniform(-1, 1, (4, 2)) * 2.1**octave * 1.3
        phases = noise.uniform(0, 2 * math.pi, 4)
        for (a, b), phase in zip(waves, phases, strict=True):
            value += np.sin(a * x + b * y + phase).astype(np.float32) * 0.62**octave
    bricks = ((np.floor(x / 0.31) + np.floor(y / 0.17)) % 2) * 0.12
    base = noise.uniform(0.35, 0.65, 3).astype(np.float32)
    tint = noise.uniform(0.05, 0.11, 3).astype(np.float32)
    return np.clip(base + tint * value[:, None] + bricks[:, None].astype(np.float32), 0, 1)


def drawn_person(seed: int = 0, height_px: int = 384) -> Cutout:
    """Somebody who walks on the spot: hair in strands, a striped shirt, legs and arms that swing.

    Args:
        seed: Another number is somebody else.
        height_px: Of the cut-out; its width is half of it.

    Returns:
        Seconds → uint8 (height_px, height_px / 2, 4) RGBA, straight.
    """
    noise = np.random.default_rng(seed)
    shirt, trousers, hair = (noise.integers(30, 226, 3) for _ in range(3))
    skin = np.array([224, 172, 140]) - noise.integers(0, 90)
    strands = noise.uniform(-1, 1, (22, 2))
    phase = noise.uniform(0, 2 * math.pi)

    def look(t: float) -> NDArray[np.uint8]:
        k = 4  # drawn larger, then reduced: exact soft edges
        h, w = height_px * k, height_px * k // 2
        colour = np.zeros((h, w, 3), np.uint8)
        alpha = np.zeros((h, w), np.uint8)
        u = h / 100  # a hundredth of the height
        cx = w / 2
        swing = math.sin(2 * math.pi * 0.9 * t + phase)

        def stroke(points: Sequence[tuple[float, float]], wide: float, what: Any) -> None:
            line = np.array([[cx + x * u, y * u] for x, y in points]).round().astype(np.int32)
            width = max(1, round(wide * u))
            for canvas, value in ((colour, tuple(int(v) for v in what)), (alpha, 255)):
                cv2.polylines(canvas, [line], isClosed=False, color=value, thickness=width)

        for sign in (-1, 1):
            foot = 9 * swing * sign
            stroke([(2.2 * sign, 54), (2.6 * sign + foot / 2, 74), (3 * sign + foot, 95)], 6.5,
                   trousers)  # fmt: skip
        for sign in (-1, 1):
            hand = -8 * swing * sign
            stroke([(7 * sign, 24), (9 * sign + hand / 2, 38), (8 * sign + hand, 52)], 4.2, skin)
        corners = [(-8, 20), (8, 20), (6.5, 57), (-6.5, 57)]
        body = np.array([[cx + x * u, y * u] for x, y in corners]).round().astype(np.int32)
        cv2.fillPoly(colour, [body], tuple(int(v) for v in shirt))
        cv2.fillPoly(alpha, [body], 255)
        for stripe in range(22, 57, 6):
            row = slice(round(stripe * u), round((stripe + 2.4) * u))
            colour[row][alpha[row] > 0] = 255 - shirt
        for dx, dy in strands:
            stroke([(3.6 * dx, 7), (6 * dx, 12 + 3 * dy), (7.5 * dx + swing, 19 + 2 * dy)], 0.45,
                   hair)  # fmt: skip
        stroke([(0, 10), (0, 20)], 5, skin)
        for canvas, value in ((colour, tuple(int(v) for v in skin)), (alpha, 255)):
            cv2.ellipse(canvas, (round(cx), round(10.5 * u)), (round(5.2 * u), round(6.8 * u)),
                        0, 0, 360, value, -1)  # fmt: skip
        top = np.zeros_like(alpha)
        cv2.ellipse(top, (round(cx), round(8.5 * u)), (round(5.8 * u), round(6.2 * u)),
                    0, 180, 360, 255, -1)  # fmt: skip
        colour[top > 0], alpha[top > 0] = hair, 255
        return _shrink(colour, alpha, k)

    return look


def _shrink(colour: NDArray[np.uint8], alpha: NDArray[np.uint8], k: int) -> NDArray[np.uint8]:
    """Reduce premultiplied, give the colour back straight."""
    size = (alpha.shape[1] // k, alpha.shape[0] // k)
    share = alpha.astype(np.float32) / 255
    light = cv2.resize(colour * share[..., None], size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(share, size, interpolation=cv2.INTER_AREA)
    straight = light / np.maximum(soft, 1e-6)[..., None]
    return np.dstack([np.clip(np.rint(straight), 0, 255), np.rint(soft * 255)]).astype(np.uint8)


def still(picture: NDArray[np.uint8]) -> Cutout:
    """A cut-out that does not move: uint8 (h, w, 4)."""
    return lambda t: picture


def filmed(pictures: Sequence[NDArray[np.uint8]], rate: float) -> Cutout:
    """Cut-outs that follow one another: uint8 (h, w, 4) each; goes there and back."""
    there_and_back = [*pictures, *pictures[-2:0:-1]]
    return lambda t: there_and_back[int(max(0.0, t) * rate) % len(there_and_back)]


def pillar(colour: tuple[int, int, int] = (92, 70, 48)) -> NDArray[np.uint8]:
    """Something that hides people."""
    picture = np.zeros((200, 40, 4), np.uint8)
    picture[..., :3] = colour
    picture[::9, :, :3] = 30
    picture[..., 3] = 255
    return picture


def stands(x: float, z: float, y: float = -0.35) -> Pose:
    """Stays where it is."""
    return lambda t: (x, y, z)


def walks(start: tuple[float, float], end: tuple[float, float], seconds: float) -> Pose:
    """From (x, z) to (x, z) and back, again and again."""

    def where(t: float) -> tuple[float, float, float]:
        share = 0.5 - 0.5 * math.cos(math.pi * t / seconds)
        return (start[0] + (end[0] - start[0]) * share, -0.35,
                start[1] + (end[1] - start[1]) * share)  # fmt: skip

    return where


def people_scene(
    size_px: int = 256,
    people: int = 2,
    flaws: Flaws | None = None,
    more: Sequence[Card] = (),
    samples: int = 2,
) -> Scene:
    """People who walk: 1 from left to right at 1.6 m, 2 the other way at 2.6 m (they cross), and
    so on further away.

    Args:
        size_px: Side of an eye.
        people: How many, up to 4.
        flaws: What is wrong with the rig.
        more: Further cards.
        samples: Rays a pixel along each side.
    """
    ways = [((-0.7, 1.6), (0.7, 1.6)), ((1.0, 2.6), (-0.9, 2.5)), ((-1.9, 2.2), (-1.3, 1.9)),
            ((1.6, 1.5), (1.4, 2.6))]  # fmt: skip
    cards = [
        Card(number, walks(*ways[number - 1], seconds=2.0), drawn_person(number))
        for number in range(1, people + 1)
    ]
    return Scene(size_px, [*cards, *more], flaws, samples)


def times_of(frames: int, rate: Fraction, vfr: bool = False) -> list[Fraction]:
    """When each frame is shown, seconds; with ``vfr`` some stay longer, as phones record."""
    step = 1 / rate
    if not vfr:
        return [index * step for index in range(frames)]
    times, now = [], Fraction(0)
    for index in range(frames):
        times.append(now)
        now += step * (1 + (index * 7 % 5 == 0) + Fraction(index * 3 % 4, 4))
    return times


def write_clip(  # noqa: PLR0913 - what clips differ in
    path: Path,
    scene: Scene | Callable[[float], NDArray[np.uint8]],
    frames: int = 12,
    rate: Fraction = Fraction(30000, 1001),
    *,
    vfr: bool = False,
    sound_tracks: int = 1,
    spherical: bool = False,
    codec: str = "libx264",
) -> Path:
    """Film a scene, side by side.

    Args:
        path: Where to; .mp4, .mov or .mkv.
        scene: The scene, or seconds → frame (H, W, 3).
        frames: How many.
        rate: Frames a second.
        vfr: Whether frames stay for different times.
        sound_tracks: How many tracks of AAC, a tone each.
        spherical: Whether the file gets the boxes of VR180.
        codec: libx264 (crf 10), ffv1 (exact, .mkv), ...

    Returns:
        The path.
    """
    picture = scene.sbs if isinstance(scene, Scene) else scene
    times = times_of(frames, rate, vfr)
    base = Fraction(1, 90000)
    first = picture(float(times[0]))
    with av.open(str(path), "w") as output:
        video = output.add_stream(codec, rate=rate)
        assert isinstance(video, av.VideoStream)
        video.width, video.height = first.shape[1], first.shape[0]
        video.pix_fmt = "bgr0" if codec == "ffv1" else "yuv420p"
        video.options = {} if codec == "ffv1" else {"crf": "10", "preset": "veryfast"}
        video.time_base = video.codec_context.time_base = base
        video.codec_context.thread_type = "AUTO"
        sounds = [output.add_stream("aac", rate=48000) for _ in range(sound_tracks)]
        for index, time in enumerate(times):
            shown = first if index == 0 else picture(float(time))
            frame = av.VideoFrame.from_ndarray(shown, "rgb24")
            frame.pts, frame.time_base = round(time / base), base
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        seconds = float(times[-1] + 1 / rate)
        for number, sound in enumerate(sounds):
            _sing(output, sound, 220.0 * (number + 1), seconds)
    if spherical:
        from multiplane.media.vr180.inject import inject_spherical  # noqa: PLC0415 - only here
        from multiplane.media.vr180.spherical import vr180_boxes  # noqa: PLC0415

        inject_spherical(path, vr180_boxes())
    return path


def _sing(output: Any, stream: Any, hertz: float, seconds: float) -> None:
    count = int(48000 * seconds)
    wave = (0.2 * np.sin(2 * math.pi * hertz * np.arange(count) / 48000)).astype(np.float32)
    for start in range(0, count, 1024):
        part = wave[None, start : start + 1024]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))
