from __future__ import annotations

import json

import pytest

from multiplane.core.items import Json
from multiplane.restore.check.config import CheckOptions
from multiplane.restore.check.verdict import NEXT, judge, sum_up

GOOD: dict[str, Json] = {
    "frame": "000000", "lossless": True, "coverage_before": 0.1, "coverage_after": 0.2,
    "residual": 0.01, "seam": 1.0, "flicker": 0.5, "flicker_beside": 0.6, "flicker_ratio": 0.9,
    "sharpness": 0.9, "outside_identical": True, "outside_error": 0,
}  # fmt: skip


def test_a_good_frame_has_nothing_against_it() -> None:
    assert judge(GOOD, CheckOptions()) == []
    verdict = sum_up([GOOD] * 3, CheckOptions())
    assert verdict["worst"] == []
    assert verdict["next_step"] == ""
    assert verdict["outside_identical"]
    assert verdict["seam_mean"] == 1.0


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"residual": 0.5}, "leftover"),
        ({"seam": 2.0}, "seam"),
        ({"flicker_ratio": 3.0}, "flicker"),
        ({"sharpness": 0.1}, "blur"),
        ({"outside_error": 1, "outside_identical": False}, "outside"),
    ],
)
def test_each_trouble_has_a_reason_and_a_next_step(change: dict[str, Json], kind: str) -> None:
    ((found, badness, reason),) = judge({**GOOD, **change}, CheckOptions())
    assert found == kind
    assert badness >= 1
    assert reason
    verdict = sum_up([{**GOOD, **change}, GOOD], CheckOptions())
    assert verdict["next_step"] == NEXT[kind]
    assert "--set" in NEXT[kind] or "inliers" in NEXT[kind]


@pytest.mark.parametrize(("bad", "advised"), [(1, False), (2, False), (3, True)])
def test_a_slip_of_a_frame_or_two_in_a_hundred_is_listed_but_brings_no_advice(
    bad: int, advised: bool
) -> None:
    rows = [{**GOOD, "seam": 2.0 if n < bad else 1.0} for n in range(100)]
    verdict = sum_up(rows, CheckOptions())
    assert verdict["listed"] == bad
    assert bool(verdict["next_step"]) == advised


def test_a_jpeg_may_differ_a_little() -> None:
    off = {**GOOD, "lossless": False, "outside_error": 10, "outside_identical": False}
    assert judge(off, CheckOptions()) == []
    assert judge({**off, "outside_error": 80}, CheckOptions())


def test_the_worst_come_first_and_only_so_many() -> None:
    rows = [{**GOOD, "frame": str(n), "seam": 1.5 + n} for n in range(9)]
    verdict = sum_up(rows, CheckOptions(most_listed=3))
    assert [w["frame"] for w in verdict["worst"]] == ["8", "7", "6"]  # type: ignore[union-attr, index, call-overload]
    assert verdict["listed"] == 9
    assert json.loads(json.dumps(verdict)) == verdict


def test_figures_that_were_not_taken_are_left_out() -> None:
    bare: dict[str, Json] = {"frame": "a", "outside_identical": True, "outside_error": 0}
    verdict = sum_up([bare], CheckOptions())
    assert verdict["residual_mean"] is None
    assert verdict["seam_max"] is None
