from __future__ import annotations

import pytest

from multiplane.engine.report.words import counted, figure_word, timing_word


@pytest.mark.parametrize(("count", "told"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames")])
def test_counted(count: int, told: str) -> None:
    assert counted(count, "frame") == told


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("shift_px", "parallax, px"),
        ("seam_mean", "seam, mean"),
        ("flicker_ratio_max", "flicker ratio, highest"),
        ("coverage_mean", "covered"),
        ("of_a_foreign_stage", "of a foreign stage"),
    ],
)
def test_figures_have_readable_titles(key: str, title: str) -> None:
    assert figure_word(key).title == title


def test_what_is_hard_to_guess_is_explained() -> None:
    for key in ("rim_outliers", "shift_px", "residual", "seam_mean"):
        assert figure_word(key).meaning


def test_timings() -> None:
    assert timing_word("look_s") == "looking at the shot"
    assert timing_word("total_s") == ""
    assert timing_word("fold_it_s") == "fold it"
