from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.restore.collage.config import CollageOptions
from multiplane.restore.collage.layout import plan_layout

PLAIN = CollageOptions()


def test_it_is_as_large_as_the_pictures_and_gaps_and_has_no_border() -> None:
    layout = plan_layout((640, 480), 4, PLAIN)
    assert layout.size == (3 * 640 + 2 * 20, 4 * 480 + 3 * 20)
    assert layout.shrink == 1
    assert layout.corner(0, 0) == (0, 0)
    assert layout.corner(3, 2) == (2 * 660, 3 * 500)
    assert plan_layout((640, 480), 1, CollageOptions(spacing_v_px=99)).size == (1960, 480)


def test_gaps_across_and_down_are_each_their_own() -> None:
    options = CollageOptions(spacing_h_px=7, spacing_v_px=0, difference=True)
    layout = plan_layout((10, 20), 2, options)
    assert layout.columns == 4
    assert layout.size == (4 * 10 + 3 * 7, 40)


def test_captions_are_as_high_as_the_longest() -> None:
    options = CollageOptions(captions=True)
    short = plan_layout((640, 480), 2, options, ("a", "b"))
    long = plan_layout((640, 480), 2, options, ("a", "some words " * 30))
    assert 0 < short.caption < long.caption
    assert long.size[1] == 2 * (480 + long.caption) + 20
    assert plan_layout((640, 480), 2, PLAIN, ("a", "b")).caption == 0


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 3000),
    height=st.integers(1, 3000),
    rows=st.integers(1, 64),
    most=st.floats(0.05, 40),
    captions=st.booleans(),
)
def test_what_is_too_large_is_drawn_as_large_as_may_be(
    width: int, height: int, rows: int, most: float, captions: bool
) -> None:
    options = CollageOptions(max_megapixels=most, captions=captions)
    layout = plan_layout((width, height), rows, options, ("some backend, seed 1",) * rows)
    assert layout.shrink <= 1
    assert layout.megapixels <= most or layout.panel[0] == 1
    if layout.shrink == 1:
        assert layout.panel == (width, height)
    else:
        assert abs(layout.panel[1] - height * layout.panel[0] / width) <= 1
