from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_lora import make_diffusion, save

from multiplane.core.errors import WeightsError
from multiplane.hub.loras import LoraFile, find_lora
from multiplane.networks.diffusion.lora_read import Alphas, OpenLora, kind_of_model

CPU = torch.device("cpu")


def opened(path: Path, tensors: dict[str, torch.Tensor], **metadata: str) -> OpenLora:
    return OpenLora(find_lora(save(path / "a.safetensors", tensors, metadata or None)))


def test_shapes_at_once_and_numbers_when_asked(tmp_path: Path) -> None:
    given = {"a.alpha": torch.tensor(3, dtype=torch.float16), "a.diff": torch.ones(2, 3).bfloat16()}
    lora = opened(tmp_path, given)
    assert lora.shapes == {"a.alpha": (), "a.diff": (2, 3)}
    read = lora.read({"alpha": "a.alpha"}, CPU)
    assert read["alpha"].dtype == torch.float32 and read["alpha"].item() == 3
    lora.replace({"b": torch.zeros(4)})
    assert lora.shapes == {"b": (4,)}
    assert lora.read({"": "b"}, CPU)[""].shape == (4,)


@pytest.mark.parametrize("content", [b"\x80\x02.pickle, to be sure", b"\xff" * 100, b"0" * 9])
def test_what_is_no_safetensors(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="cannot be read as safetensors") as caught:
        OpenLora(LoraFile(path, 1.0))
    assert caught.value.fix == "download it again, whole"


def test_a_file_cut_short(tmp_path: Path) -> None:
    path = Path(save(tmp_path / "a.safetensors", {"a.diff": torch.ones(100)}))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(WeightsError, match="cannot be read"):
        OpenLora(LoraFile(path, 1.0))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_that_are_no_numbers(tmp_path: Path, bad: float) -> None:
    lora = opened(tmp_path, {"a.diff": torch.tensor([1.0, bad])})
    with pytest.raises(WeightsError, match=r"a\.diff in .* no numbers") as caught:
        lora.read({"diff": "a.diff"}, CPU)
    assert "earlier state" in caught.value.fix


@pytest.mark.parametrize(
    ("tensors", "metadata", "model"),
    [
        ({}, {"ss_base_model_version": "sdxl_base_v1-0"}, "SDXL"),
        ({}, {"ss_base_model_version": "sd_v2"}, "SD 2"),
        ({}, {"modelspec.architecture": "stable-diffusion-v1/lora"}, "SD 1.5"),
        ({"lora_te2_text_projection.alpha": ()}, {}, "SDXL"),
        ({"lora_unet_double_blocks_0_img_mlp_0.alpha": ()}, {}, "Flux"),
        ({"transformer.single_transformer_blocks.0.proj_mlp.lora_A.weight": (2, 8)}, {}, "Flux"),
        ({"lora_unet_down_blocks_0_attn2_to_k.lora_down.weight": (2, 768)}, {}, "SD 1.5"),
        ({"unet.down_blocks.0.attn2.to_k.lora_A.weight": (2, 1024)}, {}, "SD 2"),
        ({"unet.down_blocks.0.attn2.to_k.lora_A.weight": (2, 2048)}, {}, "SDXL"),
        ({"unet.down_blocks.0.attn2.processor.to_k_lora.down.weight": (2, 768)}, {}, "SD 1.5"),
        ({"unet.down_blocks.0.attn2.to_k.lora_A.weight": (2, 5)}, {}, ""),
        ({"a.diff": (1,)}, {}, ""),
    ],
)
def test_what_it_was_made_for(
    tmp_path: Path, tensors: dict[str, tuple[int, ...]], metadata: dict[str, str], model: str
) -> None:
    held = {name: torch.zeros(shape) for name, shape in tensors.items()} or {"a": torch.zeros(1)}
    assert opened(tmp_path, held, **metadata).made_for() == model


def test_what_a_model_is(tmp_path: Path) -> None:
    pipeline = make_diffusion(tmp_path).pipeline
    assert kind_of_model(pipeline) == "StableDiffusionInpaint"  # of no real width
    pipeline.unet.register_to_config(cross_attention_dim=1024)
    assert kind_of_model(pipeline) == "SD 2"


def test_alphas_of_diffusers(tmp_path: Path) -> None:
    told = {
        "unet.r": 8, "unet.target_modules": ["x"], "unet.lora_alpha": 2,
        "unet.alpha_pattern": {"^mid.to_q": 5},
        "text_encoder.lora_alpha": 9, "text_encoder.use_rslora": True,
    }  # fmt: skip
    alphas = opened(tmp_path, {"a": torch.zeros(1)}, lora_adapter_metadata=json.dumps(told)).alphas
    assert alphas.scale("unet", "down.to_q", 8, None) == (0.25, True)
    assert alphas.scale("unet", "mid.to_q", 8, None) == (5 / 8, True)
    assert alphas.scale("unet", "down.mid.to_q", 8, None) == (5 / 8, True)
    assert alphas.scale("unet", "pyramid.to_q", 8, None) == (0.25, True)
    assert alphas.scale("text_encoder", "q_proj", 9, None) == (3.0, True)
    assert alphas.scale("text_encoder_2", "q_proj", 9, None) == (1.0, False)


def test_alpha_of_a_tensor_comes_first() -> None:
    alphas = Alphas({"": 2.0})
    assert alphas.scale("unet", "x", 4, 8.0) == (2.0, True)
    assert alphas.scale("unet", "x", 4, 0.0) == (1.0, True)  # zero means the rank, at kohya's
    assert alphas.scale("unet", "x", 0, 8.0) == (1.0, True)
    assert alphas.scale("unet", "x", 4, None) == (0.5, True)
    assert Alphas().scale("unet", "x", 4, None) == (1.0, False)


@given(alpha=st.floats(0.01, 1000), rank=st.integers(1, 256))
def test_alpha_over_rank(alpha: float, rank: int) -> None:
    assert Alphas().scale("unet", "x", rank, alpha)[0] == alpha / rank


@pytest.mark.parametrize(
    "told", ["{", '{"lora_alpha": "much"}', '{"lora_alpha": null}', "[" * 9999]
)
def test_alphas_that_cannot_be_read(tmp_path: Path, told: str) -> None:
    with pytest.raises(WeightsError, match="of a LoRA cannot be read") as caught:
        opened(tmp_path, {"a": torch.zeros(1)}, lora_adapter_metadata=told)
    assert "save the LoRA again" in caught.value.fix
