from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.matte.config import ClosedFormMatte, MatteOptions


def test_methods_are_told_apart_by_kind() -> None:
    options = parse_options(MatteOptions, {"method": {"kind": "closed_form"}}, "stages[2].options")
    assert options.method == ClosedFormMatte()


def test_an_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="guided"):
        parse_options(MatteOptions, {"method": {"kind": "gided"}}, "stages[2].options")
