"""Charts as SVG, drawn by hand so that the page needs no library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from multiplane.engine.report.words import counted

WIDTH = 640
BAR = 22
COLOURS = ("#5b7fb5", "#d5713d", "#6a9c5a")
MORE_COLOURS = (*COLOURS, "#a86bb0", "#b59a3c", "#4ba3a3", "#c05a78", "#8a8a8a")
MARK_ROWS = 6
LABEL = 150
"""Room for a name in a legend."""


def histogram(series: Mapping[str, Sequence[float]], bins: int = 20) -> str:
    """How many frames have which share of their pixels covered.

    Args:
        series: Name → shares in [0, 1].
        bins: Columns between 0 and 100 %.

    Returns:
        An ``<svg>`` element.
    """
    height, base = 190, 150
    counts = {name: _counts(values, bins) for name, values in series.items()}
    top = max((max(column) for column in counts.values()), default=0) or 1
    step = WIDTH / bins
    width = step / max(1, len(counts)) - 1
    parts = []
    for place, (name, column) in enumerate(counts.items()):
        colour = COLOURS[place % len(COLOURS)]
        for i, count in enumerate(column):
            if not count:
                continue  # a page that is read out would list every empty column
            tall = 130 * count / top
            x = i * step + place * (width + 0.5)
            share = f"{100 * i / bins:.0f}-{100 * (i + 1) / bins:.0f} %"
            title = f"{name}: {counted(count, 'frame')} with {share}"
            parts.append(
                f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{width:.1f}" height="{tall:.1f}" '
                f'fill="{colour}"><title>{escape(title)}</title></rect>'
            )
        parts.append(f'<text x="{10 + 200 * place}" y="12" fill="{colour}">■ {escape(name)}</text>')
    for percent in range(0, 101, 25):
        anchor = "start" if percent == 0 else "end" if percent == 100 else "middle"
        parts.append(
            f'<text x="{WIDTH * percent / 100}" y="{base + 16}" text-anchor="{anchor}">'
            f"{percent} %</text>"
        )
    parts.append(f'<line x1="0" x2="{WIDTH}" y1="{base}" y2="{base}" stroke="#888"/>')
    return _svg(height, parts)


def bars(values: Mapping[str, float], unit: str = "s") -> str:
    """One horizontal bar a name.

    Args:
        values: Name → value, not negative.
        unit: Written behind each value.

    Returns:
        An ``<svg>`` element.
    """
    top = max(values.values(), default=0.0) or 1.0
    parts = []
    for row, (name, value) in enumerate(values.items()):
        y = row * (BAR + 4)
        parts.append(f'<text x="118" y="{y + 15}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<rect x="126" y="{y}" width="{max(1.0, 420 * value / top):.1f}" height="{BAR}" '
            f'fill="{COLOURS[0]}"/>'
        )
        x = 132 + 420 * value / top
        parts.append(f'<text x="{x:.1f}" y="{y + 15}">{value:.1f} {escape(unit)}</text>')
    return _svg(len(values) * (BAR + 4), parts)


@dataclass(frozen=True)
class Axes:
    """What a chart of lines is drawn on.

    Attributes:
        x: What is counted to the right, e.g. "frame".
        x_format: How places are written.
        low: Lowest value of the height.
        high: Highest value; None takes the highest there is.
        unit: Written behind values.
        level: A value to draw a line at; None for none.
        marks: (place, name) of what began where.
    """

    x: str = "frame"
    x_format: str = ".0f"
    low: float = 0.0
    high: float | None = None
    unit: str = ""
    level: float | None = None
    marks: Sequence[tuple[float, str]] = ()


def lines(series: Mapping[str, Sequence[tuple[float, float | None]]], axes: Axes) -> str:
    """One line a name, from left to right; where there is no value it breaks off.

    Args:
        series: Name → (place, value), by rising place. Values beyond the axes are drawn at their
            edge.
        axes: What they are drawn on.

    Returns:
        An ``<svg>`` element; empty when there is nothing to draw.
    """
    points = [(x, y) for line in series.values() for x, y in line if y is not None]
    if not points:
        return ""
    left, right = (pick(x for line in series.values() for x, _ in line) for pick in (min, max))
    highest = max(y for _, y in points)
    high = axes.high if axes.high is not None else max(highest, axes.level or 0.0)
    high = high if high > axes.low else axes.low + 1.0
    rows = -(-len(series) * LABEL // WIDTH)
    top = 6 + 16 * rows
    base = top + 130

    def place(x: float) -> float:
        return 46 + (WIDTH - 56) * (x - left) / ((right - left) or 1)

    def tall(y: float) -> float:
        return base - 130 * (min(max(y, axes.low), high) - axes.low) / (high - axes.low)

    parts = _frame(axes, (left, right), (axes.low, high), base)
    free = [0.0] * MARK_ROWS  # how far the names in each row reach
    for at, name in axes.marks:
        x = place(min(max(at, left), right))
        row = next((row for row, reach in enumerate(free) if reach <= x), MARK_ROWS - 1)
        free[row] = x + 10 + 6 * len(name)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{base}" stroke="#8886"/>'
            f'<text x="{x + 3:.1f}" y="{top + 10 + 12 * row}" font-size="10">{escape(name)}</text>'
        )
    if axes.level is not None:
        y = tall(axes.level)
        parts.append(
            f'<line x1="46" x2="{WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}" stroke="#c33" '
            'stroke-dasharray="4 3"/>'
        )
    for number, (name, line) in enumerate(series.items()):
        colour = MORE_COLOURS[number % len(MORE_COLOURS)]
        parts += [_stretch(run, colour, name, place, tall) for run in _whole(line)]
        column, row = number % (WIDTH // LABEL), number // (WIDTH // LABEL)
        x = 46 + LABEL * column
        parts.append(  # a square of its own: the page gives all text one colour
            f'<rect x="{x}" y="{4 + 16 * row}" width="9" height="9" fill="{colour}"/>'
            f'<text x="{x + 13}" y="{12 + 16 * row}">{escape(name)}</text>'
        )
    return _svg(base + 22, parts)


def _frame(
    axes: Axes, x: tuple[float, float], y: tuple[float, float], base: int
) -> list[str]:  # fmt: skip
    """The axes and their numbers."""
    parts = [f'<line x1="46" x2="{WIDTH - 10}" y1="{base}" y2="{base}" stroke="#888"/>']
    for share in (0.0, 0.5, 1.0):
        value, height = y[0] + share * (y[1] - y[0]), base - 130 * share
        parts.append(
            f'<line x1="42" x2="{WIDTH - 10}" y1="{height}" y2="{height}" stroke="#8883"/>'
            f'<text x="38" y="{height + 4}" text-anchor="end" font-size="10">'
            f"{value:.3g}{escape(axes.unit) if share else ''}</text>"
        )
        anchor = ("start", "middle", "end")[round(2 * share)]
        told = f"{x[0] + share * (x[1] - x[0]):{axes.x_format}}"
        name = f"{axes.x} {told}" if not share else told
        parts.append(
            f'<text x="{46 + (WIDTH - 56) * share}" y="{base + 15}" text-anchor="{anchor}" '
            f'font-size="10">{escape(name)}</text>'
        )
    return parts


def _whole(line: Sequence[tuple[float, float | None]]) -> Iterator[list[tuple[float, float]]]:
    """The stretches of a line in which every place has a value."""
    stretch: list[tuple[float, float]] = []
    for x, y in [*line, (0.0, None)]:
        if y is not None:
            stretch.append((x, y))
        elif stretch:
            yield stretch
            stretch = []


def _stretch(
    points: list[tuple[float, float]],
    colour: str,
    name: str,
    place: Callable[[float], float],
    tall: Callable[[float], float],
) -> str:
    title = f"<title>{escape(name)}</title>"
    if len(points) == 1:
        [(x, y)] = points
        return (
            f'<circle cx="{place(x):.1f}" cy="{tall(y):.1f}" r="2" fill="{colour}">{title}</circle>'
        )
    told = " ".join(f"{place(x):.1f},{tall(y):.1f}" for x, y in points)
    return (
        f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="1.5">'
        f"{title}</polyline>"
    )


def _counts(values: Sequence[float], bins: int) -> list[int]:
    column = [0] * bins
    for value in values:
        column[min(bins - 1, max(0, int(value * bins)))] += 1
    return column


def _svg(height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {max(1, height)}" width="{WIDTH}" role="img" '
        'font-family="sans-serif" font-size="12">' + "".join(parts) + "</svg>"
    )
