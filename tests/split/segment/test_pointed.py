from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.prompts import Prompt


def test_each_part_of_a_rough_mask_is_an_object_and_specks_are_none() -> None:
    mask = np.zeros((30, 40), bool)
    mask[2:10, 3:9] = mask[15:29, 20:36] = mask[1, 39] = True
    reads = []

    def read() -> np.ndarray:
        reads.append(1)
        return mask

    pointed = Pointed([Prompt(1, text="boy")], {2: read})
    assert pointed
    assert not reads
    large, small = pointed.at(2)
    assert (large.box, small.box) == ((20, 15, 36, 29), (3, 2, 9, 10))
    assert large.mask.sum() == 14 * 16
    assert [prompt.text for prompt in pointed.at(1)] == ["boy"]
    assert pointed.in_all(2)
    assert not pointed.in_all(3)
    assert Pointed([Prompt(None, text="boy")]).in_all(99)
    assert not Pointed()
    assert pointed.at(0) == []


def test_a_rough_mask_is_checked() -> None:
    with pytest.raises(InputError, match="a rough mask is uint8"):
        Pointed((), {0: lambda: np.zeros((3, 4), np.uint8)}).at(0)
