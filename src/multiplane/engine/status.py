"""How far a run has come, read from its folder; nothing is changed, and it may be running."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from multiplane.engine import folder, ledger, lock
from multiplane.engine.kept import Kept, read_kept
from multiplane.engine.ledger import Ledger


@dataclass(frozen=True)
class StepStatus:
    """How far one step has come.

    Attributes:
        id: Its name in the recipe.
        state: ``waiting``, ``running`` (or cut off) or ``finished``.
        total: Items it has; 0 while it waits.
        done: Items with a result.
        failed: Items that failed.
        skipped: Items that wait for a failed one upstream.
    """

    id: str
    state: str
    total: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class RunStatus:
    """How far a run has come.

    Attributes:
        recipe: The name of its recipe.
        active: Whether a process is at work in the folder now.
        steps: Its steps, in order.
        failures: (step, item, what went wrong) of the items that failed.
    """

    recipe: str
    active: bool
    steps: tuple[StepStatus, ...]
    failures: tuple[tuple[str, str, str], ...]

    @property
    def state(self) -> str:
        """``running``, ``finished``, or ``stopped`` when steps are left and nobody is at work."""
        if self.active:
            return "running"
        through = self.steps and all(step.state == "finished" for step in self.steps)
        return "finished" if through else "stopped"


@dataclass(frozen=True)
class Leavings:
    """What a run left behind, beyond its counts.

    Attributes:
        left_out: (step, item and file, what is wrong) of files that could not be read.
        gone: How many files that were made are not there any more.
    """

    left_out: tuple[tuple[str, str, str], ...]
    gone: int


def read_status(root: Path) -> RunStatus:
    """Read how far a run has come.

    Args:
        root: Its folder.

    Returns:
        What the ledger knows; a run that was cut off has a step that is ``running`` while
        nothing is active.

    Raises:
        InputError: It is no run folder, or its recipe is damaged.
        OutputError: The ledger cannot be read.
    """
    folder.require_run(root)
    recipe = read_kept(root) or Kept("unknown", "", ())
    steps = {name: StepStatus(name, "waiting") for name in recipe.steps}
    failures: list[tuple[str, str, str]] = []
    if (root / ledger.FILE_NAME).is_file():
        with contextlib.closing(Ledger(root / ledger.FILE_NAME, read_only=True)) as book:
            for name, state, plan in book.steps():
                if name in steps:
                    steps[name] = _step(book, name, state, plan, failures)
    return RunStatus(recipe.name, lock.is_held(root), tuple(steps.values()), tuple(failures))


def read_leavings(root: Path) -> Leavings:
    """See what the finished items of a run left out, and whether their files are still there.

    Args:
        root: Its folder.

    Raises:
        InputError: It is no run folder.
        OutputError: The ledger cannot be read.
    """
    folder.require_run(root)
    left_out: list[tuple[str, str, str]] = []
    gone = 0
    if (root / ledger.FILE_NAME).is_file():
        with contextlib.closing(Ledger(root / ledger.FILE_NAME, read_only=True)) as book:
            for name, _, plan in book.steps():
                for record in book.records(name, plan["items"]):
                    told = cast("list[dict[str, str]]", record.figures.get("bad_files", []))
                    left_out += [
                        (name, f"{record.item}: {bad['file']}", bad["what"]) for bad in told
                    ]
                known = book.entries(name)
                entries = (known[item] for item in plan["items"] if item in known)
                gone += _absent(root, (file for entry in entries for file, _ in entry.artefacts))
    return Leavings(tuple(left_out), gone)


def describe(root: Path) -> list[str]:
    """How far a run has come, in lines to show.

    Args:
        root: Its folder.

    Raises:
        InputError: It is no run folder, or its recipe is damaged.
        OutputError: The ledger cannot be read.
    """
    status = read_status(root)
    left = read_leavings(root)
    gone = 0 if status.active else left.gone  # a run puts files aside while it makes them anew
    lines = [_headline(status, left, gone)]
    width = max((len(step.id) for step in status.steps), default=0)
    for step in status.steps:
        counts = f"{step.done} of {step.total} done" if step.state != "waiting" else "waiting"
        counts += f", {step.failed} failed" if step.failed else ""
        counts += f", {step.skipped} waiting for a failed item" if step.skipped else ""
        lines.append(f"  {step.id:<{width}}  {counts}")
    lines += [f"failed: {step} {item}: {what}" for step, item, what in status.failures]
    lines += [f"left out: {step} {file}: {what}" for step, file, what in left.left_out]
    if gone:
        lines.append(f"{_files(gone)} gone: the same command makes what is missing again")
    if status.state == "stopped":
        lines.append("the same command again goes on where it stopped")
    if not status.active and (status.failures or left.left_out):
        lines.append("the same command takes again whatever was mended or changed")
    if not status.active and status.failures:
        lines.append("the same command with --retry-failed takes all that failed once more")
    return lines


def _headline(status: RunStatus, left: Leavings, gone: int) -> str:
    """The recipe and how its run stands, with what went wrong."""
    words = [f"{status.recipe}: {status.state}"]
    words += [f"{len(status.failures)} failed"] if status.failures else []
    words += [f"{_files(len(left.left_out))} left out"] if left.left_out else []
    words += [f"{_files(gone)} gone"] if gone else []
    return ", ".join(words)


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"


def _absent(root: Path, files: Iterable[str]) -> int:
    """How many files are not there; each folder is listed once, which is quicker than asking."""
    listed: dict[str, set[str]] = {}
    absent = 0
    for file in files:
        place, _, name = str(root / file).rpartition(os.sep)
        if place not in listed:
            try:
                listed[place] = set(os.listdir(place))  # noqa: PTH208 - names are all it takes
            except OSError:
                listed[place] = set()
        absent += name not in listed[place]
    return absent


def _step(
    book: Ledger,
    name: str,
    state: str,
    plan: dict[str, Any],
    failures: list[tuple[str, str, str]],
) -> StepStatus:
    outcomes = book.states(name)
    counts = Counter(outcomes[item][0] for item in plan["items"] if item in outcomes)
    for item in plan["items"]:
        if outcomes.get(item, ("", ""))[0] == "failed":
            failures.append((name, item, outcomes[item][1]))
    total, skipped = len(plan["items"]), len(plan["skipped"])
    return StepStatus(name, state, total, counts["done"], counts["failed"], skipped)
