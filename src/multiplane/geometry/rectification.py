"""How the eyes of a rig are turned against each other, from what both of them see.

Rigs are seldom built or calibrated exactly. Once both eyes are turned right, a point lies in the
same epipolar plane for both: the angle phi of ``geometry.poles`` is the same. Each match whose phi
differs says something about five angles:

- pitch against each other: phi differs by the same everywhere;
- roll against each other: by more to the sides, with opposite signs left and right;
- yaw against each other: along a row it looks like disparity, but in the corners of a picture of
  180 degrees phi differs by sin lon tan lat of it, which disparity never does;
- roll and yaw of both eyes against the line between them: phi differs in proportion to the
  disparity, so things close by are needed.

Pitch of both eyes together changes nothing between them and is left alone; what they differ by is
shared out evenly. What the matches cannot tell within a tenth of a degree is taken to be zero and
not named in ``told``.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, check_frame, check_same_size
from multiplane.geometry.equirect import Rotation, rotation_of
from multiplane.geometry.matches import Rays, match_eyes
from multiplane.geometry.poles import polar_angles

log = logging.getLogger(__name__)

MIN_MATCHES = 60
TOLD_DEG = 0.1
"""Three standard deviations of an angle that counts as told."""
MIN_TURN_DEG = 0.01
"""Vertical shift, root mean square over the matches, below which nothing is turned."""
ROUNDS, TRIALS = 12, 200
REACH_RAD = math.radians(0.3)
"""Vertical miss of matches that may still be right in the first look."""
FLOOR_RAD = 2e-4
"""Error of a match that more matches nearby do not average away."""
NAMES = ("pitch", "roll", "yaw", "roll of both", "yaw of both")
KINDS = np.array(
    # left: pitch, yaw, roll; right: pitch, yaw, roll
    [
        [-0.5, 0, 0, 0.5, 0, 0],
        [0, 0, -0.5, 0, 0, 0.5],
        [0, -0.5, 0, 0, 0.5, 0],
        [0, 0, 1, 0, 0, 1],
        [0, 1, 0, 0, 1, 0],
    ]
)  # fmt: skip
"""What each of the five angles named above turns."""


class Angles(NamedTuple):
    """How an eye is turned.

    Attributes:
        pitch_deg: Down, degrees.
        yaw_deg: To the right, degrees.
        roll_deg: To its right ear, clockwise as it sees, degrees.
    """

    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0


STRAIGHT = Angles()


@dataclass(frozen=True)
class Rectification:
    """How each eye of a rig is turned, and how well that is known.

    Attributes:
        left_deg: The left eye.
        right_deg: The right eye.
        matches: Points both eyes saw that agree with it.
        before_px: Median vertical miss of those as the eyes are, pixels of an eye.
        after_px: The same once both are turned right.
        disparity_deg: Median of how much further right the left eye sees them, degrees.
        swapped: Whether that is below zero: left is right.
        told: Angles that could be told, by name: pitch, roll and yaw of the right eye against the
            left one, roll and yaw of both.
        why: Why nothing is turned, or what could not be told; may be empty.
    """

    left_deg: Angles = STRAIGHT
    right_deg: Angles = STRAIGHT
    matches: int = 0
    before_px: float = 0.0
    after_px: float = 0.0
    disparity_deg: float = 0.0
    swapped: bool = False
    told: tuple[str, ...] = ()
    why: str = ""

    @property
    def left(self) -> Rotation:
        """(3, 3), what the left eye sees in d lies in ``left @ d`` of the common frame."""
        return _rotation(self.left_deg)

    @property
    def right(self) -> Rotation:
        """(3, 3), what the right eye sees in d lies in ``right @ d`` of the common frame."""
        return _rotation(self.right_deg)

    @property
    def identity(self) -> bool:
        """Whether nothing is turned."""
        return not any((*self.left_deg, *self.right_deg))

    @property
    def against_deg(self) -> Angles:
        """The right eye against the left one, degrees."""
        return Angles(*(b - a for a, b in zip(self.left_deg, self.right_deg, strict=True)))

    def exchanged(self) -> Rectification:
        """The same rig once left and right have been exchanged."""
        return replace(
            self,
            left_deg=self.right_deg,
            right_deg=self.left_deg,
            disparity_deg=-self.disparity_deg,
            swapped=not self.swapped if self.disparity_deg else self.swapped,
        )

    def to_json(self) -> dict[str, Any]:
        """What is worth writing down, in plain types."""
        return {
            "left_deg": {k: round(v, 4) for k, v in self.left_deg._asdict().items()},
            "right_deg": {k: round(v, 4) for k, v in self.right_deg._asdict().items()},
            "matches": self.matches,
            "before_px": round(self.before_px, 3),
            "after_px": round(self.after_px, 3),
            "disparity_deg": round(self.disparity_deg, 4),
            "swapped": self.swapped,
            "told": list(self.told),
            "why": self.why,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Rectification:
        """Read back what ``to_json`` wrote.

        Args:
            data: The mapping.

        Returns:
            The rectification, its figures rounded.
        """
        angles = {key: Angles(**data[key]) for key in ("left_deg", "right_deg")}
        return cls(**{**data, **angles, "told": tuple(data["told"])})


def estimate_rectification(pairs: Iterable[tuple[Frame, Frame]]) -> Rectification:
    """Find out how the eyes of a rig are turned.

    Args:
        pairs: What both eyes saw at the same moments, left first, (H, W, 3) half-equirect. Eight
            moments spread over a clip are plenty; all are looked at.

    Returns:
        The rectification. Nothing is turned, and ``why`` says so, when there are too few matches
        or the eyes stand straight as far as they tell.

    Raises:
        InputError: Something is not a frame, or the eyes of a pair differ in size.
    """
    found: list[tuple[Rays, Rays]] = []
    height = 1
    for left, right in pairs:
        check_frame(left, "left")
        check_frame(right, "right")
        check_same_size(left, right, ("left", "right"))
        height = left.shape[0]
        found.append(match_eyes(left, right))
    seen = sum(len(left) for left, _ in found)
    if seen < MIN_MATCHES:
        return Rectification(
            matches=seen, why=f"{seen} points are seen by both eyes, {MIN_MATCHES} are needed"
        )
    left_rays, right_rays = (np.concatenate(rays) for rays in zip(*found, strict=True))
    return rectification_of(left_rays, right_rays, height)


def rectification_of(left: Rays, right: Rays, height: int) -> Rectification:
    """Find out how the eyes are turned from matches.

    Args:
        left: (n, 3) unit directions of the left eye.
        right: (n, 3) of the right eye, in the same order.
        height: Rows of an eye, which figures in pixels refer to.

    Returns:
        The rectification.
    """
    begin = _searched(left, right)
    free = list(range(len(NAMES)))
    while True:
        solved = _solved(left, right, begin, free)
        unsure = [
            place for place, spread in enumerate(solved.spread) if spread * 3 > _told(free, place)
        ]
        if not unsure:
            break
        del free[max(unsure, key=lambda place: solved.spread[place])]
        if not free:
            break
    good = solved.weight > 0.1
    count = int(np.count_nonzero(good))
    if count < max(MIN_MATCHES, 0.3 * len(left)):
        return Rectification(
            matches=count, why=f"only {count} of {len(left)} matches agree with any rotation"
        )
    told = tuple(NAMES[k] for k in free)
    return _said(_Matches(left[good], right[good], height), solved, told)


class _Matches(NamedTuple):
    left: Rays
    right: Rays
    height: int

    def miss(self, left_deg: Angles, right_deg: Angles) -> NDArray[np.float64]:
        """How much higher the left eye sees each, radians."""
        return _misses(self.left, self.right, np.radians([*left_deg, *right_deg]))[0]


class _Solved(NamedTuple):
    turn: NDArray[np.float64]
    """(5,) the five angles, radians."""
    spread: NDArray[np.float64]
    """(free,) one standard deviation of those that were solved for, degrees."""
    weight: NDArray[np.float64]
    """(n,) 0 for matches that disagree, up to 1."""
    sure: bool
    """Whether the whole of it stands out of the noise."""


def _told(free: list[int], place: int) -> float:
    """How sure an angle has to be, degrees; those of both eyes do less harm, and tell less."""
    return TOLD_DEG if free[place] < 3 else 2 * TOLD_DEG


def _misses(
    left: Rays, right: Rays, angles: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vertical misses once the eyes are turned, (n,) radians, and their slopes by each angle.

    Args:
        left: (n, 3).
        right: (n, 3).
        angles: (6,) pitch, yaw, roll of the left eye and the right one, radians.
    """
    turned = [
        rays @ _rotation(Angles(*np.degrees(part))).T
        for rays, part in ((left, angles[:3]), (right, angles[3:]))
    ]
    phis, slopes = [], []
    for rays in turned:
        x, y, z = rays.T
        around = np.maximum(y * y + z * z, 1e-6)
        phis.append(polar_angles(rays)[1])
        # d phi of a small rotation w: -w_x + x (z w_z + y w_y) / (y^2 + z^2), with w_z = -roll
        slopes.append(np.stack([-np.ones_like(x), x * y / around, -x * z / around], axis=1))
    across = (np.hypot(*turned[0].T[1:]) + np.hypot(*turned[1].T[1:])) / 2
    miss = np.remainder(phis[0] - phis[1] + math.pi, 2 * math.pi) - math.pi
    return miss * across, np.hstack([slopes[0], -slopes[1]]) * across[:, None]


