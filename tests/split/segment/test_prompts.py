from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.split.segment.prompts import Prompt, fit_prompts, of_frame

SIZE = (64, 48)


def test_what_reaches_out_of_the_picture_is_cut_off() -> None:
    (prompt,) = fit_prompts([Prompt(box=(-5, 10, 20, 90.5))], 1, SIZE)
    assert prompt.box == (0, 10, 20, 48)


@given(st.tuples(*[st.floats(-200, 200)] * 4))
def test_a_box_ends_up_within_the_picture_or_is_refused(box) -> None:
    try:
        (prompt,) = fit_prompts([Prompt(box=box)], 1, SIZE)
    except InputError as error:
        assert error.fix
        return
    x0, y0, x1, y1 = prompt.box
    assert 0 <= x0 < x1 <= 64
    assert 0 <= y0 < y1 <= 48


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (Prompt(box=(70, 0, 90, 20), where="box 2"), "box 2 has the box 70,0,90,20, outside"),
        (Prompt(box=(20, 0, 10, 20)), "wanted x0 < x1"),
        (Prompt(box=(0, 0, float("nan"), 20)), "wanted x0 < x1"),
        (Prompt(points=((3, 50),), labels=(1,)), r"a point at \(3, 50\), outside the picture"),
        (Prompt(index=3, text="boy"), "frame 3, the shot has 3"),
        (Prompt(mask=np.ones((64, 48), bool)), "a mask of 48x64, the frames are 64x48"),
    ],
)
def test_what_does_not_fit_is_refused(prompt, said) -> None:
    with pytest.raises(InputError, match=said) as told:
        fit_prompts([prompt], 3, SIZE)
    assert told.value.fix


def test_what_is_said_of_one_object_stands_together() -> None:
    prompts = [
        Prompt(0, 1, box=(0, 0, 9, 9)),
        Prompt(0, 2, points=((1, 1),), labels=(1,)),
        Prompt(0, 1, points=((2, 2),), labels=(0,)),
        Prompt(3, 1, box=(5, 5, 9, 9)),
        Prompt(None, text="boy"),
        Prompt(None, text="girl"),
    ]
    first, second, *texts = of_frame(prompts, 0)
    assert (first.object_id, first.box, first.points, first.labels) == (
        1, (0, 0, 9, 9), ((2, 2),), (0,))  # fmt: skip
    assert second.object_id == 2
    assert [(p.text, p.index) for p in texts] == [("boy", 0), ("girl", 0)]
    assert [p.object_id for p in of_frame(prompts, 3)] == [1, None, None]


def test_a_mask_is_read_when_its_frame_is_looked_at() -> None:
    reads: list[int] = []

    def rough(index: int) -> np.ndarray:
        reads.append(index)
        return np.full((48, 64), index == 1)

    prompts = [Prompt(index, 1, read=partial(rough, index)) for index in range(3)]
    prompts.append(Prompt(1, 1, box=(1, 2, 3, 4)))
    fitted = fit_prompts(prompts, 3, SIZE)
    assert reads == []
    (one,) = of_frame(fitted, 1)
    assert reads == [1]
    assert one.mask.all()
    assert (one.box, one.read) == ((1, 2, 3, 4), None)
