from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.arrays import check_alpha, check_frame, check_mask, check_same_size
from multiplane.core.errors import InputError


def test_good_arrays_come_back_themselves() -> None:
    frame = np.zeros((4, 5, 3), np.uint8)
    mask = np.zeros((4, 5), bool)
    alpha = np.full((4, 5), 0.5, np.float32)
    assert check_frame(frame) is frame
    assert check_mask(mask) is mask
    assert check_alpha(alpha) is alpha
    check_same_size(frame, mask, ("frame", "mask"))


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 5), np.uint8), np.zeros((4, 5, 4), np.uint8), np.zeros((4, 5, 3), np.float32),
     np.zeros((0, 5, 3), np.uint8)],
)  # fmt: skip
def test_refuses_what_is_no_frame(array: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"wanted uint8 \(H, W, 3\)") as caught:
        check_frame(array)
    assert "read_frame" in caught.value.fix


def test_refuses_what_is_no_mask() -> None:
    with pytest.raises(InputError, match="wanted bool") as caught:
        check_mask(np.zeros((4, 5), np.uint8), "hole")
    assert caught.value.fix == "hole = hole >= 128"


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_refuses_alpha_out_of_range(value: float) -> None:
    with pytest.raises(InputError, match=r"wanted \[0, 1\]") as caught:
        check_alpha(np.full((2, 2), value, np.float32))
    assert "np.clip" in caught.value.fix


def test_refuses_alpha_of_other_kind() -> None:
    with pytest.raises(InputError, match="wanted float32") as caught:
        check_alpha(np.zeros((2, 2), np.uint8))
    assert "/ 255" in caught.value.fix


def test_names_both_sizes() -> None:
    with pytest.raises(InputError, match="frame is 5x4, mask is 6x4") as caught:
        check_same_size(np.zeros((4, 5, 3)), np.zeros((4, 6)), ("frame", "mask"))
    assert caught.value.fix == "resize the mask to 5x4 first"
