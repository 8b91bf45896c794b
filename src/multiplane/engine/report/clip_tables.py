"""Tables of one clip: the files that came out, its chunks, what the eyes disagreed on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multiplane.engine.report.loose import (
    ABSENT,
    entries,
    listed,
    mapping,
    megabytes,
    pair,
    told,
    words,
)
from multiplane.engine.report.masks import number
from multiplane.engine.report.read import Figures, RunResult

MOST_ROWS = 200
ARROW = "\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        title: What it is of.
        columns: What stands in each column.
        rows: As many cells as columns each.
        folded: Whether it is shown only when it is asked for.
        note: What has to be known to read it.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = False
    note: str = ""


def output_grid(export: Figures) -> Grid:
    """The files that were written, and what was found when they were held against the source."""
    rows = []
    for one in entries(export.get("outputs")):
        verified = one.get("verified") is True
        error = number(one.get("largest_time_error_s"))
        rows.append(
            [
                told(one.get("file")),
                told(one.get("format")),
                pair(one.get("size"), "x"),
                megabytes(one.get("bytes")),
                pair(one.get("frames"), ARROW) if verified else ABSENT,
                f"{1000 * error:.3g} ms" if verified and error is not None else ABSENT,
                told(one.get("sound")) if verified else ABSENT,
                pair(one.get("sound_packets"), ARROW) if verified else ABSENT,
                "yes" if verified else "no",
                listed(words(one.get("notes"))),
            ]
        )
    columns = ("file", "format", "size, px", "size", "frames", "off in time", "sound",
               "packets of sound", "verified", "notes")  # fmt: skip
    note = "source → file; off in time: the largest difference between the times of equal frames."
    return Grid("Files", columns, rows, note=note)


def chunk_grid(run: RunResult, clip: str, cut: Figures, chunks: Mapping[str, Figures]) -> Grid:
    """The chunks: what was done in each, how quickly, what there is to know."""
    step = run.step("split.stereo")
    failed = {str(one.get("id")): str(one.get("what")) for one in step.failures} if step else {}
    rows = []
    for one in entries(cut.get("chunks")):
        name = f"{clip}/{told(one.get('id'))}"
        found = mapping(chunks.get(name))
        seconds = step.seconds_of(name) if step else 0.0
        frames = number(one.get("frames"))
        agreement = mapping(found.get("agreement"))
        notes = listed(words(found.get("memory")))
        if name in failed:
            notes = f"failed: {failed[name]}"
        elif not found:
            notes = "still to do"
        people = found.get("people")
        rows.append(
            [
                told(one.get("id")),
                _range(one.get("start"), one.get("stop")),
                told(one.get("frames")),
                f"{seconds:.1f}" if seconds else ABSENT,
                f"{frames / seconds:.3g}" if frames and seconds else ABSENT,
                str(len(people)) if isinstance(people, list) else ABSENT,
                told(agreement.get("mean")),
                told(agreement.get("least")),
                told(found.get("corrected")),
                notes,
            ]
        )
    columns = ("chunk", "its frames", "worked on", "seconds", "frames a second", "people",
               "agreement", "least", "corrected", "notes")  # fmt: skip
    note = "Chunks overlap: what is worked on is more than its own frames."
    return Grid("Chunks", columns, rows, note=note)


def disagreement_grid(chunks: Mapping[str, Figures], export: Figures) -> Grid:
    """What the eyes disagreed on, and what was done about it."""
    found = [*_disagreements(chunks, export)]
    known = number(mapping(export.get("disagreements")).get("count"))
    count = max(len(found), round(known or 0))
    rows = [
        [
            told(one.get("frame")),
            told(one.get("id")),
            told(one.get("agreement")) if one.get("agreement") is not None else "missed",
            pair(one.get("scores"), " / "),
            told(one.get("worse")),
            told(one.get("did")),
            told(one.get("after")),
            told(one.get("why")),
        ]
        for one in found[:MOST_ROWS]
    ]
    columns = ("frame", "person", "agreement", "scores, left / right", "wrong eye",
               "what was done", "agreement after", "what told")  # fmt: skip
    more = count - len(rows)
    note = f"{more} more stand in the files of people." if more > 0 else ""
    return Grid(f"Disagreements of the eyes: {count}", columns, rows, folded=True, note=note)


def _disagreements(
    chunks: Mapping[str, Figures], export: Figures
) -> Iterator[Mapping[str, Any]]:  # fmt: skip
    """Those of the whole clip; before it is written, those of its chunks."""
    if export:
        yield from entries(mapping(export.get("disagreements")).get("listed"))
        return
    for figures in chunks.values():
        yield from entries(figures.get("disagreements_listed"))


def _range(start: object, stop: object) -> str:
    """Frames from one to before another."""
    first, last = number(start), number(stop)
    return ABSENT if first is None or last is None else f"{first:.0f} to {last - 1:.0f}"
