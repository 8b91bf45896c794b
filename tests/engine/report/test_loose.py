from __future__ import annotations

import pytest

from multiplane.engine.report.loose import (
    entries,
    listed,
    mapping,
    megabytes,
    pair,
    points,
    told,
    words,
)


def test_what_is_there_is_taken() -> None:
    assert mapping({"a": 1}) == {"a": 1}
    assert entries([{"a": 1}, 2, None, {}]) == [{"a": 1}, {}]
    assert words(["a", 1, "b"]) == ["a", "b"]
    assert [told(value) for value in (True, 3, 0.12345, "x")] == ["yes", "3", "0.123", "x"]
    assert pair([64, 0.5], "x") == "64x0.5"
    series = {"first_frame": 10, "frames_per_point": 2, "points": [0.5, None, 1]}
    assert points(series) == [(10, 0.5), (12, None), (14, 1.0)]
    assert listed(["a", "", "b", "a"]) == "a; b"
    assert megabytes(2_500_000) == "2.5\N{NO-BREAK SPACE}MB"


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, [None], True])
def test_what_is_not_does_no_harm(value: object) -> None:
    assert mapping(value) == {}
    assert entries(value) == []
    assert points(value) == []
    assert pair(value, "x") == "—"
    assert isinstance(told(value), str)
    for key in ("first_frame", "frames_per_point", "points"):
        series = {"first_frame": 0, "frames_per_point": 1, "points": [1.0], key: value}
        assert isinstance(points(series), list)
    assert megabytes("x") == "—"
