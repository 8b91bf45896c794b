from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from stereo_scene import people_scene, write_clip

from multiplane.media.clip import Clip, open_clip
from multiplane.media.vr180.layout import Layout
from multiplane.split.chunks.eyes import order_eyes


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("eyes") / "scene.mp4"
    return open_clip(write_clip(path, people_scene(size_px=256, people=1, samples=1), frames=3))


@pytest.fixture
def layout(clip: Clip) -> Layout:
    return Layout.of("sbs", clip.size, projection="half_equirect", reasons=["said"])


def test_eyes_that_stand_right_stay(clip: Clip, layout: Layout) -> None:
    found, stand = order_eyes(clip, layout, range(3))
    assert found.swapped is False
    assert found.reasons[0] == "said"
    assert "left eye first: what lies near stands" in found.reasons[-1]
    assert stand is not None
    assert stand.disparity_deg > 0.3


def test_swapped_eyes_are_found(clip: Clip, layout: Layout) -> None:
    """A layout that takes the eyes the wrong way round is turned, whichever way that is."""
    found, stand = order_eyes(clip, replace(layout, swapped=True), range(3))
    assert found.swapped is False
    assert stand is not None
    assert stand.swapped
    assert "its name says otherwise" in found.reasons[-1]


def test_nothing_is_looked_at_in_one_eye_or_in_flat_pictures(clip: Clip) -> None:
    for layout in (Layout.of("mono", clip.size), Layout.of("sbs", clip.size)):
        assert order_eyes(clip, layout, range(3)) == (layout, None)


def test_a_picture_without_detail_does_not_tell(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip(times=2))  # both halves are unlike each other
    layout = Layout.of("sbs", clip.size, projection="half_equirect")
    found, _ = order_eyes(clip, layout, range(2))
    assert found.swapped is False
    assert "the picture does not tell" in found.reasons[-1]
