"""Other families of diffusers."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from diffusers import (  # noqa: E402
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    SD3Transformer2DModel,
    StableDiffusion3InpaintPipeline,
    StableDiffusion3Pipeline,
)
from tiny_diffusion import (  # noqa: E402
    WIDTH,
    make_text_encoder,
    make_tokenizer,
    quiet,
)

from multiplane.core.errors import WeightsError  # noqa: E402
from multiplane.hub.pipelines import find  # noqa: E402
from multiplane.networks.diffusion import load_diffusion  # noqa: E402
from multiplane.networks.diffusion.families import as_inpainting  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture(scope="module", params=[StableDiffusion3Pipeline, StableDiffusion3InpaintPipeline])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Stable Diffusion 3 without its third text encoder."""
    path = tmp_path_factory.mktemp("sd3")
    torch.manual_seed(0)
    pipeline = request.param(
        transformer=SD3Transformer2DModel(
            sample_size=16, patch_size=2, in_channels=16, num_layers=1, attention_head_dim=8,
            num_attention_heads=4, joint_attention_dim=2 * WIDTH, caption_projection_dim=32,
            pooled_projection_dim=2 * WIDTH, out_channels=16,
        ),
        vae=AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(4, 4, 4, 4), norm_num_groups=2, latent_channels=16,
            use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=make_text_encoder("sdxl", second=True),
        text_encoder_2=make_text_encoder("sdxl", second=True),
        tokenizer=make_tokenizer(path / "tokenizer"),
        tokenizer_2=make_tokenizer(path / "tokenizer_2"),
        text_encoder_3=None,
        tokenizer_3=None,
    )  # fmt: skip
    with quiet():
        pipeline.save_pretrained(path, safe_serialization=True)
    return path


def test_other_families_come_as_those_that_paint_holes(folder: Path) -> None:
    loaded = load_diffusion(find(str(folder)), CPU, torch.float32)
    assert isinstance(loaded.pipeline, StableDiffusion3InpaintPipeline)
    assert (loaded.unet, loaded.inpainting) == (False, False)
    assert (loaded.latent_channels, loaded.factor, loaded.size_px) == (16, 8, 128)
    assert loaded.pipeline.text_encoder_3 is None


class Paints:
    def __call__(self, prompt: str, image: object, mask_image: object) -> None: ...


class Cannot:
    config: dict[str, object] = {}  # noqa: RUF012
    components: dict[str, object] = {}  # noqa: RUF012

    def __call__(self, prompt: str) -> None: ...


def test_what_takes_a_mask_stays_as_it_is() -> None:
    pipeline = Paints()
    assert as_inpainting(pipeline, "mine") is pipeline


def test_what_paints_no_holes_is_told() -> None:
    with pytest.raises(WeightsError, match="mine is a Cannot, which paints no holes") as caught:
        as_inpainting(Cannot(), "mine")
    assert caught.value.fix.startswith("name a model that has an inpainting pipeline in diffusers")
