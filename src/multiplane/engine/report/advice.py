"""What deserves a look, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from multiplane.engine.report.read import RunResult

LITTLE_SEEN = 0.4
"""Below this share of the holes seen anywhere, most of the background is invented."""


@dataclass(frozen=True)
class Advice:
    """What to do next, and the frames to look at.

    Attributes:
        text: The recommended next step.
        command: What to type for it; may be empty.
        worst: (shot, frame, reasons), the worst first.
        bad_files: (shot or clip, what/why/fix of a file that was left out).
    """

    text: str
    command: str = ""
    worst: list[tuple[str, str, list[str]]] = field(default_factory=list)
    bad_files: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


def advise(run: RunResult) -> Advice:
    """Look through what the steps measured and say what to do next.

    Args:
        run: The run.

    Returns:
        The advice; failures come first, then leftovers, then what was invented.
    """
    worst, hints = _checked(run)
    bad_files = [
        (item, bad)
        for step in run.steps
        for item, figures in step.items.items()
        for bad in figures.get("bad_files", [])
    ]
    text, command = _next(run, hints, len(bad_files))
    return Advice(text, command, worst, bad_files)


def _checked(run: RunResult) -> tuple[list[tuple[str, str, list[str]]], list[str]]:
    """Worst frames and recommendations of the check step, over all shots."""
    step = run.step("restore.check")
    worst: list[tuple[float, str, str, list[str]]] = []
    hints: list[str] = []
    for shot, figures in step.items.items() if step else ():
        for frame in figures.get("worst", []):
            reasons = [str(reason) for reason in frame["reasons"]]
            badness = float(frame.get("badness", len(reasons)))
            worst.append((badness, shot, str(frame["frame"]), reasons))
        hint = figures.get("next_step")
        if hint and hint not in hints:
            hints.append(str(hint))
    worst.sort(key=lambda entry: -entry[0])
    return [(shot, frame, reasons) for _, shot, frame, reasons in worst], hints


def _next(run: RunResult, hints: list[str], bad_files: int) -> tuple[str, str]:
    failed = sum(len(step.failures) for step in run.steps)
    again = f"multiplane run {run.recipe} {' '.join(run.inputs)} -o {run.root}"
    if failed:
        return (
            f"{failed} items failed; read why below, mend the cause, then take just those again.",
            f"{again} --retry-failed",
        )
    if bad_files:
        return f"{bad_files} files could not be read and were left out; see below.", ""
    if hints:
        return hints[0], ""
    seen = [
        float(f["seen_share"]) for _, f in run.frame_figures("restore.plate") if "seen_share" in f
    ]
    if seen and sum(seen) / len(seen) < LITTLE_SEEN:
        text = (
            "Most of what stood behind the characters was never seen in these shots and is "
            "invented; add footage of the same place, or fill with a neural backend."
        )
        return text, ""
    return "Nothing stands out. Look through the rows below, then use the folders as they are.", ""
