from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.shots.config import ContentCuts, ShotsOptions


def test_ways_to_cut_are_told_apart_by_kind() -> None:
    options = parse_options(
        ShotsOptions, {"video_cuts": {"kind": "content", "threshold": 30}}, "stages[0].options"
    )
    assert options.video_cuts == ContentCuts(threshold=30)


def test_stop_before_start_is_refused() -> None:
    with pytest.raises(ConfigError, match="stop_s 1 is not after start_s 2"):
        parse_options(ShotsOptions, {"start_s": 2, "stop_s": 1}, "stages[0].options")
