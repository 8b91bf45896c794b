from __future__ import annotations

import importlib
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator of a few channels, as upstream saves it."""
    tiny = importlib.import_module("tiny_lama")
    folder = tmp_path_factory.mktemp("weights") / "big-lama"
    path: Path = tiny.save_upstream(folder, tiny.tiny_generator())
    return path
