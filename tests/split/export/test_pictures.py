from __future__ import annotations

import numpy as np
import pytest
from drawn_chunks import EYE, RED, frame_of, people_of, sbs_alpha

from multiplane.media.vr180.layout import Layout
from multiplane.split.export.composite import Composed, Composing, Still
from multiplane.split.export.pictures import confidence, overlay, preview, reduced_size

SIZE = (2 * EYE, EYE)
LAYOUT = Layout.of("sbs", SIZE, projection="half_equirect")


def composed() -> Composed:
    return Composed(Still(frame_of(3)), sbs_alpha(3), Composing(LAYOUT))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((6144, 3072), (1024, 512)),
        ((800, 601), (800, 600)),
        ((3, 5000), (2, 1024)),
        ((1, 1), (2, 2)),
    ],
)
def test_sizes_are_even_and_not_larger(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert reduced_size(size, 1024) == wanted


def test_a_preview_is_people_over_a_checkerboard() -> None:
    one = composed()
    picture = preview(one, SIZE)
    assert np.abs(picture[one.alpha == 255].astype(int) - RED).max() < 12
    clear = picture[one.alpha == 0]
    assert {tuple(colour) for colour in np.unique(clear, axis=0)} == {(96,) * 3, (160,) * 3}
    assert preview(one, (64, 32)).shape == (32, 64, 3)


def test_an_overlay_has_boxes_in_both_eyes() -> None:
    one, people = composed(), people_of(3, (1, 2), 0.5)
    picture = overlay(one, people, (256, 128))
    assert picture.shape == (128, 256, 3)
    plain = overlay(one, people_of(3, ()), (256, 128))
    changed = (picture != plain).any(axis=2)
    assert changed[:, :128].any()
    assert changed[:, 128:].any()
    assert not (plain[64, 60:70] == frame_of(3)[32, 30:35].repeat(2, 0)).all()  # tinted


def test_confidence_is_low_at_soft_edges_and_where_eyes_disagree() -> None:
    one = composed()
    sure = confidence(one, people_of(3, (), 1.0), SIZE)
    assert (sure[(one.alpha == 0) | (one.alpha == 255)] == 255).all()
    half = np.abs(one.alpha.astype(int) - 127) < 8
    assert (sure[half] < 24).all()
    doubted = confidence(one, people_of(3, (1,), 0.5), SIZE)
    inside = one.alpha == 255
    assert np.abs(doubted[inside].astype(int) - 128).max() <= 1
    assert (doubted[:, -4:] == 255).all()
