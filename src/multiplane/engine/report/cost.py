"""What the clips of a run cost on a machine whose hour has a price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from multiplane.core.errors import MultiplaneError
from multiplane.engine.price import read_price
from multiplane.engine.report.read import SOURCE, RunResult, read_run
from multiplane.engine.resources import read_usage, total_seconds
from multiplane.media.clip import open_clip


@dataclass(frozen=True)
class ClipCost:
    """What one clip took.

    Attributes:
        clip: Its id.
        work_s: Loading, computing and saving of all that belongs to it, over all steps.
        footage_s: How long it is; None where that cannot be told, as of a folder of pictures.
        price_per_hour: Of the machine.
    """

    clip: str
    work_s: float
    footage_s: float | None
    price_per_hour: float

    @property
    def cost(self) -> float:
        """Of the whole clip."""
        return self.work_s * self.price_per_hour / 3600

    @property
    def per_minute(self) -> float | None:
        """Of a minute of footage."""
        return self.cost * 60 / self.footage_s if self.footage_s else None


@dataclass(frozen=True)
class RunCost:
    """What a run took.

    Attributes:
        clips: What each clip took, in order.
        held_s: How long the machine was held by all runs in the folder, models loaded and work
            lost to cut-off runs included; None where nobody looked.
        price_per_hour: Of the machine.
    """

    clips: tuple[ClipCost, ...]
    held_s: float | None
    price_per_hour: float

    def lines(self) -> Iterator[str]:
        """What to say of it, a line a clip and one of all."""
        for one in self.clips:
            minute = one.per_minute
            told = f", {money(minute)} a minute of footage" if minute is not None else ""
            yield f"{one.clip}: {money(one.cost)}{told}"
        work_s = sum(one.work_s for one in self.clips)
        cost = sum(one.cost for one in self.clips)
        told = f"{money(cost)} for {work_s:.1f} s of work at {self.price_per_hour:g} an hour"
        if self.held_s is not None:
            held = money(self.held_s * self.price_per_hour / 3600)
            told += f"; the machine was held for {self.held_s:.1f} s: {held}"
        yield f"in all: {told}"


def money(value: float) -> str:
    """An amount without a currency: two decimals, more where it is little."""
    if value >= 1 or value == 0:
        return f"{value:.2f}"
    return f"{value:.3g}" if value >= 0.0001 else f"{value:.1e}"


def cost_of(run: RunResult) -> RunCost | None:
    """What a run cost, when somebody said what an hour does.

    Args:
        run: The run.

    Returns:
        The cost of its clips; None without a price.
    """
    price = read_price(run.root)
    if price is None:
        return None
    clips = tuple(
        ClipCost(clip, _work_s(run, clip), _footage_s(run, clip), price) for clip in run.given
    )
    usages = read_usage(run.root)
    return RunCost(clips, total_seconds(usages) if usages else None, price)


def cost_lines(root: Path) -> list[str]:
    """What to say of the cost of a run; nothing without a price.

    Args:
        root: The run folder.

    Raises:
        InputError: It is no run folder.
    """
    cost = cost_of(read_run(root))
    return [*cost.lines()] if cost else []


def belongs(item: str, clip: str) -> bool:
    """Whether an item is a clip or a part of it."""
    return item == clip or item.startswith(f"{clip}/")


def _work_s(run: RunResult, clip: str) -> float:
    return sum(
        step.seconds_of(item) for step in run.steps for item in step.work if belongs(item, clip)
    )


def _footage_s(run: RunResult, clip: str) -> float | None:
    step = run.step("split.chunks")
    told = frames_s(step.items.get(clip, {})) if step else None
    if told is not None:
        return told
    files = run.given[clip].get(SOURCE) or []
    path = run.root / files[0] if files else None
    if path is None or not path.is_file():
        return None
    try:
        return open_clip(path).duration_s
    except MultiplaneError:  # a picture
        return None


def frames_s(figures: Any) -> float | None:  # noqa: ANN401 - figures, JSON
    """How long the frames that were worked on last, by the rate of the clip."""
    try:
        seconds = float(int(figures["frames"]) / Fraction(str(figures["rate"])))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return seconds if seconds > 0 else None
