from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from multiplane.core.arrays import Frame
from multiplane.core.errors import InputError
from multiplane.restore.collage import draw
from multiplane.restore.collage.config import CollageOptions
from multiplane.restore.collage.draw import (
    collage_strips,
    difference,
    draw_collage,
    layout_for,
)

EVERYTHING = CollageOptions(
    spacing_h_px=3,
    spacing_v_px=5,
    background_rgb="#102030",
    mask_rgb="#FF0080",
    difference=True,
    captions=True,
)
TEXTS = ("patchmatch, seed 1", "lama", "diffusion, seed 3, rank 1 of 3")


def panels_of(collage: Frame, case: Any, options: CollageOptions) -> Iterator[list[Frame]]:
    layout = layout_for(case.original, 3, options, TEXTS)
    height, width = case.original.shape[:2]
    for row in range(3):
        corners = [layout.corner(row, column) for column in range(layout.columns)]
        yield [collage[y : y + height, x : x + width] for x, y in corners]


@pytest.mark.parametrize("options", [CollageOptions(), EVERYTHING], ids=["plain", "everything"])
def test_every_picture_is_its_source_bit_for_bit(case: Any, options: CollageOptions) -> None:
    collage = draw_collage(*case, options, TEXTS)
    paint = [255, 255, 255] if options.mask_rgb == "#FFFFFF" else [255, 0, 128]
    for row, repaired in zip(panels_of(collage, case, options), case.restorations, strict=True):
        assert np.array_equal(row[0], case.original)
        assert np.array_equal(row[1][~case.damage], case.original[~case.damage])
        assert (row[1][case.damage] == paint).all()
        assert np.array_equal(row[2], repaired)
        if options.difference:
            off = np.abs(case.original.astype(int) - repaired).max(axis=2)
            assert np.array_equal(row[3], np.minimum(4 * off, 255)[..., None].repeat(3, axis=2))


def test_gaps_have_the_colour_of_the_ground_and_nothing_else_is_there(case: Any) -> None:
    options = EVERYTHING.model_copy(update={"captions": False})
    collage = draw_collage(*case, options)
    assert collage.shape == (3 * 60 + 2 * 5, 4 * 90 + 3 * 3, 3)
    assert (collage[60:65] == [0x10, 0x20, 0x30]).all()
    assert (collage[:, 90:93] == [0x10, 0x20, 0x30]).all()
    assert not (collage[:60, :90] == [0x10, 0x20, 0x30]).all(axis=2).any()


@pytest.mark.parametrize(("ground", "ink"), [("#FFFFFF", 0), ("#101010", 255)])
def test_captions_can_be_read_on_any_ground(case: Any, ground: str, ink: int) -> None:
    options = CollageOptions(captions=True, background_rgb=ground)
    layout = layout_for(case.original, 3, options, TEXTS)
    strip = draw_collage(*case, options, TEXTS)[60 : 60 + layout.caption]
    for x in (0, 110, 220):
        off = np.abs(strip[:, x : x + 90].astype(int) - ink)
        assert off.min() < 90 < np.median(off)
    assert not (strip[:, 90:110] != int(ground[1:3], 16)).any()


@pytest.mark.parametrize("pixels", [1, 700, 5000])
def test_strips_are_the_collage_however_they_are_cut(
    case: Any, pixels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = draw_collage(*case, EVERYTHING, TEXTS)
    monkeypatch.setattr(draw, "STRIP_PIXELS", pixels)
    layout = layout_for(case.original, 3, EVERYTHING, TEXTS)
    strips = list(collage_strips(*case, layout, EVERYTHING, TEXTS))
    assert len(strips) > 6
    assert np.array_equal(np.concatenate(strips), whole)
    assert whole.shape[1::-1] == layout.size


def test_a_smaller_collage_holds_means_of_areas(case: Any) -> None:
    options = CollageOptions(max_megapixels=0.0235, difference=True)
    layout = layout_for(case.original, 3, options)
    assert layout.panel == (45, 30)  # half, so that each pixel is the mean of four
    collage = draw_collage(*case, options)
    assert collage.shape[1::-1] == layout.size
    means = case.original.reshape(30, 2, 45, 2, 3).mean(axis=(1, 3))
    assert np.abs(collage[:30, :45] - means).max() <= 0.51
    x, _ = layout.corner(0, 3)
    off = difference(case.original, case.restorations[0]).reshape(30, 2, 45, 2).mean(axis=(1, 3))
    assert np.abs(collage[:30, x:, 0] - off).max() <= 0.51


def test_memory_does_not_grow_with_the_rows() -> None:
    original = np.zeros((300, 400, 3), np.uint8)
    damage = np.zeros((300, 400), np.bool_)
    peaks = []
    for rows in (2, 12):
        layout = layout_for(original, rows, CollageOptions())
        tracemalloc.start()
        repairs = (original.copy() for _ in range(rows))
        for _ in collage_strips(original, damage, repairs, layout, CollageOptions()):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0] + 10_000


def test_what_does_not_belong_together_is_refused(case: Any) -> None:
    for handed, fix in (
        ((case.original, case.damage, []), "restore.candidates"),
        ((case.original, case.damage[1:], case.restorations), ""),
        ((case.original, case.damage, [case.original[1:]]), ""),
    ):
        with pytest.raises(InputError) as caught:
            draw_collage(*handed)
        assert fix in caught.value.fix
    with pytest.raises(InputError, match="1 captions for 3") as caught:
        draw_collage(*case, CollageOptions(captions=True), ["one"])
    assert "3 captions" in caught.value.fix
    layout = layout_for(case.original, 2, CollageOptions())
    for handed in (case.restorations, case.restorations[:1]):
        with pytest.raises(InputError, match="wanted 2") as caught:
            list(collage_strips(*case[:2], handed, layout, CollageOptions()))
        assert "as many" in caught.value.fix
