from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.restore.check.config import CheckOptions


def test_leftovers_are_looked_for_now_and_then() -> None:
    assert CheckOptions().every_frames == 24
    assert CheckOptions().residual


@pytest.mark.parametrize("values", [{"every_frames": 0}, {"leftover": 0}, {"sean": 1.2}])
def test_impossible_values_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_options(CheckOptions, values, "options")
