"""Figures as they come: of other versions, cut off or damaged, so nothing is taken for granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from multiplane.engine.report.masks import number

Points = list[tuple[float, float | None]]
"""(frame, value), by rising frame."""
ABSENT = "—"


def mapping(value: object) -> Mapping[str, Any]:
    """A mapping; an empty one where there is none."""
    return value if isinstance(value, Mapping) else {}


def entries(value: object) -> list[Mapping[str, Any]]:
    """The mappings of a list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def words(value: object) -> list[str]:
    """The texts of a list."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def told(value: object, digits: int = 3) -> str:
    """A figure as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    found = number(value)
    if found is not None:
        return f"{found:.{digits}g}"
    return value if isinstance(value, str) and value else ABSENT


def pair(value: object, between: str) -> str:
    """Two figures of a list with something between them."""
    both = value if isinstance(value, list) and len(value) == 2 else []
    return between.join(told(one) for one in both) or ABSENT


def points(series: object) -> Points:
    """The points of figures over time, as split.export thins them out.

    Args:
        series: With ``first_frame``, ``frames_per_point`` and ``points``.
    """
    found = mapping(series)
    first, each = number(found.get("first_frame")), number(found.get("frames_per_point"))
    values = found.get("points")
    if not isinstance(values, list) or first is None or not each or each < 0:
        return []
    return [(first + at * each, number(value)) for at, value in enumerate(values)]


def listed(parts: Iterable[str], between: str = "; ") -> str:
    """Texts in a row, each once, without the empty ones."""
    return between.join(dict.fromkeys(part for part in parts if part))


def megabytes(count: object) -> str:
    """A size of a file."""
    size = number(count)
    if size is None:
        return ABSENT
    if size >= 1e5:
        return f"{size / 1e6:.1f}\N{NO-BREAK SPACE}MB"
    return f"{size / 1e3:.1f}\N{NO-BREAK SPACE}kB"
