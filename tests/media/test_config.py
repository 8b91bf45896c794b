from __future__ import annotations

import pytest
from pydantic import ValidationError

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.media.config import VideoOptions


def test_defaults_and_bounds() -> None:
    assert VideoOptions().codec == "libx264"
    with pytest.raises(ValidationError):
        VideoOptions(quality=64)
    with pytest.raises(ValidationError):
        VideoOptions(codec="libx263")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("codec", "most"), [("libx264", 51), ("libx265", 51), ("libvpx-vp9", 63), ("libsvtav1", 63)]
)
def test_quality_ends_where_the_codec_does(codec: str, most: int) -> None:
    assert parse_options(VideoOptions, {"codec": codec, "quality": most}, "video").quality == most
    with pytest.raises(ConfigError) as caught:
        parse_options(VideoOptions, {"codec": codec, "quality": most + 1}, "video")
    assert "video.quality" in caught.value.what
    assert f"got {most + 1}" in caught.value.what
    if most < 63:
        assert f"{codec} takes a quality from 0 to {most}" in caught.value.what


def test_the_default_codec_bounds_too() -> None:
    with pytest.raises(ValidationError, match="libx264 takes a quality from 0 to 51"):
        VideoOptions(quality=52)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"alpha": True}, "libx264 has no alpha channel; take codec prores_ks or ffv1 or"),
        ({"codec": "ffv1", "alpha": True, "pixel_format": "gray"}, "ffv1 stores alpha as bgra"),
        ({"codec": "ffv1", "pixel_format": "bgra"}, "pixel_format bgra needs alpha: true"),
        ({"codec": "ffv1", "encoder": "nvenc"}, "nvenc encodes libx264 and libx265, not ffv1"),
    ],
)
def test_what_does_not_go_together(options: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(VideoOptions, options, "video")
    assert told in caught.value.what
