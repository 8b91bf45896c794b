from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from multiplane.core.errors import InputError
from multiplane.core.instances import Instance, box_of, decode_rle, encode_rle


@given(arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_rle_round_trip(mask: np.ndarray) -> None:
    code = encode_rle(mask)
    assert (decode_rle(code) == mask).all()


def test_rle_is_cocos() -> None:
    mask = np.zeros((4, 5), bool)
    mask[1:3, 1:4] = True
    assert encode_rle(mask) == {"size": [4, 5], "counts": "5220003"}  # by pycocotools 2.0
    assert (decode_rle({"size": [4, 5], "counts": [5, 2, 2, 2, 2, 2, 5]}) == mask).all()


@given(arrays(np.bool_, (1, 400)))
def test_rle_holds_long_and_short_runs(mask: np.ndarray) -> None:
    grown = np.repeat(mask, np.arange(400) * 3 + 1, axis=1)
    code = encode_rle(grown)
    assert isinstance(code["counts"], str)
    assert code["counts"].isascii()
    assert (decode_rle(code) == grown).all()


@pytest.mark.parametrize("counts", [[1, 2], "12"])
def test_rle_that_does_not_add_up(counts: object) -> None:
    with pytest.raises(InputError, match="add up to 3, wanted 2 x 2") as caught:
        decode_rle({"size": [2, 2], "counts": counts})
    assert caught.value.fix


def test_box_and_json() -> None:
    mask = np.zeros((5, 6), bool)
    assert box_of(mask) == (0, 0, 0, 0)
    mask[1:3, 2:5] = True
    assert box_of(mask) == (2, 1, 5, 3)
    told = Instance(mask, 1, 0.91234, box_of(mask)).to_json()
    assert told["area_px"] == 6
    assert told["score"] == 0.9123
    assert told["box_xyxy"] == [2, 1, 5, 3]
