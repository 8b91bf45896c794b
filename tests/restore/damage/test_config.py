from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.restore.damage.config import DamageOptions


def test_everything_is_looked_for_and_damage_is_white() -> None:
    options = DamageOptions()
    assert options.cracks
    assert options.losses
    assert options.stains
    assert options.mask_mode == "white"
    assert options.grow_px == 0


@pytest.mark.parametrize(
    "values",
    [
        {"crack_sensitivity": 1.1},
        {"crack_tone": "grey"},
        {"crack_min_width_px": 4, "crack_max_width_px": 3},
        {"mask_mode": "grey"},
        {"scratches": True},
    ],
)
def test_impossible_values_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(DamageOptions, values, "options")
    assert next(iter(values)) in str(caught.value)
    assert caught.value.fix


def test_the_widest_crack_may_be_left_to_the_picture() -> None:
    assert DamageOptions(crack_min_width_px=4).crack_max_width_px == 0
