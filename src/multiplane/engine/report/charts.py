"""Charts as SVG, drawn by hand so that the page needs no library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from multiplane.engine.report.words import counted

WIDTH = 640
BAR = 22
COLOURS = ("#5b7fb5", "#d5713d", "#6a9c5a")


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
