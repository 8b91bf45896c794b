from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.matte.config import AutoMatte, ClosedFormMatte, MatteOptions


def test_methods_are_told_apart_by_kind() -> None:
    options = parse_options(MatteOptions, {"method": {"kind": "closed_form"}}, "stages[2].options")
    assert options.method == ClosedFormMatte()


def test_an_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="guided"):
        parse_options(MatteOptions, {"method": {"kind": "gided"}}, "stages[2].options")


def test_left_alone_the_method_is_chosen_by_what_is_here() -> None:
    assert MatteOptions().method == AutoMatte()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"tile_px": 32}, "from 64 to 4096"),
        ({"tile_px": 128, "overlap_px": 96}, "wanted half of tile_px \\(64\\) at most"),
        ({"model": ""}, "wanted text"),
    ],
)
def test_tiles_that_make_no_sense_are_refused(words, told) -> None:
    method = {"kind": "vitmatte", **words}
    with pytest.raises(ConfigError, match=told):
        parse_options(MatteOptions, {"method": method}, "stages[2].options")
