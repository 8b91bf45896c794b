from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.split.export.identities import JoinedPeople, shared_px
from multiplane.split.export.parts import read_parts
from multiplane.split.stereo.masks import PackedMask


def places(clip, count: int = 2) -> list[set[tuple[int, int]]]:
    """For each number the places (middle of the box, px) it was seen at, over all frames."""
    _, parts = read_parts(clip.item)
    joined = JoinedPeople(parts)
    frames = list(joined)
    assert [frame.index for frame in frames] == list(range(parts[0].start, parts[-1].stop))
    for frame in frames:
        assert [p.id for p in frame.eyes[0]] == [p.id for p in frame.eyes[1]]
        assert [pair.id for pair in frame.pairs] == [p.id for p in frame.eyes[0]]
    assert joined.count == count
    return [
        {p.mask.box[1] for frame in frames for eye in frame.eyes for p in eye if p.id == number}
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("chunks", [(5, 2), (4, 3), (4, 0), (1, 0), (12, 0)])
def test_people_keep_their_numbers_over_chunks_that_number_them_anew(make_clip, chunks) -> None:
    clip = make_clip(chunks=chunks, ids=lambda chunk: [(1, 2), (2, 1), (9, 4)][chunk % 3])
    disk, square = places(clip)
    assert square == {2}  # the square keeps its place and is nobody else
    assert 2 not in disk


def test_who_comes_later_is_new(make_clip) -> None:
    clip = make_clip(chunks=(6, 2), ids=lambda chunk: (1,) if chunk < 2 else (3, 1))
    _, parts = read_parts(clip.item)
    joined = JoinedPeople(parts)
    seen = [tuple(p.id for p in frame.eyes[0]) for frame in joined]
    assert seen[0] == (1,)
    assert seen[-1] == (1, 2)
    assert joined.numbers[-1] == {3: 1, 1: 2}


boxes = st.tuples(*[st.integers(0, 20)] * 4)


@given(one=boxes, other=boxes)
def test_shared_pixels_are_counted(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    masks = []
    for x, y, wide, high in (one, other):
        mask = np.zeros((30, 40), np.bool_)
        mask[y : y + high, x : x + wide : 2] = True
        masks.append(mask)
    packed = [PackedMask.of(mask) for mask in masks]
    assert shared_px(packed[0], packed[1]) == np.count_nonzero(masks[0] & masks[1])


def test_masks_of_different_sizes_are_refused() -> None:
    small, large = (PackedMask.of(np.ones((n, n), np.bool_)) for n in (4, 8))
    with pytest.raises(InputError) as caught:
        shared_px(small, large)
    assert "run split.stereo again" in caught.value.fix
