from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from multiplane.restore.collage.captions import caption_height_px, draw_caption, plain


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("seed 1234, guidance 5", "seed 1234, guidance 5"),
        ("Ölbild\n  café", "Olbild cafe"),
        ("修补佛像.safetensors", "~.safetensors"),
        ("a 壁 b 画", "a ~ b ~"),
        ("", ""),
    ],
)
def test_a_text_becomes_what_the_font_has(text: str, drawn: str) -> None:
    assert plain(text) == drawn


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_becomes_ascii(text: str) -> None:
    assert all(" " <= letter <= "~" for letter in plain(text))


def test_the_font_has_all_of_ascii() -> None:
    font = ImageFont.load_default(20)
    box = bytes(font.getmask("\uffff"))
    assert box
    for code in range(ord("!"), ord("~") + 1):
        assert bytes(font.getmask(chr(code))) != box


def test_letters_grow_with_the_picture() -> None:
    small, large = caption_height_px(512, ("a",)), caption_height_px(4096, ("a",))
    assert 20 <= small <= 40
    assert 7 * small < large < 9 * small


@pytest.mark.parametrize("width", [8, 40, 512])
def test_every_line_stands_within_its_place(width: int) -> None:
    text = "diffusion, sd2-inpainting, seed 1234, guidance 5, rank 2 of 4, score 0.431"
    height = caption_height_px(width, (text,))
    drawn = draw_caption(text, (width, height))
    assert drawn.shape == (height, width)
    assert drawn.max() > 100
    assert not drawn[-1].any()
    if width == 512:
        assert not drawn[:, -1].any()


def test_more_lines_than_fit_are_cut_off() -> None:
    assert caption_height_px(100, ("x " * 5000,)) == caption_height_px(100, ("x " * 9000,))
    assert np.array_equal(
        draw_caption("x " * 5000, (100, 120)), draw_caption("x " * 9000, (100, 120))
    )
