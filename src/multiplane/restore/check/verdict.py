"""From figures to words: which frames deserve a look, why, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from multiplane.core.items import Json
from multiplane.restore.check.config import CheckOptions

LOSSY_ERROR = 24
"""A JPEG may differ by this much outside the mask without anything being wrong."""

NEXT = {
    "leftover": "Something of the characters is left on the backgrounds: grow the masks further "
    "(--set plate.grow_px=30), or look at the masks of the listed frames first.",
    "outside": "Pixels outside the masks changed: choose --set inpaint.format=png, or make the "
    "backgrounds again from these very frames.",
    "seam": "The border of the fill can be seen: a wider blend (--set inpaint.feather_px=10) or "
    "larger masks (--set plate.grow_px=30) hide it.",
    "flicker": "The fill is less steady than the picture around it: see whether the camera was "
    "found in the listed frames (inliers in the metadata of restore.plate).",
    "blur": "The fill is softer than its surroundings: learn from further away "
    "(--set inpaint.context_px=256).",
}
"""Kind of trouble → what to do about it, the gravest first."""


def judge(row: Mapping[str, Json], options: CheckOptions) -> list[tuple[str, float, str]]:
    """What is wrong with a frame.

    Args:
        row: Its figures, see :mod:`.look`.
        options: From where on it is listed.

    Returns:
        (kind, badness, reason) each; badness is 1 at the limit.
    """
    found = []
    leftover = _number(row, "residual")
    if leftover is not None and leftover >= options.leftover:
        reason = f"something like the character can still be seen ({leftover:.2f})"
        found.append(("leftover", leftover / options.leftover, reason))
    error = _number(row, "outside_error") or 0
    lossy = row.get("lossless") is False
    if error > (LOSSY_ERROR if lossy else 0):
        found.append(("outside", 2.0, f"pixels outside the mask differ by up to {error:.0f}"))
    seam = _number(row, "seam")
    if seam is not None and seam >= options.seam:
        reason = f"the border of the fill stands out {seam:.1f} times"
        found.append(("seam", seam / options.seam, reason))
    flicker = _number(row, "flicker_ratio")
    if flicker is not None and flicker >= options.flicker:
        reason = f"the fill flickers {flicker:.1f} times as much as its surroundings"
        found.append(("flicker", flicker / options.flicker, reason))
    sharpness = _number(row, "sharpness")
    if sharpness is not None and sharpness < options.blur:
        reason = f"the fill has {100 * sharpness:.0f} % of the sharpness around it"
        found.append(("blur", options.blur / max(sharpness, 0.05), reason))
    return found


def sum_up(rows: Sequence[Mapping[str, Json]], options: CheckOptions) -> dict[str, Json]:
    """The verdict on a shot.

    Args:
        rows: The figures of its frames.
        options: From where on a frame is listed, and how many are.

    Returns:
        Means and extremes; ``worst``, the frames that deserve a look with their reasons, the
        worst first; ``listed``, how many there are; ``next_step``, empty when nothing stands out.
    """
    judged = [(row, judge(row, options)) for row in rows]
    bad = [(row, found) for row, found in judged if found]
    bad.sort(key=lambda pair: -sum(badness for _, badness, _ in pair[1]))
    worst: list[Json] = [
        {
            "frame": row["frame"],
            "badness": round(sum(badness for _, badness, _ in found), 3),
            "reasons": [reason for *_, reason in found],
        }
        for row, found in bad[: options.most_listed]
    ]
    kinds = Counter(kind for _, found in bad for kind, *_ in found)
    return {
        **{f"{key}_mean": _mean(rows, key) for key in _MEANS},
        **{f"{key}_max": _extreme(rows, key) for key in ("residual", "seam", "flicker_ratio")},
        "outside_identical": all(row["outside_identical"] for row in rows),
        "listed": len(bad),
        "worst": worst,
        "next_step": _next_step(kinds, len(rows)),
    }


_MEANS = (
    "coverage_before", "coverage_after", "residual", "seam", "flicker", "flicker_beside",
    "flicker_ratio", "sharpness",
)  # fmt: skip


def _next_step(kinds: Counter[str], frames: int) -> str:
    """Advice on the gravest kind that is more than a slip of a frame or two."""
    often = [kind for kind in NEXT if kinds[kind] > frames // 50]
    return NEXT[often[0]] if often else ""


def _number(row: Mapping[str, Json], key: str) -> float | None:
    value = row.get(key)
    return float(value) if isinstance(value, int | float) else None


def _numbers(rows: Sequence[Mapping[str, Json]], key: str) -> list[float]:
    return [value for row in rows if (value := _number(row, key)) is not None]


def _mean(rows: Sequence[Mapping[str, Json]], key: str) -> float | None:
    values = _numbers(rows, key)
    return round(sum(values) / len(values), 4) if values else None


def _extreme(rows: Sequence[Mapping[str, Json]], key: str) -> float | None:
    return max(_numbers(rows, key), default=None)
