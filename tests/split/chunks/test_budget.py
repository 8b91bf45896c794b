from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import ConfigError
from multiplane.split.chunks.budget import frames_within

VR180 = (6144, 3072)


def test_smaller_pictures_make_longer_chunks() -> None:
    frames = [frames_within(4.0, VR180, scale, 12) for scale in (0.25, 0.5, 1.0)]
    assert frames[0] > frames[1] > frames[2] > 12
    assert frames[0] // frames[1] == 4


@given(gb=st.floats(3, 64), more=st.floats(0.1, 8), scale=st.sampled_from([0.25, 0.5, 1.0]))
def test_more_memory_never_makes_shorter_chunks(gb: float, more: float, scale: float) -> None:
    assert frames_within(gb + more, VR180, scale, 0) >= frames_within(gb, VR180, scale, 0)


def test_too_little_memory_says_how_much_is_wanted() -> None:
    with pytest.raises(ConfigError) as caught:
        frames_within(1.0, VR180, 1.0, 30)
    assert "wanted 4.5 for chunks of 31 frames of 6144x3072 at scale 1" in caught.value.what
    assert caught.value.fix.startswith("--set chunks.max_memory_gb=4.6")
    assert frames_within(4.6, VR180, 1.0, 30) > 30
