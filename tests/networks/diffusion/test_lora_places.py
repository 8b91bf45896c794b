from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

import torch
from diffusers import UNet2DConditionModel
from tiny_diffusion import make_text_encoder, make_unet
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from multiplane.networks.diffusion.lora_keys import group_keys
from multiplane.networks.diffusion.lora_places import Place, places_of

LISTS = Path(__file__).resolve().parents[4] / "shared" / "interop" / "keys"
NEEDS = pytest.mark.skipif(not LISTS.is_dir(), reason="needs the lists beside the checkout")


def encoder(cls: type, width: int, layers: int) -> Any:
    config = CLIPTextConfig(
        hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
        num_attention_heads=width // 64, projection_dim=width,
    )  # fmt: skip
    return cls(config)


@pytest.fixture(scope="module")
def real() -> dict[str, SimpleNamespace]:
    """Of the real sizes, but of shapes alone."""
    with torch.device("meta"):
        sd15 = SimpleNamespace(
            unet=UNet2DConditionModel(cross_attention_dim=768),
            text_encoder=encoder(CLIPTextModel, 768, 12),
        )
        sdxl = SimpleNamespace(
            unet=UNet2DConditionModel(
                block_out_channels=(320, 640, 1280), attention_head_dim=(5, 10, 20),
                down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * 2),
                up_block_types=(*("CrossAttnUpBlock2D",) * 2, "UpBlock2D"),
                cross_attention_dim=2048, transformer_layers_per_block=(1, 2, 10),
                use_linear_projection=True, addition_embed_type="text_time",
                addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816,
            ),
            text_encoder=encoder(CLIPTextModel, 768, 12),
            text_encoder_2=encoder(CLIPTextModelWithProjection, 1280, 32),
        )  # fmt: skip
    return {"sd15": sd15, "sdxl": sdxl}


@NEEDS
@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_each_name_of_kohya_has_a_place_of_its_own(
    real: dict[str, SimpleNamespace], model: str
) -> None:
    places = places_of(real[model])
    layers, _ = group_keys((LISTS / f"{model}_kohya_keys.txt").read_text().split())
    assert set(layers) - set(places) == set()
    assert len({places[name] for name in layers}) == len(layers)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("input_blocks_0_0", "conv_in"),
        ("input_blocks_3_0_op", "down_blocks.0.downsamplers.0.conv"),
        ("input_blocks_4_0_in_layers_2", "down_blocks.1.resnets.0.conv1"),
        ("input_blocks_4_0_skip_connection", "down_blocks.1.resnets.0.conv_shortcut"),
        ("input_blocks_8_1_transformer_blocks_9_attn2_to_out_0",
         "down_blocks.2.attentions.1.transformer_blocks.9.attn2.to_out.0"),
        ("middle_block_1_proj_in", "mid_block.attentions.0.proj_in"),
        ("middle_block_2_emb_layers_1", "mid_block.resnets.1.time_emb_proj"),
        ("output_blocks_2_2_conv", "up_blocks.0.upsamplers.0.conv"),
        ("output_blocks_5_1_proj_out", "up_blocks.1.attentions.2.proj_out"),
        ("output_blocks_8_0_out_layers_3", "up_blocks.2.resnets.2.conv2"),
        ("time_embed_2", "time_embedding.linear_2"),
        ("label_emb_0_0", "add_embedding.linear_1"),
        ("out_2", "conv_out"),
    ],
)  # fmt: skip
def test_what_the_original_code_calls_them(
    real: dict[str, SimpleNamespace], name: str, path: str
) -> None:
    """SDXL's blocks as its own code counts them."""
    assert places_of(real["sdxl"])[f"lora_unet_{name}"] == Place("unet", path)


def test_an_upscaler_without_attention_stands_one_further_front() -> None:
    places = places_of(SimpleNamespace(unet=make_unet("sd15", 4)))
    assert places["lora_unet_output_blocks_1_1_conv"].path == "up_blocks.0.upsamplers.0.conv"


def test_text_encoders_with_and_without_their_level() -> None:
    """transformers 5 has ``text_model`` in one class of CLIP and not in the other."""
    one, two = make_text_encoder("sdxl"), make_text_encoder("sdxl", second=True)
    places = places_of(SimpleNamespace(text_encoder=one, text_encoder_2=two))
    inner = "encoder_layers_1_mlp_fc1"
    for begin, part, path in (
        ("lora_te_text_model_", "text_encoder", "encoder.layers.1.mlp.fc1"),
        ("lora_te1_", "text_encoder", "encoder.layers.1.mlp.fc1"),
        ("lora_te2_text_model_", "text_encoder_2", "text_model.encoder.layers.1.mlp.fc1"),
    ):
        assert places[begin + inner] == Place(part, path)
    attention = "encoder.layers.0.self_attn"
    for name in (
        f"text_encoder.text_model.{attention}.to_out.0",
        f"text_encoder.{attention}.to_out.0",
        f"text_model.{attention}.out_proj",
    ):
        assert places[name] == Place("text_encoder", f"{attention}.out_proj")


def test_transformers_of_other_families() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(2, 2))
    places = places_of(SimpleNamespace(transformer=network, unet=None))
    wanted = {"0", "transformer.0", "lora_transformer_0", "lora_unet_0", "lycoris_0"}
    assert set(places) == wanted and set(places.values()) == {Place("transformer", "0")}
