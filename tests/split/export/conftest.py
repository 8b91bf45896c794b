"""The clip of drawn_chunks, in a folder of the test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from drawn_chunks import Clip, make_clip, make_source


@pytest.fixture(name="make_source")
def _make_source(tmp_path: Path) -> Callable[..., Path]:
    return partial(make_source, tmp_path)


@pytest.fixture(name="make_clip")
def _make_clip(tmp_path: Path) -> Callable[..., Clip]:
    return partial(make_clip, tmp_path)
