"""What deserves a look in a run that takes people out of clips."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from multiplane.engine.report.clips import EXPORT, ClipFigures, clip_ids, figures_of
from multiplane.engine.report.loose import entries, mapping, told
from multiplane.engine.report.masks import number, percent
from multiplane.engine.report.read import RunResult
from multiplane.engine.report.words import counted

NAMED = 3
"""More clips than this are counted."""
OFTEN = 0.02
"""Share of what both eyes see that may stay below the threshold."""
JAGGED = 0.3
"""An outline of which this share is as hard as no camera draws it shows."""
WAYS = ("sam", "selfie", "characters", "motion")
"""How people can be looked for."""


def clip_findings(run: RunResult) -> Iterator[str]:
    """Look through what was measured of the clips.

    Args:
        run: Any run; nothing is found in one that takes no people out of clips.

    Yields:
        What to know or to do, the gravest first.
    """
    clips = [figures_of(run, clip) for clip in clip_ids(run)]
    looked = [clip for clip in clips if clip.chunks]
    yield from _nobody(run, looked)
    yield from _disagreeing(looked)
    yield from _jagged(run, looked)
    unproven = sum(
        one.get("verified") is not True and one.get("format") != "png"
        for clip in clips
        for one in entries(clip.export.get("outputs"))
    )
    if unproven:
        were = "was" if unproven == 1 else "were"
        yield (
            f"{counted(unproven, 'file')} {were} not held against the source: "
            f"{run.step_id(EXPORT)}.verify_sync is off."
        )


def proven(run: RunResult) -> bool:
    """Whether videos of clips were written and each was held against its source."""
    videos = [
        one
        for clip in clip_ids(run)
        for one in entries(figures_of(run, clip).export.get("outputs"))
        if one.get("format") != "png"
    ]
    return bool(videos) and all(one.get("verified") is True for one in videos)


def _nobody(run: RunResult, clips: list[ClipFigures]) -> Iterator[str]:
    empty = [clip for clip in clips if not any(one.get("people") for one in clip.chunks.values())]
    if not empty:
        return
    used = {told(clip.first.get("backend")) for clip in empty}
    ways = " or ".join(way for way in WAYS if way not in used)
    yield (
        f"Nobody was found in {_named(empty)}. If there is somebody, look in another way: the same "
        f"command with --set {run.step_id('split.stereo')}.people.backend={ways}."
    )


def _disagreeing(clips: list[ClipFigures]) -> Iterator[str]:
    for clip in islice((clip for clip in clips if _low(clip) > OFTEN), NAMED):
        least = mapping(clip.export.get("agreement"))
        where = (
            f", at worst in frame {told(least.get('min_frame'))} (person "
            f"{told(least.get('min_id'))})"
            if least.get("min_frame") is not None
            else ""
        )
        yield (
            f"The eyes of {clip.clip} still disagree on {percent(_low(clip))} of what both see"
            f"{where}. Look at these frames below."
        )


def _low(clip: ClipFigures) -> float:
    """Share of what both eyes see that is below the threshold after all corrections."""
    low = checked = 0.0
    for figures in clip.chunks.values():
        agreement = mapping(figures.get("agreement"))
        count = number(agreement.get("checked")) or 0.0
        low += count * (number(agreement.get("below_share")) or 0.0)
        checked += count
    return low / checked if checked else 0.0


def _jagged(run: RunResult, clips: list[ClipFigures]) -> Iterator[str]:
    found = [
        clip for clip in clips if (number(_series(clip, "aliasing").get("mean")) or 0.0) > JAGGED
    ]
    if found:
        full = mapping(found[0].options.get("edges")).get("refine") == "full"
        how = f"the same command with --set {run.step_id('split.stereo')}.edges.refine=full"
        then = "Look at them below" if full else f"Have them drawn from the full picture: {how}"
        yield f"Edges are jagged in {_named(found)}. {then}."


def _series(clip: ClipFigures, name: str) -> dict[str, object]:
    return dict(mapping(mapping(clip.export.get("quality")).get(name)))


def _named(clips: list[ClipFigures]) -> str:
    more = f" and {len(clips) - NAMED} more" if len(clips) > NAMED else ""
    return ", ".join(clip.clip for clip in clips[:NAMED]) + more
