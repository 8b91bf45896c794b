from __future__ import annotations

import pytest
from pydantic import ValidationError

from multiplane.media.config import VideoOptions


def test_defaults_and_bounds() -> None:
    assert VideoOptions().codec == "libx264"
    with pytest.raises(ValidationError):
        VideoOptions(quality=64)
    with pytest.raises(ValidationError):
        VideoOptions(codec="libx263")  # type: ignore[arg-type]
