"""What is said about a picture and its restorations: captions, and the tables of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from multiplane.restore.collage.record import Account, Restoration, texts

SCORES = ("total", "seam", "texture", "grain", "colour", "likeness")
COLUMNS = ("row", "by", "model", "seed", "guidance", "rank", *SCORES, "")
UNKNOWN = "—"


class Cell(NamedTuple):
    """A cell of the table: what stands in it, and what it is sorted by."""

    text: str
    value: str
    number: bool = True


def caption_of(one: Restoration, count: int) -> str:
    """A line about a restoration.

    Args:
        one: Which.
        count: How many there are, for the rank.
    """
    facts = [backend_of(one)]
    facts += [fact for fact in (model_of(one),) if fact]
    facts += [f"seed {one.seed}"] if one.seed is not None else []
    guidance = one.settings.get("guidance")
    facts += [f"guidance {guidance:g}"] if _is_number(guidance) else []
    facts += [f"rank {one.rank} of {count}"] if one.rank is not None else []
    total = one.scores.get("total")
    facts += [f"score {total:.3g}"] if total is not None else []
    return ", ".join(facts)


def title_of(one: Restoration) -> str:
    """A few words that tell a restoration from the others."""
    seed = f", seed {one.seed}" if one.seed is not None else ""
    return f"{one.row}: {backend_of(one)}{seed}"


def backend_of(one: Restoration) -> str:
    """Who was asked, and who did it where that is another."""
    return one.backend if one.by == one.backend else f"{one.backend}, in truth {one.by}"


def model_of(one: Restoration) -> str:
    """The name of its network; of a path the last part."""
    model = one.settings.get("model")
    if not isinstance(model, str):
        return ""
    parts = [part for part in model.replace("\\", "/").split("/") if part]
    is_path = len(parts) > 2 or model.startswith(("/", ".", "~")) or "\\" in model
    return parts[-1] if is_path and parts else model


def cells_of(one: Restoration) -> list[Cell]:
    """Its row in the table, for :data:`COLUMNS` without the last."""
    guidance = one.settings.get("guidance")
    model = model_of(one)
    words = (Cell(backend_of(one), backend_of(one), False), Cell(model or UNKNOWN, model, False))
    return [
        _cell(one.row),
        *words,
        _cell(one.seed),
        _cell(guidance if _is_number(guidance) else None),
        _cell(one.rank),
        *(_cell(one.scores.get(key)) for key in SCORES),
    ]


def facts_of(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What was made up and of what, label and value.

    Args:
        raw: The record of a picture.

    Yields:
        The share first, then everything that is recorded of picture, mask, method and software.
    """
    mask = raw.get("mask")
    mask = mask if isinstance(mask, dict) else {}
    share = mask.get("repaired_share", mask.get("share"))
    if _is_number(share):
        yield "made up", f"{100 * share:.3g} % of the picture; all else is the original"
    for key in ("picture", "mask", "method"):
        yield from flat(raw.get(key), key)
    software = raw.get("software")
    if isinstance(software, dict):
        yield (
            "made with",
            ", ".join(f"{name} {_said(release)}" for name, release in software.items()),
        )


def flat(value: object, label: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as rows of a table.

    Args:
        value: Whatever JSON can hold.
        label: What to call it.

    Yields:
        Label and value of everything that is said.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{label} {key}".strip().replace("_", " "))
    elif isinstance(value, list):
        if all(isinstance(one, str | int | float | None) for one in value):
            yield from flat(", ".join(_said(one) for one in value), label)
            return
        for number, inner in enumerate(value, start=1):
            yield from flat(inner, f"{label} {number}")
    elif value is not None and value != "":
        yield label, _said(value)


def notes_of(account: Account) -> list[str]:
    """What is said about the picture as a whole."""
    return list(texts(account.raw.get("notes")))


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(value: float | None) -> Cell:
    if value is None:
        return Cell(UNKNOWN, "")
    return Cell(f"{value:.3g}" if isinstance(value, float) else str(value), repr(value))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
