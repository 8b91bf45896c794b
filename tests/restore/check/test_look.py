from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.restore.check.look import Finished, look_at, look_between, look_closely


def test_a_clean_background(clean: Finished) -> None:
    row = look_at(clean)
    assert row["coverage_before"] == round(30 * 40 / (90 * 120), 5)
    assert row["coverage_after"] == round(38 * 48 / (90 * 120), 5)
    assert row["invented_share"] == round(400 / (38 * 48), 5)
    assert row["outside_identical"]
    close = look_closely(clean, 2)
    assert close["seam"] == pytest.approx(1, abs=0.1)
    assert close["sharpness"] == pytest.approx(1, abs=0.15)


def test_a_touched_pixel_outside_is_seen(clean: Finished) -> None:
    background = clean.background.copy()
    background[3, 4, 1] += 7
    row = look_at(replace(clean, background=background))
    assert not row["outside_identical"]
    assert row["outside_error"] == 7


def test_a_smear_and_a_patch_are_seen(clean: Finished) -> None:
    smeared, lit = clean.background.copy(), clean.background.copy()
    smeared[clean.hole] = cv2.GaussianBlur(smeared, (0, 0), 5)[clean.hole]
    lit[clean.hole] += 60
    assert look_closely(replace(clean, background=smeared), 2)["sharpness"] < 0.3  # type: ignore[operator]
    assert look_closely(replace(clean, background=lit), 2)["seam"] > 2  # type: ignore[operator]


def test_a_fill_that_changes_flickers(clean: Finished) -> None:
    calm = look_between(clean, clean)
    other = clean.background.copy()
    other[clean.hole] = np.roll(other, 9, axis=1)[clean.hole]
    wild = look_between(clean, replace(clean, background=other))
    assert calm["flicker"] == 0.0
    assert wild["flicker_ratio"] > 2  # type: ignore[operator]


def test_an_edge_inside_the_fill_shows_where_it_was_joined(clean: Finished) -> None:
    background = clean.background.copy()
    invented = clean.fills == 2
    background[invented] = np.clip(background[invented].astype(int) + 90, 0, 255)
    close = look_closely(replace(clean, background=background), 2)
    assert close["joint"] > 1.5  # type: ignore[operator]
    assert look_closely(clean, 2)["joint"] == pytest.approx(1, abs=0.15)


def test_planes_of_different_sizes_are_refused(clean: Finished) -> None:
    with pytest.raises(InputError, match="background"):
        replace(clean, background=clean.background[:50])
