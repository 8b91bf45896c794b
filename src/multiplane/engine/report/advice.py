"""What deserves a look, and what to do next."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from multiplane.engine.folder import RECIPE
from multiplane.engine.report.artworks import CANDIDATES, artwork_counts, mostly_masked
from multiplane.engine.report.clip_advice import clip_findings, proven
from multiplane.engine.report.clips import EXPORT
from multiplane.engine.report.masks import SEGMENT, Masks, judge_masks, number
from multiplane.engine.report.read import RunResult
from multiplane.engine.report.words import counted

CHECK = "restore.check"
LITTLE_SEEN = 0.4
"""Below this share of the holes seen anywhere, most of the background is invented."""
SHOTS_NAMED = 3
INPUTS_NAMED = 8
"""A command with more inputs than this helps nobody."""
UNCHECKED = {
    "backgrounds": "Nothing has checked these backgrounds for leftovers, seams and flicker. Look "
    "through the rows below, then have them checked: multiplane restore check.",
    "plates": "Nothing has checked these plates, and what no frame shows (pink below) is still to "
    "be filled: multiplane restore inpaint.",
    "alphas": "Nothing has checked these cut-outs. Look through the rows below, at their edges "
    "first.",
    "masks": "Nothing has checked these masks. Look through the rows below before anything is "
    "built on them.",
    "frames": "Nothing but frames was made. See below whether each shot begins where it should.",
}
"""What a run has made, the last first → what is to be said when no step has checked it."""
OTHER_WAYS = {
    "combined": ("motion", "salient"),
    "motion": ("combined", "salient"),
    "salient": ("combined", "motion"),
    "sam2": ("combined", "motion"),
    "edgetam": ("combined", "motion"),
    "sam3": ("combined", "motion"),
}
"""How somebody was looked for → how else it can be done."""


class Finding(NamedTuple):
    """Something to know or to do, and what to type for it."""

    text: str
    command: str = ""


@dataclass(frozen=True)
class Advice:
    """What to do next, and the frames to look at.

    Attributes:
        text: The recommended next step.
        command: What to type for it; may be empty.
        also: What else was found, less grave.
        worst: (shot, frame, reasons), the worst first; doubtful masks before all others.
        bad_files: (shot or clip, what/why/fix of a file that was left out).
    """

    text: str
    command: str = ""
    also: list[str] = field(default_factory=list)
    worst: list[tuple[str, str, list[str]]] = field(default_factory=list)
    bad_files: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


def advise(run: RunResult, masks: Masks | None = None) -> Advice:
    """Look through what the steps measured and say what to do next.

    Args:
        run: The run.
        masks: What was found out about its masks; looked at here when left out.

    Returns:
        The advice. What keeps the result from being whole comes first, then masks, on which all
        else is built, then what the check step found. Only where a check step has run and nothing
        was found does it say so.
    """
    masks = masks if masks is not None else judge_masks(run)
    bad_files = [
        (item, bad)
        for step in run.steps
        for item, figures in step.items.items()
        for bad in figures.get("bad_files") or ()
    ]
    findings = [
        *_unfinished(run),
        *_failed(run),
        *_left_out(len(bad_files)),
        *_unpaired(len(run.left_out)),
        *_inverted(mostly_masked(run)),
        *_nobody(run, masks),
        *_doubtful(run, masks),
        *_hints(run),
        *_little_seen(run),
        *(Finding(text) for text in clip_findings(run)),
        *_unchecked(run),
    ]
    first = findings[0] if findings else Finding(_all_clear(run))
    return Advice(
        first.text,
        first.command,
        [finding.text for finding in findings[1:]],
        _worst(run, masks),
        bad_files,
    )


def seen_shares(run: RunResult) -> Iterator[float]:
    """How much of its hole other frames show, of each frame that has a hole."""
    stage = "restore.plate" if run.step("restore.plate") else "restore.inpaint"
    for shot, figures in run.frame_figures(stage):
        share = number(figures.get("seen_share"))
        plates = stage == "restore.plate" or run.plane("plates", shot)
        if share is not None and plates and figures.get("hole_px") != 0:
            yield share


def _unfinished(run: RunResult) -> Iterator[Finding]:
    """What keeps the page from showing everything."""
    if run.unfinished and run.active:
        yield Finding("The run is still going on; this page shows what is there so far.")
    elif run.unfinished:
        yield Finding(
            f"The run is not finished: {', '.join(run.unfinished)} still to do. Run the same "
            "command again; it goes on where it stopped.",
            _again(run),
        )
    if run.notes:
        yield Finding("Files of the run are damaged, see below; this page is not complete.")


def _failed(run: RunResult) -> Iterator[Finding]:
    failed = sum(len(step.failures) for step in run.steps)
    waiting = len({name for step in run.steps for name in step.skipped})
    if failed:
        held = f", and {counted(waiting, 'item')} of later steps wait for that" if waiting else ""
        yield Finding(
            f"{counted(failed, 'item')} failed{held}; why is told below. Mend the cause, then run "
            "the same command again: it takes whatever has changed. Where the input was not the "
            "cause and is the same as before, add --retry-failed.",
            _again(run),
        )


def _left_out(count: int) -> Iterator[Finding]:
    if count:
        were, them = ("was", "it") if count == 1 else ("were", "them")
        yield Finding(
            f"{counted(count, 'file')} could not be read and {were} left out, see below. Mend or "
            f"remove {them}, then run the same command again."
        )


def _unpaired(count: int) -> Iterator[Finding]:
    if count:
        have, them = ("has", "it") if count == 1 else ("have", "them")
        yield Finding(
            f"{counted(count, 'file')} {have} no partner and had no part in the run, see below. "
            f"Rename {them}, then run the same command again."
        )


def _inverted(names: list[str]) -> Iterator[Finding]:
    if names:
        masks, them = ("mask selects", "it") if len(names) == 1 else ("masks select", "them")
        yield Finding(
            f"{len(names)} {masks} more than half of the picture ({_some(names)}). If that is what "
            f"is to be kept, invert {them} and run the same command again."
        )


def _nobody(run: RunResult, masks: Masks) -> Iterator[Finding]:
    if not masks.empty:
        return
    step = run.step_id(SEGMENT)
    if len(masks.empty) < len(masks.coverage):
        named = _some(masks.empty)
        what = "Nobody was found" if step else "Nothing is masked"
        yield Finding(
            f"{what} in {len(masks.empty)} of {len(masks.coverage)} shots ({named})."
            + _otherwise(run, masks.empty)
        )
    elif step:
        yield Finding(
            f"Nobody was found in {counted(masks.frames, 'frame')}, so nothing was taken out. If "
            "there is nobody, all is well." + _otherwise(run, masks.empty)
        )
    else:
        yield Finding(
            "The masks select nothing, so nothing was done. See whether they are the right ones: "
            "what is white in a mask is selected."
        )


def _doubtful(run: RunResult, masks: Masks) -> Iterator[Finding]:
    if masks.doubts:
        told: dict[str, list[str]] = {}
        for shot, doubt in masks.doubts:
            told.setdefault(shot, []).append(doubt)
        parts = [f"{shot}: {'; '.join(doubts)}" for shot, doubts in told.items()]
        more = len(parts) - SHOTS_NAMED
        and_more = f" (and {counted(more, 'shot')} more)" if more > 0 else ""
        yield Finding(
            "The masks are doubtful, and all else is built on them: look at them first. "
            f"{'. '.join(parts[:SHOTS_NAMED])}{and_more}.{_otherwise(run, list(told))}"
        )


def _otherwise(run: RunResult, shots: list[str]) -> str:
    """How else the characters of some shots can be found."""
    name, step = run.step_id(SEGMENT), run.step(SEGMENT)
    if not name or step is None:
        return " Make them anew, or mend them by hand."
    ways: dict[str, None] = {}
    for shot in shots:
        figures = step.items.get(shot, {})
        frames = figures.get("frames")
        alone = isinstance(frames, list) and len(frames) == 1
        for way in OTHER_WAYS.get(str(figures.get("backend")), ()):
            moves = number(figures.get("motion_weight"))
            # motion has nothing to go by in a single picture, nor where everything moves
            if way == "salient" or not (alone or (moves is not None and not moves)):
                ways[way] = None
    if not ways:
        return " Otherwise mend the masks by hand and go on with multiplane restore."
    kinds = " or ".join(f"--set {name}.backend.kind={way}" for way in ways)
    return f" Otherwise look in another way: the same command with {kinds}."


def _hints(run: RunResult) -> Iterator[Finding]:
    """What the check step recommends, in terms of the recipe at hand."""
    step = run.step(CHECK)
    told = [figures.get("next_step") for figures in step.items.values()] if step else []
    for hint in dict.fromkeys(str(hint) for hint in told if hint):
        yield Finding(re.sub(r"--set ([a-z]+)\.", lambda found: _setting(run, found[1]), hint))


def _setting(run: RunResult, part: str) -> str:
    """How an option of a stage is given: to this run, or to the stage on its own."""
    for stage in (f"restore.{part}", f"split.{part}"):
        if run.step_id(stage):
            return f"--set {run.step_id(stage)}."
    verb = "split" if part in {"shots", "segment", "matte"} else "restore"
    return f"multiplane {verb} {part} … --set {part}."


def _little_seen(run: RunResult) -> Iterator[Finding]:
    seen = list(seen_shares(run))
    if seen and sum(seen) / len(seen) < LITTLE_SEEN:
        yield Finding(
            "Most of what stood behind the characters is seen nowhere in its shot and is invented. "
            "See below whether it will do; frames in which they have moved away would help most."
        )


def _unchecked(run: RunResult) -> Iterator[Finding]:
    step = run.step(CHECK)
    if step and step.options.get("residual") is False:
        yield Finding(f"Leftovers were not looked for: {step.id}.residual is off.")
    if step or run.step_id(CHECK) or run.step_id(EXPORT) or run.step_id(CANDIDATES):
        return  # one that is missing is told of as unfinished
    made = {plane for step in run.steps for files in step.planes.values() for plane in files}
    for plane, text in UNCHECKED.items():
        if plane in made:
            yield Finding(text, _check_command(run) if plane == "backgrounds" else "")
            return
    if made:
        yield Finding("Nothing has checked what was made. Look through it before it is used.")


def _all_clear(run: RunResult) -> str:
    """What to say when nothing is wrong as far as was looked."""
    if proven(run):
        return (
            "Nothing stands out, and every video has the frames, times and sound of its source. "
            "Look through the clips below, at their edges first, then use the files."
        )
    restored, restorations = artwork_counts(run)
    if restored:
        return (
            f"Compare the {counted(restorations, 'restoration')} of "
            f"{counted(restored, 'picture')}: in the collages, or below, and choose by eye; the "
            "score puts them in an order and knows nothing of the picture. Layers hold what was "
            "made up, and nothing else."
        )
    made = any(step.stage != CHECK for step in run.steps)
    then = "then use the folders as they are" if made else "the check sees much, but not all"
    return f"Nothing stands out. Look through the rows below, {then}."


def _worst(run: RunResult, masks: Masks) -> list[tuple[str, str, list[str]]]:
    """The frames that deserve a look: those with doubtful masks, then those the check lists."""
    step = run.step(CHECK)
    listed: list[tuple[float, str, str, list[str]]] = []
    for shot, figures in step.items.items() if step else ():
        for frame in figures.get("worst") or ():
            reasons = [str(reason) for reason in frame["reasons"]]
            badness = number(frame.get("badness"))
            bad = len(reasons) if badness is None else badness
            listed.append((bad, shot, str(frame["frame"]), reasons))
    listed.sort(key=lambda entry: -entry[0])
    found: dict[tuple[str, str], list[str]] = {}
    for _, shot, name, why in sorted(masks.worst, key=lambda entry: -entry[0]):
        found.setdefault((shot, name), []).append(why)
    for _, shot, name, reasons in listed:
        found.setdefault((shot, name), []).extend(reasons)
    return [(shot, name, reasons) for (shot, name), reasons in found.items()]


def _again(run: RunResult) -> str:
    """The command of the run, with all its options; empty when it cannot be told."""
    if not run.sources or len(run.sources) > INPUTS_NAMED:
        return ""
    root = run.root.absolute()
    return shlex.join(["multiplane", "run", str(root / RECIPE), *run.sources, "-o", str(root)])


def _check_command(run: RunResult) -> str:
    """How to check the backgrounds of a run that has one set of them."""
    words = ["multiplane", "restore", "check"]
    groups = [group for group in run.groups() if run.plane("backgrounds", group)]
    for plane in ("frames", "masks", "backgrounds"):
        files: list[Path] = run.plane(plane, groups[0]) if len(groups) == 1 else []
        if not files:
            return ""
        words += [f"--{plane}", str(files[0].absolute().parent)]
    return shlex.join([*words, "-o", f"{run.root.absolute()}-checked"])


def _some(names: list[str]) -> str:
    """A few names, and that there are more."""
    more = ", …" if len(names) > SHOTS_NAMED else ""
    return ", ".join(islice(names, SHOTS_NAMED)) + more
