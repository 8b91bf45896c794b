from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.export.series import Series


@given(
    values=st.lists(st.one_of(st.none(), st.integers(-50, 50)), min_size=1, max_size=300),
    start=st.integers(0, 1000),
)
def test_means_and_extremes_are_those_of_all_values(values: list[int | None], start: int) -> None:
    series = Series(start, most=8)
    for place, value in enumerate(values):
        series.add(start + place, value)
    known = [value for value in values if value is not None]
    told = series.to_json()
    assert len(told["points"]) <= 8
    assert len(told["points"]) * told["frames_per_point"] >= len(values)
    assert told["values"] == len(known)
    if not known:
        assert (series.mean, series.least, series.largest) == (None, None, None)
        return
    assert series.mean == pytest.approx(sum(known) / len(known))
    assert series.least == (min(known), start + values.index(min(known)))
    assert series.largest == (max(known), start + values.index(max(known)))


def test_neighbours_become_one_when_there_are_too_many() -> None:
    series = Series(most=4)
    for frame in range(10):
        series.add(frame, frame)
    assert series.to_json()["points"] == [1.5, 5.5, 8.5]
    assert series.to_json()["frames_per_point"] == 4


def test_stretches_without_a_value_stay_empty() -> None:
    series = Series(most=4)
    series.add(0, 1.0)
    series.add(2, None)
    series.add(3, 2.0)
    assert series.to_json()["points"] == [1.0, None, None, 2.0]
