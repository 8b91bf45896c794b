from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.export.config import ExportOptions


@pytest.mark.parametrize("value", ["ffv1, png,ffv1", ["ffv1", "png"], "[ffv1, png]"])
def test_formats_are_a_list_or_words(value: object) -> None:
    assert parse_options(ExportOptions, {"formats": value}, "export").formats == ("ffv1", "png")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("prores_444", "'prores_444' is no format; did you mean 'prores_4444'?"),
        ([], "at least one format is wanted"),
        ("", "at least one format is wanted"),
        (["ffv1", 3], "3 is no format"),
    ],
)
def test_other_formats_are_refused_with_those_there_are(value: object, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(ExportOptions, {"formats": value}, "export")
    assert caught.value.what.startswith("export.formats: got ")
    assert told in caught.value.what
    assert "packed_alpha, matte" in caught.value.fix


@pytest.mark.parametrize("value", ["#2BE640", "2be640", [43, 230, 64], "43, 230,64"])
def test_a_background_is_a_colour(value: object) -> None:
    found = parse_options(ExportOptions, {"background_rgb": value}, "export")
    assert found.background_rgb == (43, 230, 64)


@pytest.mark.parametrize("value", ["green-ish", [0, 255], [0, 0, 256], "#12345"])
def test_other_backgrounds_are_refused(value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(ExportOptions, {"background_rgb": value}, "export")
    assert "'#2BE640'" in caught.value.fix
