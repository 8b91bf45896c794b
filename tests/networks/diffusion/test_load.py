"""Folders of diffusers, loaded."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from tiny_pipelines import Maker  # noqa: E402

from multiplane.hub.pipelines import find  # noqa: E402
from multiplane.networks.diffusion import load_diffusion  # noqa: E402

CPU = torch.device("cpu")


@pytest.mark.parametrize("inpainting", [True, False])
@pytest.mark.parametrize("kind", ["sd15", "sd2", "sdxl"])
def test_says_what_a_pipeline_is(tiny: Maker, kind: str, inpainting: bool) -> None:
    loaded = load_diffusion(find(str(tiny(kind, inpainting))), CPU, torch.float32)
    assert (loaded.unet, loaded.inpainting, loaded.xl) == (True, inpainting, kind == "sdxl")
    assert (loaded.latent_channels, loaded.factor, loaded.size_px) == (4, 8, 64)
    assert loaded.prediction == ("v_prediction" if kind == "sd2" else "epsilon")
