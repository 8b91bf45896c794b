from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from multiplane.core.errors import InputError
from multiplane.media.pixels import turn
from multiplane.restore.candidates.masks import Canvas, fit_mask

SPOT = np.zeros((20, 30), np.uint8)
SPOT[4:9, 6:16] = 255
HERE = Canvas((30, 20))


def test_white_or_black_is_to_be_repaired() -> None:
    fitted = fit_mask(SPOT, HERE)
    assert np.array_equal(fitted.mask, SPOT > 0)
    assert fitted.fitted_from is None
    assert fitted.notes == ()
    assert np.array_equal(fit_mask(255 - SPOT, HERE, "black").mask, SPOT > 0)


@pytest.mark.parametrize(("grey", "white"), [(127, False), (128, True)])
def test_grey_from_the_threshold_up_is_white(grey: int, white: bool) -> None:
    drawn = SPOT.copy()
    drawn[0, 0] = grey
    assert fit_mask(drawn, HERE).mask[0, 0] == white
    inverted = 255 - SPOT
    inverted[0, 0] = grey
    assert fit_mask(inverted, HERE, "black").mask[0, 0] != white
    deep = drawn.astype(np.uint16) * np.uint16(257)
    assert np.array_equal(fit_mask(deep, HERE).mask, fit_mask(drawn, HERE).mask)


def test_noise_of_jpeg_is_no_damage() -> None:
    buffer = io.BytesIO()
    Image.fromarray(SPOT).save(buffer, "JPEG", quality=60)
    noisy = np.asarray(Image.open(buffer))
    assert len(np.unique(noisy)) > 2
    assert np.array_equal(fit_mask(noisy, HERE).mask, SPOT > 0)


def test_alpha_is_not_looked_at() -> None:
    clear = np.dstack([SPOT, SPOT, SPOT, np.zeros_like(SPOT)])
    assert np.array_equal(fit_mask(clear, HERE).mask, SPOT > 0)


def test_another_size_is_fitted_by_the_nearest_and_both_are_named() -> None:
    fitted = fit_mask(np.kron(SPOT, np.ones((2, 2), np.uint8)), HERE)
    assert np.array_equal(fitted.mask, SPOT > 0)
    assert fitted.fitted_from == (60, 40)
    assert "60x40" in fitted.notes[0]
    assert "30x20" in fitted.notes[0]
    small = fit_mask(SPOT[::2, ::2], HERE)
    assert np.array_equal(small.mask, np.kron(SPOT[::2, ::2] > 0, np.ones((2, 2), np.bool_)))


def test_rounding_is_not_another_shape() -> None:
    drawn = cv2.resize(SPOT, (101, 67), interpolation=cv2.INTER_NEAREST)
    assert "SHAPE" not in fit_mask(drawn, HERE).notes[0]


def test_another_shape_is_stretched_and_warned_of() -> None:
    drawn = cv2.resize(SPOT, (64, 64), interpolation=cv2.INTER_NEAREST)
    fitted = fit_mask(drawn, HERE)
    assert fitted.mask.shape == (20, 30)
    assert "ANOTHER SHAPE" in fitted.notes[0]
    assert "1.50 times" in fitted.notes[0]


def test_what_cannot_be_of_this_picture_is_refused() -> None:
    with pytest.raises(InputError, match="another shape altogether") as strip:
        fit_mask(np.zeros((10, 200), np.uint8), HERE)
    assert strip.value.fix == "draw the mask on this picture, or resize it to 30x20 px"
    with pytest.raises(InputError, match="it lies on its side") as lying:
        fit_mask(np.ascontiguousarray(SPOT.T), HERE)
    assert lying.value.fix.startswith("turn the mask by 90 degrees")


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("scale", [1, 2])
def test_a_mask_of_the_unturned_pixels_is_turned_like_its_picture(
    orientation: int, scale: int
) -> None:
    upright = turn(SPOT, orientation) > 0
    canvas = Canvas((20, 30), orientation)
    fitted = fit_mask(np.kron(SPOT, np.ones((scale, scale), np.uint8)), canvas)
    assert np.array_equal(fitted.mask, upright)
    assert f"EXIF orientation {orientation}" in fitted.notes[0]
    assert "was turned" in fitted.notes[0]
    assert (fitted.fitted_from is None) == (scale == 1)
    assert fit_mask(turn(SPOT, orientation), canvas).notes == ()


@pytest.mark.parametrize(("orientation", "side"), [(3, 30), (6, 20)])
def test_where_sizes_cannot_tell_a_mask_is_upright(orientation: int, side: int) -> None:
    drawn = SPOT[:, :side]
    fitted = fit_mask(drawn, Canvas((side, 20), orientation))
    assert np.array_equal(fitted.mask, drawn > 0)
    assert "taken to be drawn on the upright picture" in fitted.notes[0]


@pytest.mark.parametrize(("mode", "other"), [("white", "black"), ("black", "white")])
def test_masks_that_select_nothing_all_or_much(mode: str, other: str) -> None:
    nothing = np.full((20, 30), 0 if mode == "white" else 255, np.uint8)
    fitted = fit_mask(nothing, HERE, mode)  # type: ignore[arg-type]
    assert not fitted.mask.any()
    assert f"no {mode} pixel" in fitted.notes[0]
    assert f"--mask-mode {other}" in fitted.notes[0]
    with pytest.raises(InputError, match=f"{mode} all over") as full:
        fit_mask(255 - nothing, HERE, mode)  # type: ignore[arg-type]
    assert full.value.fix.startswith(f"--mask-mode {other}")
    much = 255 - nothing
    much[:5] = nothing[:5]
    notes = fit_mask(much, HERE, mode).notes  # type: ignore[arg-type]
    assert notes == (
        "the mask selects 75% of the picture; if that is what is to be kept, invert this mask, or "
        f"for all of them: --mask-mode {other}",
    )


def test_a_drawing_in_the_alpha_channel_is_told() -> None:
    hidden = np.dstack([np.zeros((20, 30, 3), np.uint8), SPOT])
    assert "alpha channel" in fit_mask(hidden, HERE).notes[0]
    with pytest.raises(InputError, match="alpha channel"):
        fit_mask(hidden, HERE, "black")


@pytest.mark.parametrize("colour", [(1, 1, 1), (255, 0, 0)])
def test_a_mask_that_is_too_dark_says_which_threshold_takes_it(
    colour: tuple[int, int, int],
) -> None:
    drawn = np.where(SPOT[..., None] > 0, np.uint8(colour), np.uint8(0))
    fitted = fit_mask(drawn, HERE)
    assert not fitted.mask.any()
    grey = {1: 1, 255: 76}[colour[0]]
    assert f"its lightest is grey {grey}, below 128" in fitted.notes[0]
    assert f"--mask-threshold {grey} or less" in fitted.notes[0]
    assert np.array_equal(fit_mask(drawn, HERE, threshold=grey).mask, SPOT > 0)
    assert "lightest" not in fit_mask(SPOT * 0, HERE).notes[0]
