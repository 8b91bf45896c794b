from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_chunks import EYE
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.split.chunks.ranges import cut
from multiplane.split.export.crossfade import fade_alphas, weight
from multiplane.split.export.parts import Part, read_parts

SIZE = (2 * EYE, EYE)


def grey(_: int, chunk: int) -> np.ndarray:
    return np.full((EYE, 2 * EYE), 40 + 60 * chunk, np.uint8)


def test_one_chunk_fades_into_the_next(make_clip) -> None:
    _, parts = read_parts(make_clip(chunks=(7, 3), alpha=grey).item)
    levels = [int(alpha[0, 0]) for alpha in fade_alphas(parts, SIZE)]
    assert [(p.first, p.start, p.stop) for p in parts] == [(0, 0, 6), (3, 6, 9), (6, 9, 12)]
    assert levels == [40, 40, 40, 55, 70, 85, 115, 130, 145, 160, 160, 160]


def test_without_overlap_nothing_is_mixed(make_clip) -> None:
    _, parts = read_parts(make_clip(chunks=(6, 0), alpha=grey).item)
    assert [int(alpha[0, 0]) for alpha in fade_alphas(parts, SIZE)] == [40] * 6 + [100] * 6


@given(total=st.integers(1, 300), overlap=st.integers(0, 40), new=st.integers(1, 50))
def test_weights_rise_evenly_and_never_reach_either_end(total: int, overlap: int, new: int) -> None:
    for chunk in cut(0, total, overlap + new, overlap):
        part = Part("a", chunk.first, chunk.start, chunk.stop, Path("a"), Path("b"))
        rising = [weight(part, frame) for frame in range(chunk.first, chunk.start + 1)]
        steps = np.diff([0.0, *rising])
        assert np.allclose(steps, steps[0])
        assert rising[-1] == 1


@pytest.mark.parametrize(
    ("by", "told"), [(1, "ends after 4 alphas, wanted 5"), (-1, "more than 3")]
)
def test_too_few_and_too_many_alphas_are_refused(make_clip, by: int, told: str) -> None:
    clip = make_clip(chunks=(4, 0), times=4)
    clip.parts[0]["data"]["chunk"]["stop"] += by
    _, parts = read_parts(clip.item)
    with pytest.raises(InputError, match=told) as caught:
        list(fade_alphas(parts, SIZE))
    assert f"rm {parts[0].alphas}" in caught.value.fix


def test_alphas_of_another_size_are_refused(make_clip) -> None:
    _, parts = read_parts(make_clip().item)
    with pytest.raises(InputError, match="128x64, the source frames of 64x64") as caught:
        list(fade_alphas(parts, (64, 64)))
    assert "made anew" in caught.value.fix
