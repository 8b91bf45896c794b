"""How far a run has come, read from its folder; nothing is changed, and it may be running."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def describe(root: Path) -> list[str]:
    """How far a run has come, in lines to show.

    Args:
        root: Its folder.

    Raises:
        InputError: It is no run folder, or its recipe is damaged.
        OutputError: The ledger cannot be read.
    """
    status = read_status(root)
    through = status.steps and all(step.state == "finished" for step in status.steps)
    state = "running" if status.active else "finished" if through else "stopped"
    lines = [f"{status.recipe}: {state}"]
    width = max((len(step.id) for step in status.steps), default=0)
    for step in status.steps:
        counts = f"{step.done} of {step.total} done" if step.state != "waiting" else "waiting"
        counts += f", {step.failed} failed" if step.failed else ""
        counts += f", {step.skipped} waiting for a failed item" if step.skipped else ""
        lines.append(f"  {step.id:<{width}}  {counts}")
    lines += [f"failed: {step} {item}: {what}" for step, item, what in status.failures]
    if status.failures and not status.active:
        lines.append("the same command with --retry-failed takes these once more")
    elif state == "stopped":
        lines.append("the same command again goes on where it stopped")
    return lines


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
