"""How far the masks of a run can be believed, as their own figures tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from multiplane.engine.report.read import Figures, RunResult
from multiplane.engine.report.words import counted

SEGMENT = "split.segment"
COVERAGES = (
    (SEGMENT, "coverage"),
    ("restore.inpaint", "coverage_before"),
    ("restore.plate", "coverage_before"),
    ("restore.check", "coverage_before"),
    ("split.matte", "area_share"),
)
"""Where the share of a frame that is masked stands, the best place first."""
JUMP_SHARE = 0.5
"""Of what is usual in the shot: a mask that changes by more from one frame to the next jumped."""
JUMP_TIMES = 2.0
MOTION_LITTLE = 0.5
"""Below this weight motion could not check what salience found."""
SALIENT_LITTLE = 0.25
"""Below this share of what moves being salient, the two ways contradict each other."""
MOVING_LITTLE = 0.002
"""Below this share of the picture nothing moves that could contradict."""
LOST_SHARE = 0.2
"""Of the frames of a shot: with more of them unregistered its camera was not found."""
FRAMES_LISTED = 5


@dataclass(frozen=True)
class Masks:
    """What the figures say about the masks.

    Attributes:
        coverage: Shot → (frame, share masked) of its frames, in order.
        empty: The shots in which nothing is masked at all.
        doubts: (shot, what makes its masks doubtful).
        worst: (badness, shot, frame, reason) of frames to look at.
    """

    coverage: Mapping[str, list[tuple[str, float]]]
    empty: list[str] = field(default_factory=list)
    doubts: list[tuple[str, str]] = field(default_factory=list)
    worst: list[tuple[float, str, str, str]] = field(default_factory=list)

    @property
    def frames(self) -> int:
        """How many frames there are figures of."""
        return sum(len(shares) for shares in self.coverage.values())


def judge_masks(run: RunResult) -> Masks:
    """Look through the figures of the masks.

    Args:
        run: The run.

    Returns:
        What was found; nothing doubtful when the run has no masks.
    """
    masks = Masks(_coverage(run))
    for shot, shares in masks.coverage.items():
        if not any(share for _, share in shares):
            masks.empty.append(shot)
            continue
        jumps = list(_jumps(shares))
        if jumps:
            masks.doubts.append((shot, _told(shares, len(jumps))))
            jumps.sort(key=lambda jump: -jump[0])
            masks.worst.extend((bad, shot, frame, why) for bad, frame, why in jumps[:FRAMES_LISTED])
    step = run.step(SEGMENT)
    for shot, figures in step.items.items() if step else ():
        if shot not in masks.empty:
            masks.doubts.extend((shot, doubt) for doubt in _own_doubts(figures))
    return masks


def percent(share: float) -> str:
    """A share in per cent: one digit behind the point from 1 % on, two that count below."""
    value = 100 * share
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"


def _coverage(run: RunResult) -> dict[str, list[tuple[str, float]]]:
    for stage, key in COVERAGES:
        found: dict[str, list[tuple[str, float]]] = {}
        for shot, figures in run.frame_figures(stage):
            share = number(figures.get(key))
            if share is not None:
                found.setdefault(shot, []).append((str(figures.get("frame", "")), share))
        if found:
            return found
    return {}


def number(value: Any) -> float | None:  # noqa: ANN401 - a figure
    """A figure as a number; None when it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _jumps(shares: list[tuple[str, float]]) -> Iterator[tuple[float, str, str]]:
    """(badness, frame, reason) where the mask jumps: the frame of the two that has less of it."""
    usual = median(share for _, share in shares if share)
    for (first, before), (second, after) in pairwise(shares):
        low, high = sorted((before, after))
        if high - low <= JUMP_SHARE * usual or high <= JUMP_TIMES * low:
            continue
        frame, other = (first, second) if before < after else (second, first)
        why = f"the mask covers {percent(low)} here, {percent(high)} in the next frame {other}"
        if frame == second:
            why = f"the mask covers {percent(low)} here, {percent(high)} in frame {other} before"
        yield (high - low) / usual, frame, why


def _told(shares: list[tuple[str, float]], jumps: int) -> str:
    least, most = (pick(share for _, share in shares) for pick in (min, max))
    return (
        f"the masks jump {counted(jumps, 'time')} from one frame to the next "
        f"({percent(least)} to {percent(most)} of the picture)"
    )


def _own_doubts(figures: Figures) -> Iterator[str]:
    """Where whoever drew the masks was unsure."""
    moving = number(figures.get("moving")) or 0.0
    motion, salient = (
        number(figures.get(key)) for key in ("motion_weight", "moving_that_is_salient")
    )
    if moving > MOVING_LITTLE and motion is not None and motion < MOTION_LITTLE:
        yield f"nothing could check what catches the eye: {figures.get('trust') or 'all moves'}"
    elif moving > MOVING_LITTLE and salient is not None and salient < SALIENT_LITTLE:
        yield f"only {percent(salient)} of what moves also catches the eye"
    lost, frames = figures.get("unregistered_frames"), figures.get("frames")
    if isinstance(lost, list) and isinstance(frames, list) and len(lost) > LOST_SHARE * len(frames):
        yield f"the camera was not found in {len(lost)} of {counted(len(frames), 'frame')}"
