import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.restore.plate.config import PlateOptions


def test_grows_by_twenty_pixels_unless_told_otherwise():
    assert PlateOptions().grow_px == 20
    assert parse_options(PlateOptions, {"grow_px": 4}, "here").grow_px == 4


@pytest.mark.parametrize("wrong", [{"grow_px": -1}, {"max_references": 0}, {"grow": 3}])
def test_refuses_what_is_impossible(wrong):
    with pytest.raises(ConfigError):
        parse_options(PlateOptions, wrong, "here")
