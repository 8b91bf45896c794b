"""Several answers from backends that give one: asked once a seed."""

from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.config import Options
from multiplane.restore.inpaint.backend import Gap, open_inpainter
from multiplane.restore.inpaint.config import OpenCvOptions, PatchMatchOptions
from multiplane.restore.inpaint.propose import Proposal, Proposer, open_proposer


@pytest.fixture
def gap() -> Gap:
    rng = np.random.default_rng(0)
    frame: Frame = rng.integers(0, 256, (40, 48, 3), np.uint8)
    hole: Mask = np.zeros((40, 48), np.bool_)
    hole[14:24, 18:30] = True
    return Gap(frame, hole, ~hole)


def _picture(gap: Gap, one: Proposal) -> Frame:
    picture = gap.frame.copy()
    picture[one.where] = np.rint(one.values).astype(np.uint8)
    return picture


@pytest.mark.parametrize("options", [PatchMatchOptions(rounds=1), OpenCvOptions()])
def test_an_answer_is_what_the_backend_gives_with_that_seed(options: Options, gap: Gap) -> None:
    before = gap.frame.copy()
    found = open_proposer(options).propose(gap, [3, 5])
    for seed, one in zip([3, 5], found, strict=True):
        filled = open_inpainter(options, seed).fill(*gap)
        assert one.by == filled.by
        assert one.values.dtype == np.float32
        np.testing.assert_array_equal(_picture(gap, one)[gap.hole], filled.frame[gap.hole])
        np.testing.assert_array_equal(_picture(gap, one)[~gap.hole], gap.frame[~gap.hole])
    np.testing.assert_array_equal(gap.frame, before)


def test_chance_gives_other_answers_where_it_has_a_part(gap: Gap) -> None:
    patches, flow = open_proposer(PatchMatchOptions(rounds=1)), open_proposer(OpenCvOptions())
    assert patches.seeded
    assert not flow.seeded
    one, other = patches.propose(gap, [1, 2])
    assert (one.values != other.values).any()
    first, second = flow.propose(gap, [1, 2])
    np.testing.assert_array_equal(first.values, second.values)


def test_the_record_says_with_what(gap: Gap) -> None:
    proposer = open_proposer(OpenCvOptions(method="navier-stokes"))
    assert isinstance(proposer, Proposer)
    assert proposer.described()["method"] == "navier-stokes"
    assert proposer.notes == []
