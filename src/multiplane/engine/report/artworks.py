"""What became of each damaged picture: a section of the page a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from multiplane.engine.report.artwork_views import WIDTH_PX, Row, Views
from multiplane.engine.report.loose import ABSENT, entries, listed, mapping, pair, told, words
from multiplane.engine.report.masks import number, percent
from multiplane.engine.report.pictures import small_picture
from multiplane.engine.report.read import RunResult
from multiplane.engine.report.words import counted

CANDIDATES, DAMAGE = "restore.candidates", "restore.damage"
PICTURES_SHOWN = 12
ROWS_SHOWN = 8
MEGAPIXELS_SHOWN = 400.0
"""So much is read again for the page; of more pictures it holds the figures alone."""
RECORD_BYTES = 16_000_000
MUCH = 0.5
"""A mask that selects more of a picture shows, more often than not, what is to be kept."""
FILES = {"candidate": "candidates", "layer": "layers"}
"""What a row of the record names → the plane that holds it; both may have one name."""
SCORES = ("total", "seam", "texture", "grain", "colour", "likeness")


@dataclass(frozen=True)
class Link:
    """A file of the run, as the page links to it."""

    text: str
    href: str


@dataclass(frozen=True)
class Restoration:
    """One restoration in the table of a picture.

    Attributes:
        cells: Rank, row, by what, seed, then the scores.
        links: Its files.
        notes: What was done about it.
    """

    cells: Sequence[str]
    links: Sequence[Link]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class ArtworkSheet:
    """All that the page says of one picture.

    Attributes:
        title: The name of its file.
        facts: (what, how it is).
        links: Its collage, its page, its record.
        rows: (what they show, (caption, data URI) of each picture).
        restorations: Best first.
        hidden: How many restorations have no picture here.
        failed: (what, fix) of each that could not be made.
        notes: What has to be known.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    links: Sequence[Link]
    rows: Sequence[Row]
    restorations: Sequence[Restoration]
    hidden: int
    failed: Sequence[tuple[str, str]]
    notes: Sequence[str]


def artwork_ids(run: RunResult) -> list[str]:
    """The pictures of a run that repairs or finds damage, as far as done; else none."""
    step = run.step(CANDIDATES) or run.step(DAMAGE)
    return list(step.items) if step else []


def artwork_counts(run: RunResult) -> tuple[int, int]:
    """How many pictures are restored, and how many restorations there are."""
    step = run.step(CANDIDATES)
    rows = [len(entries(figures.get("rows"))) for figures in step.items.values()] if step else []
    return len(rows), sum(rows)


def mostly_masked(run: RunResult) -> list[str]:
    """The pictures of which a mask selects so much that it may be the wrong way round."""
    step = run.step(CANDIDATES)
    shares = (
        {name: number(figures.get("share")) for name, figures in step.items.items()} if step else {}
    )
    return [name for name, share in shares.items() if share is not None and share > MUCH]


def artwork_sheets(run: RunResult, most: int = PICTURES_SHOWN) -> list[ArtworkSheet]:
    """Put together what there is to say of each picture.

    Args:
        run: The run.
        most: Pictures at most.

    Returns:
        One section a picture, in the order of the run.
    """
    if not run.step(CANDIDATES):
        return [_found(run, group) for group in artwork_ids(run)[:most]]
    left = MEGAPIXELS_SHOWN
    sheets = []
    for group in artwork_ids(run)[:most]:
        record = _record(run, group)
        size = mapping(record.get("picture")).get("size")
        sides = [number(side) for side in size] if isinstance(size, list) else []
        megapixels = 1e-6 * (sides[0] or 0.0) * (sides[1] or 0.0) if len(sides) == 2 else 0.0
        rows = min(len(entries(record.get("rows"))), ROWS_SHOWN)
        fits = megapixels * (2 + rows) <= left
        left -= megapixels * (2 + rows) if fits else 0.0
        sheets.append(_sheet(run, group, record, fits))
    return sheets


def _sheet(run: RunResult, group: str, record: Mapping[str, Any], shown: bool) -> ArtworkSheet:
    rows = sorted(entries(record.get("rows")), key=_place)
    files = {
        key: {path.name: path for path in run.plane(plane, group)} for key, plane in FILES.items()
    }
    pictures = [files["candidate"].get(str(row.get("candidate"))) for row in rows]
    views = Views(run.plane("images", group), run.plane("damage", group))
    drawn = [
        (_caption(row), path) for row, path in zip(rows, pictures, strict=True) if path is not None
    ]
    notes = [*words(record.get("notes"))]
    if not record:
        notes.append("Its record cannot be read; what is known stands under Figures.")
    if not shown:
        notes.append("Too large to be shown here as well: see its collage.")
    return ArtworkSheet(
        title=str(mapping(record.get("picture")).get("file") or group),
        facts=[*_facts(group, record)],
        links=[*_links(run, group)],
        rows=views.rows(drawn[:ROWS_SHOWN]) if shown else [],
        restorations=[_restoration(run, row, files) for row in rows],
        hidden=max(0, len(drawn) - ROWS_SHOWN) if shown else 0,
        failed=[
            (f"row {told(one.get('row'))}, {told(one.get('backend'))}: {told(one.get('what'))}",
             str(one.get("fix") or ""))
            for one in entries(record.get("failed"))
        ],
        notes=list(dict.fromkeys(notes)),
    )  # fmt: skip