def _searched(left: Rays, right: Rays) -> NDArray[np.float64]:
    """The angles against each other that most matches agree with: RANSAC on three at a time."""
    miss, slopes = _misses(left, right, np.zeros(6))
    system = slopes @ KINDS[:3].T
    random = np.random.default_rng(11)
    tries = random.integers(0, len(miss), (TRIALS, 3))
    spots = system[tries]
    well = np.abs(np.linalg.det(spots)) > 1e-4
    turns = np.linalg.solve(spots[well], -miss[tries[well]][..., None])[..., 0]
    turns = turns[np.abs(turns).max(axis=1, initial=0) < math.radians(15)]
    turns = np.vstack([np.zeros(3), turns])
    votes = np.maximum(0, 1 - ((miss[:, None] + system @ turns.T) / REACH_RAD) ** 2)
    return np.concatenate([turns[int(votes.sum(axis=0).argmax())], np.zeros(2)])


def _solved(left: Rays, right: Rays, begin: NDArray[np.float64], free: list[int]) -> _Solved:
    """Reweighted least squares (Tukey's biweight) over some of the five angles."""
    kinds = KINDS[free]
    turn = np.zeros(len(NAMES))
    turn[free] = begin[free]
    weight, noise, square = np.ones(len(left)), REACH_RAD, np.eye(len(free))
    system = np.zeros((len(left), len(free)))
    for _ in range(ROUNDS):
        miss, slopes = _misses(left, right, turn @ KINDS)
        near = np.abs(miss) < 3 * REACH_RAD
        noise = (
            max(1e-6, 1.4826 * float(np.median(np.abs(miss[near])))) if near.any() else REACH_RAD
        )
        weight = np.maximum(0.0, 1 - (miss / (4.685 * noise)) ** 2) ** 2
        system = slopes @ kinds.T
        # As sure as a match from the start that no angle is larger than some ten degrees.
        square = system.T @ (system * weight[:, None]) + np.eye(len(free)) * (noise / 0.2) ** 2
        turn[free] -= np.linalg.solve(square, system.T @ (weight * miss)) if free else 0
    # Matches come in clusters and share their errors: count a quarter of them.
    covariance = np.linalg.inv(square) * max(noise, FLOOR_RAD) ** 2 * 4
    spread = np.degrees(np.sqrt(np.diag(covariance)))
    shift = system @ turn[free]
    unsure = float(np.mean(np.einsum("ni,ij,nj->n", system, covariance, system))) if free else 0.0
    stands_out = math.sqrt(float(np.mean(shift**2)))
    return _Solved(
        turn,
        spread,
        weight,
        stands_out > max(3 * math.sqrt(unsure), math.radians(MIN_TURN_DEG)),
    )


