"""What is told of a chunk: who is in it, how far the eyes agree, what was done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from multiplane.core.items import Json
from multiplane.split.stereo.masks import EyeTrack
from multiplane.split.stereo.people_file import Disagreement, Pair

MOST_LISTED = 200
"""Disagreements that are listed in the record; the file of people holds all."""


def people_figures(tracks: Sequence[EyeTrack], first: int) -> list[Json]:
    """Everybody in a chunk: when they are seen by each eye, and how large they get.

    Args:
        tracks: Of each eye, the left first.
        first: Index in the clip of the first frame.

    Returns:
        A row a person, by rising id.
    """
    rows: dict[int, dict[str, Any]] = {}
    for eye, track in enumerate(tracks):
        for index, people in enumerate(track):
            for number, person in people.items():
                row = rows.setdefault(
                    number,
                    {"id": number, "first": first + index, "last": 0, "frames": [0] * len(tracks),
                     "largest_px": 0, "score": 0.0},
                )  # fmt: skip
                row["first"] = min(row["first"], first + index)
                row["last"] = max(row["last"], first + index)
                row["frames"][eye] += 1
                row["largest_px"] = max(row["largest_px"], person.mask.area_px)
                row["score"] += person.score
    for row in rows.values():
        row["score"] = round(row["score"] / sum(row["frames"]), 4)
    return [rows[number] for number in sorted(rows)]


def agreement_figures(
    pairs: Sequence[Sequence[Pair]], disagreements: Sequence[Disagreement], threshold: float
) -> dict[str, Json]:
    """How far the eyes agree over a chunk.

    Args:
        pairs: Of each frame.
        disagreements: What they did not agree on.
        threshold: Agreement below which one eye is taken to be wrong.

    Returns:
        ``agreement``: mean, least and share below the threshold, before and after corrections;
        ``disagreements`` and how many; ``hidden_people``: how often one eye really did not see
        somebody.
    """
    after = [pair.agreement for frame in pairs for pair in frame if pair.agreement is not None]
    before = [one.agreement for one in disagreements if one.agreement is not None]
    raw = [pair.raw_iou for frame in pairs for pair in frame if pair.raw_iou is not None]
    missed = sum(one.agreement is None for one in disagreements)
    settled = sum(one.did != "none" for one in disagreements)
    checked = len(after) + sum(one.agreement is None and one.after is None for one in disagreements)
    low = sum(value < threshold for value in after)
    hidden = Counter(pair.hidden for frame in pairs for pair in frame if pair.hidden)
    done = Counter(one.did for one in disagreements)
    return {
        "agreement": {
            "threshold": threshold,
            "checked": checked,
            "mean": _mean(after),
            "least": _least(after),
            "below_share": round(low / len(after), 5) if after else None,
            "disagreed_share": round(len(disagreements) / checked, 5) if checked else None,
            "disagreed_mean": _mean(before),
            "raw_mean": _mean(raw),
        },
        "disagreements": len(disagreements),
        "missed_by_one_eye": missed,
        "corrected": settled,
        "did": {name: done[name] for name in sorted(done)},
        "hidden_from": {side: hidden[side] for side in sorted(hidden)},
        "disagreements_listed": [one.to_json() for one in disagreements[:MOST_LISTED]],
    }


def frame_figures(
    index: int, tracks: Sequence[EyeTrack], at: int, pairs: Sequence[Pair], shares: Sequence[float]
) -> Json:
    """What is told of one frame.

    Args:
        index: Of the frame in the clip.
        tracks: Of each eye.
        at: Index of the frame in the chunk.
        pairs: How far the eyes agree.
        shares: How much of each eye is people, by its alpha.
    """
    told = [pair.agreement for pair in pairs if pair.agreement is not None]
    row: dict[str, Json] = {
        "frame": f"{index:06d}",
        "people": [len(track[at]) for track in tracks],
        "area_share": [round(share, 5) for share in shares],
    }
    if len(tracks) > 1:
        row["agreement"] = round(min(told), 4) if told else None
        row["corrected"] = sum(bool(pair.corrected) for pair in pairs)
    return row


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 5) if values else None


def _least(values: Sequence[float]) -> float | None:
    return round(min(values), 5) if values else None