def _found(run: RunResult, group: str) -> ArtworkSheet:
    """What was found in a picture where damage is only looked for."""
    step = run.step(DAMAGE)
    told_of = entries(step.items.get(group, {}).get("pictures")) if step else []
    figures = told_of[0] if told_of else {}
    kinds = mapping(figures.get("kinds")).items()
    counts = [f"{told(mapping(one).get('count'))} {kind}" for kind, one in kinds]
    share = number(figures.get("share"))
    facts = [("folder", group)]
    if share is not None:
        facts.append(("found", f"{percent(share)} of the picture: {', '.join(counts)}"))
    shown = [
        (caption, small_picture(path, WIDTH_PX))
        for caption, plane in (("original", "images"), ("found", "overlays"), ("mask", "masks"))
        for path in run.plane(plane, group)[:1]
    ]
    row = [(caption, uri) for caption, uri in shown if uri]
    links = [
        link
        for plane in ("overlays", "masks")
        for path in run.plane(plane, group)[:1]
        for link in _link(run, plane.removesuffix("s"), path)
    ]
    title = str(figures.get("picture") or group)
    rows = [("what was found; correct the mask by hand before it is used", row)] if row else []
    return ArtworkSheet(title, facts, links, rows, [], 0, [], [])


def _place(row: Mapping[str, Any]) -> tuple[float, float]:
    """By rank; those without in the order of the rows, behind."""
    rank, at = number(row.get("rank")), number(row.get("row"))
    return (rank if rank is not None else 1e9, at if at is not None else 1e9)


def _caption(row: Mapping[str, Any]) -> str:
    total = number(mapping(row.get("scores")).get("total"))
    return listed(
        [
            f"rank {told(row.get('rank'))}" if row.get("rank") is not None else "",
            f"row {told(row.get('row'))}",
            told(row.get("by")),
            f"seed {told(row.get('seed'))}" if row.get("seed") is not None else "",
            f"score {total:.3g}" if total is not None else "",
        ],
        " · ",
    )


def _facts(group: str, record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    picture, mask = mapping(record.get("picture")), mapping(record.get("mask"))
    if not record:
        return
    yield "folder", group
    yield (
        "picture",
        listed(
            [
                f"{pair(picture.get('size'), 'x')} px",
                f"{told(picture.get('bits'))} bits, {told(picture.get('kind'))}",
                str(picture.get("profile") or ""),
                "transparent in places" if picture.get("alpha") is True else "",
                "turned upright" if picture.get("turned") is True else "",
            ],
            ", ",
        ),
    )
    share = number(mask.get("repaired_share", mask.get("share")))
    if share is not None:
        converted = picture.get("converted")
        pieces = mask.get("pieces")
        yield (
            "made up",
            listed(
                [
                    f"{percent(share)} of the picture",
                    counted(pieces, "piece") if isinstance(pieces, int) else "",
                    f"{told(mask.get('pixels'))} px of damage",
                ],
                ", ",
            )
            + "; all else is the original, "
            + (f"but {converted}" if converted else "bit for bit"),
        )
    if mask:
        fitted = pair(mask.get("fitted_from"), "x")
        yield (
            "mask",
            f"{told(mask.get('file'))}, {told(mask.get('mode'))} is repaired"
            + (f", fitted from {fitted} px" if fitted != ABSENT else ""),
        )


def _links(run: RunResult, group: str) -> Iterator[Link]:
    for plane, text in (("collages", "collage"), ("pages", "page to zoom into"),
                        ("records", "record")):  # fmt: skip
        for path in run.plane(plane, group)[:1]:
            yield from _link(run, text, path)


def _link(run: RunResult, text: str, path: Path | None) -> Iterator[Link]:
    """A link to a file below the run folder; none to any other."""
    if path is not None and path.is_relative_to(run.root) and path.is_file():
        yield Link(text, quote(path.relative_to(run.root).as_posix(), errors="surrogateescape"))


def _restoration(
    run: RunResult, row: Mapping[str, Any], files: Mapping[str, Mapping[str, Path]]
) -> Restoration:
    scores = mapping(row.get("scores"))
    settings = mapping(row.get("settings"))
    by = listed([told(row.get("by")), str(settings.get("model") or "")], ", ")
    return Restoration(
        [
            told(row.get("rank")),
            told(row.get("row")),
            by,
            told(row.get("seed")),
            *(told(scores.get(name)) for name in SCORES),
        ],
        [
            *_link(run, "picture", files["candidate"].get(str(row.get("candidate")))),
            *_link(run, "layer", files["layer"].get(str(row.get("layer")))),
        ],
        words(row.get("notes")),
    )


def _record(run: RunResult, group: str) -> Mapping[str, Any]:
    """The record of a picture; empty when it cannot be read."""
    for path in run.plane("records", group)[:1]:
        try:
            if path.stat().st_size <= RECORD_BYTES:
                return mapping(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError):
            break
    return {}