def _said(matches: _Matches, solved: _Solved, told: tuple[str, ...]) -> Rectification:
    """Words and figures of what was found."""
    angles = np.degrees(solved.turn @ KINDS) if solved.sure else np.zeros(6)
    left_deg = Angles(*(float(value) for value in angles[:3]))
    right_deg = Angles(*(float(value) for value in angles[3:]))
    pixels = matches.height / math.pi
    before = float(np.median(np.abs(matches.miss(STRAIGHT, STRAIGHT)))) * pixels
    after = float(np.median(np.abs(matches.miss(left_deg, right_deg)))) * pixels
    alphas = [
        polar_angles(rays @ _rotation(turn).T)[0]
        for rays, turn in ((matches.left, left_deg), (matches.right, right_deg))
    ]
    disparity = np.degrees(alphas[0] - alphas[1])
    reasons = [] if solved.sure else ["the eyes stand straight as far as the matches tell"]
    if "yaw" not in told:
        reasons.append("yaw against each other cannot be told from disparity here")
    swapped = _swapped(disparity)
    if swapped is None:
        reasons.append("disparity is too small to tell left from right")
    found = Rectification(
        left_deg, right_deg, len(matches.left), before, after, float(np.median(disparity)),
        bool(swapped), told, "; ".join(reasons),
    )  # fmt: skip
    log.info("rectification from %d matches: %s", found.matches, found.to_json())
    return found


def _swapped(disparity_deg: NDArray[np.float64]) -> bool | None:
    """Whether the left eye sees things further left; None when nothing is near enough to tell."""
    tells = np.abs(disparity_deg) > TOLD_DEG
    if np.count_nonzero(tells) < max(20, 0.05 * len(disparity_deg)):
        return None
    behind = float(np.mean(disparity_deg[tells] < 0))
    return behind > 0.5 if abs(behind - 0.5) > 0.2 else None


def _rotation(angles: Angles) -> Rotation:
    return rotation_of(*angles)
