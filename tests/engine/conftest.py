"""Toy stages join the engine's table for these tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from multiplane.engine.recipe import Recipe
from multiplane.engine.stages import STAGES

TOYS = Path(__file__).parent / "toys"


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(TOYS))
    import toys as module  # noqa: PLC0415 - found once the path is set

    for name, target in module.STAGES.items():
        monkeypatch.setitem(STAGES, name, target)
    yield
    sys.modules.pop("toys", None)


@pytest.fixture
def recipe() -> Recipe:
    """Cut texts into pieces, copy them, join both."""
    stages = [
        {"id": "cut", "stage": "toy.cut", "inputs": {"source": "input.source"}},
        {"id": "copy", "stage": "toy.copy", "inputs": {"texts": "cut.texts"}},
        {
            "id": "join",
            "stage": "toy.join",
            "inputs": {"texts": "cut.texts", "copies": "copy.copies"},
        },
    ]
    return Recipe.model_validate({"name": "toy", "stages": stages})


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Three texts of five lines: three pieces each."""
    paths = []
    for name in "abc":
        path = tmp_path / "texts" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(f"{name} {line}" for line in range(5)))
        paths.append(path)
    return paths
