from __future__ import annotations

import pytest

from multiplane.core.config import decisive, parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.stereo.config import StereoOptions


def test_without_disparity_nobody_is_shown_to_the_other_eye() -> None:
    with pytest.raises(ConfigError, match="wanted mode independent"):
        parse_options(StereoOptions, {"use_disparity": False}, "stereo")
    made = parse_options(StereoOptions, {"use_disparity": False, "mode": "independent"}, "stereo")
    assert not made.use_disparity


def test_one_precision() -> None:
    with pytest.raises(ConfigError, match="fp16 asks for another"):
        parse_options(StereoOptions, {"fp16": True, "precision": "bf16"}, "stereo")


def test_effort_changes_nothing() -> None:
    plain, hard = StereoOptions(), StereoOptions(parallel_eyes=True, memory_offload=True)
    assert decisive(plain) == decisive(hard)
    assert decisive(plain) != decisive(StereoOptions(correction_method="ensemble"))
