from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.segment.persistence import Evidence
from multiplane.split.segment.trust import judge

SIZE = (40, 50)


def evidence(persistence: np.ndarray, salience: np.ndarray) -> Evidence:
    """Ten references that share the frame's salience where they agree."""
    agree = (10 * persistence).astype(np.float32)
    differ = 10 - agree
    nothing = np.zeros(SIZE, np.float32)
    return Evidence(agree, differ, agree * salience, nothing, agree, agree * salience)


def box(rows: slice, columns: slice, value: float = 1.0) -> np.ndarray:
    values = np.zeros(SIZE, np.float32)
    values[rows, columns] = value
    return values


WALKER = box(slice(5, 25), slice(10, 25))
ROCK = box(slice(30, 38), slice(30, 45))


def test_salience_counts_where_what_moves_is_salient() -> None:
    trust = judge([(evidence(1 - WALKER, WALKER), WALKER)])
    assert trust.salience == trust.motion == trust.found == 1
    assert trust.restless == 0
    assert trust.moving == pytest.approx(WALKER.mean())


def test_salience_counts_less_where_it_is_caught_by_something_else() -> None:
    trust = judge([(evidence(1 - WALKER, ROCK), ROCK)])
    good = judge([(evidence(1 - WALKER, WALKER), WALKER)])
    assert trust.found == 0
    assert trust.salience < good.salience
    assert trust.dullness < good.dullness
    assert "0% of what moves is salient" in trust.why


def test_motion_counts_nothing_where_everything_is_restless() -> None:
    trust = judge([(evidence(np.zeros(SIZE), WALKER), WALKER)])
    assert trust.motion == 0
    assert trust.salience == trust.dullness == 1
    assert "salience decides alone" in trust.why


def test_salience_decides_where_nothing_moves() -> None:
    trust = judge([(evidence(np.ones(SIZE), ROCK), ROCK)])
    assert trust.moving == 0
    assert trust.salience == trust.dullness == 1
    assert trust.why == "nothing moves against the background, so salience decides"


def test_several_frames_are_judged_together() -> None:
    good = evidence(1 - WALKER, WALKER), WALKER
    bad = evidence(1 - WALKER, ROCK), ROCK
    assert judge([good]).found > judge([good, bad]).found > judge([bad]).found


def test_nobody_to_judge() -> None:
    trust = judge([])
    assert trust.salience == trust.dullness == 1
    assert trust.moving == 0


def test_salience_is_worth_as_much_as_it_is_trusted() -> None:
    trust = judge([(evidence(1 - WALKER, ROCK), ROCK)])
    worth = trust.of_salience(np.array([0, 0.5, 1], np.float32))
    assert worth.tolist() == pytest.approx([-trust.dullness, 0, trust.salience])


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.floats(0, 1), st.floats(0, 1))
def test_weights_stay_in_their_bounds(seed: int, count: int, still: float, dull: float) -> None:
    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(count):
        salience = (rng.random(SIZE) > dull).astype(np.float32)
        samples.append((evidence(rng.random(SIZE) < still, salience), salience))
    trust = judge(samples)
    assert 0.3 <= trust.salience <= 1
    assert 0.1 <= trust.dullness <= 1
    for share in (trust.motion, trust.found, trust.restless, trust.moving):
        assert 0 <= share <= 1
    assert len(trust.why) > 20
    json.dumps(trust.to_json(), allow_nan=False)
    worth = trust.of_salience(np.linspace(0, 1, 11, dtype=np.float32))
    assert (np.diff(worth) > 0).all()
