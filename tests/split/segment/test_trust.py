from __future__ import annotations

import numpy as np
import pytest

from multiplane.split.segment.persistence import Evidence
from multiplane.split.segment.trust import judge

SHAPE = (40, 50)


def evidence(moving: np.ndarray, restless: float = 0.0) -> Evidence:
    agree = np.where(moving, 0, 10).astype(np.float32)
    wild = np.random.default_rng(0).random(SHAPE) < restless
    agree = np.where(wild & ~moving, 3, agree).astype(np.float32)
    blank = np.zeros(SHAPE, np.float32)
    return Evidence(agree, 10 - agree, blank, blank, agree, blank)


@pytest.fixture
def moving() -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[10:20, 10:24] = True
    return mask


def test_both_count_when_they_agree(moving) -> None:
    trust = judge([(evidence(moving), moving.astype(np.float32))])
    assert (trust.salience, trust.dullness, trust.motion) == (1, 1, 1)
    assert "100% of what moves is salient" in trust.why


def test_salience_that_misses_what_moves_counts_little(moving) -> None:
    trust = judge([(evidence(moving), np.zeros(SHAPE, np.float32))])
    assert trust.salience == pytest.approx(0.3)
    assert trust.dullness == pytest.approx(0.1)
    assert trust.of_salience(np.float32([0, 0.5, 1])) == pytest.approx([-0.1, 0, 0.3])


def test_motion_counts_nothing_when_everything_is_restless(moving) -> None:
    trust = judge([(evidence(moving, 0.5), moving.astype(np.float32))])
    assert trust.motion == 0
    assert trust.salience == 1
    assert "salience decides alone" in trust.why


def test_nothing_moves_salience_decides(moving) -> None:
    trust = judge([(evidence(np.zeros(SHAPE, bool)), moving.astype(np.float32))])
    assert trust.salience == 1
    assert "nothing moves" in trust.why
    assert trust.to_json()["moving"] == 0
