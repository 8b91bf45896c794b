"""Fixtures that make each tiny pipeline once a run; a conftest takes them by importing them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

Maker: TypeAlias = Callable[..., Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Call it with kind (sd15, sd2, sdxl) and inpainting for a folder; never write into it."""
    made: dict[tuple[str, bool], Path] = {}

    def make(kind: str = "sd15", inpainting: bool = True) -> Path:
        pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")
        from tiny_diffusion import save_tiny  # noqa: PLC0415 - imports torch

        if (kind, inpainting) not in made:
            name = f"{kind}-inpainting" if inpainting else kind
            folder = tmp_path_factory.mktemp("tiny") / name
            made[kind, inpainting] = save_tiny(folder, kind, inpainting)  # type: ignore[arg-type]
        return made[kind, inpainting]

    return make


@pytest.fixture(scope="session")
def tiny_single(tiny: Maker, tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """The same pipelines as one file; never write to it."""
    made: dict[tuple[str, bool], Path] = {}

    def make(kind: str = "sd15", inpainting: bool = True) -> Path:
        pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")
        from tiny_diffusion import save_single  # noqa: PLC0415 - imports torch

        if (kind, inpainting) not in made:
            path = tmp_path_factory.mktemp("single") / f"{kind}.safetensors"
            made[kind, inpainting] = save_single(tiny(kind, inpainting), path)
        return made[kind, inpainting]

    return make
