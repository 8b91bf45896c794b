"""What there is to know of a pipeline."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.diffusion.loaded import describe


def part(kind: str, **config: object) -> object:
    return type(kind, (), {"config": SimpleNamespace(**config)})()


def pipeline(channels: int = 9, **config: object) -> SimpleNamespace:
    return SimpleNamespace(
        unet=part(
            "UNet2DConditionModel", **({"in_channels": channels, "sample_size": 64} | config)
        ),
        vae=part("AutoencoderKL", latent_channels=4, block_out_channels=(1, 2, 3, 4)),
    )


@pytest.mark.parametrize(
    ("channels", "unet", "inpainting"), [(9, True, True), (4, True, False), (8, False, False)]
)
def test_inputs_say_what_a_network_is_for(channels: int, unet: bool, inpainting: bool) -> None:
    told = describe(pipeline(channels))
    assert (told["unet"], told["inpainting"]) == (unet, inpainting)


@pytest.mark.parametrize(("size", "side"), [(64, 512), ([128, 96], 1024), (None, 1024)])
def test_the_trained_size_is_in_pixels(size: object, side: int) -> None:
    assert describe(pipeline(sample_size=size))["size_px"] == side


@pytest.mark.parametrize(
    "config",
    [
        {"addition_embed_type": "image"}, {"class_embed_type": "projection"},
        {"num_class_embeds": 1000}, {"encoder_hid_dim": 768},
    ],
)  # fmt: skip
def test_networks_that_want_more_than_words_are_not_ours(config: dict[str, object]) -> None:
    assert describe(pipeline(**config))["unet"] is False


def test_other_families_are_told() -> None:
    other = SimpleNamespace(
        transformer=part("FluxTransformer2DModel", in_channels=64),
        vae=part("AutoencoderKL", latent_channels=16, block_out_channels=(1, 2, 3, 4)),
        default_sample_size=128,
    )
    told = describe(other)
    assert (told["unet"], told["inpainting"], told["xl"]) == (False, False, False)
    assert (told["latent_channels"], told["size_px"]) == (16, 1024)
