"""Words mean to the UNet what they mean to diffusers' pipelines, to the bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

import torch
from diffusers import StableDiffusionInpaintPipeline, StableDiffusionXLInpaintPipeline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_diffusion import (
    Kind,
    make_autoencoder,
    make_scheduler,
    make_text_encoder,
    make_tokenizer,
    make_unet,
)
from transformers import CLIPTokenizer

from multiplane.core.errors import BackendError
from multiplane.networks.diffusion.loaded import Diffusion, describe
from multiplane.networks.diffusion.prompts import encode
from multiplane.tensors.memory import Memory

REAL = Path(__file__).resolve().parents[4] / "shared" / "models" / "clip-tokenizer"
CAT = [49406, 320, 1125, 539, 320, 2368, 49407]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Kind], Diffusion]:
    made: dict[Kind, Diffusion] = {}

    def open_one(kind: Kind) -> Diffusion:
        if kind not in made:
            made[kind] = _opened(tmp_path_factory.mktemp(kind), kind)
        return made[kind]

    return open_one


def _opened(folder: Path, kind: Kind) -> Diffusion:
    torch.manual_seed(1)
    parts: dict[str, Any] = {
        "unet": make_unet(kind, 9), "vae": make_autoencoder(), "scheduler": make_scheduler(kind),
        "tokenizer": make_tokenizer(folder / "one"), "text_encoder": make_text_encoder(kind),
    }  # fmt: skip
    if kind == "sdxl":
        parts |= {
            "tokenizer_2": make_tokenizer(folder / "two", pad="!"),
            "text_encoder_2": make_text_encoder(kind, second=True),
        }
        pipeline = StableDiffusionXLInpaintPipeline(**parts)
    else:
        parts |= {"safety_checker": None, "feature_extractor": None}
        pipeline = StableDiffusionInpaintPipeline(**parts, requires_safety_checker=False)
    memory = Memory(torch.device("cpu"))
    return Diffusion(
        pipeline=pipeline, name=kind, fingerprint="", memory=memory, **describe(pipeline)
    )


@pytest.mark.parametrize("kind", ["sd15", "sd2"])
@pytest.mark.parametrize("negative", ["", "paint"])
def test_one_encoder(opened: Callable[[Kind], Diffusion], kind: Kind, negative: str) -> None:
    diffusion = opened(kind)
    words = encode(diffusion, "the wall and 墙", negative, True, (64, 96))
    one, two = diffusion.pipeline.encode_prompt("the wall and 墙", "cpu", 1, True, negative)
    assert torch.equal(words.conditional["encoder_hidden_states"], one)
    assert words.unconditional is not None
    assert torch.equal(words.unconditional["encoder_hidden_states"], two)
    assert one.shape == (1, 77, 32) and not torch.equal(one, two)
    assert words.conditional.keys() == {"encoder_hidden_states"}
    assert words.cut == "" and words.notes() == []


@pytest.mark.parametrize("negative", ["", "paint"])
@pytest.mark.parametrize("zeros", [True, False])
def test_two_encoders(opened: Callable[[Kind], Diffusion], negative: str, zeros: bool) -> None:
    diffusion = opened("sdxl")
    pipeline = diffusion.pipeline
    pipeline.register_to_config(force_zeros_for_empty_prompt=zeros)
    words = encode(diffusion, "the wall", negative, True, (64, 96), (8, 16))
    made = pipeline.encode_prompt("the wall", negative_prompt=negative or None, device="cpu")
    sizes = ((64, 96), (8, 16), (64, 96), 6.0, 2.5, (64, 96), (8, 16), (64, 96))
    ids = pipeline._get_add_time_ids(*sizes, torch.float32, 32)
    assert words.unconditional is not None
    for got, states, pooled, time in zip(
        (words.conditional, words.unconditional), made[:2], made[2:], ids, strict=True
    ):
        assert torch.equal(got["encoder_hidden_states"], states)
        assert torch.equal(got["added_cond_kwargs"]["text_embeds"], pooled)
        assert torch.equal(got["added_cond_kwargs"]["time_ids"], time)
    assert words.unconditional["encoder_hidden_states"].any() == bool(negative or not zeros)


def test_the_unet_takes_them(opened: Callable[[Kind], Diffusion]) -> None:
    for kind in ("sd15", "sdxl"):
        words = encode(opened(kind), "the wall", "", True, (64, 64))
        with torch.inference_mode():
            said = opened(kind).pipeline.unet(torch.zeros(1, 9, 8, 8), 500, **words.conditional)
        assert said.sample.shape == (1, 4, 8, 8)


def test_unguided_needs_no_second(opened: Callable[[Kind], Diffusion]) -> None:
    assert encode(opened("sd15"), "the wall", "paint", False, (64, 64)).unconditional is None


def test_half_precision_stays(opened: Callable[[Kind], Diffusion], tmp_path: Path) -> None:
    diffusion = _opened(tmp_path, "sdxl")
    diffusion.pipeline.to(torch.bfloat16)
    words = encode(diffusion, "the wall", "", True, (64, 64))
    assert words.conditional["encoder_hidden_states"].dtype == torch.bfloat16
    assert words.conditional["added_cond_kwargs"]["time_ids"].dtype == torch.bfloat16


def test_what_is_too_long_is_said(opened: Callable[[Kind], Diffusion]) -> None:
    """The end mark stays, and the cut is what the user wrote, not what tokens spell."""
    diffusion = opened("sd15")
    prompt = "the " * 74 + "Wall AND more"
    words = encode(diffusion, prompt, "paint " * 76, True, (64, 64))
    assert words.cut == "AND more"
    assert words.negative_cut == "paint"
    one, two = words.notes()
    assert "left out: 'AND more'" in one and one.startswith("the prompt is too long")
    assert two.startswith("the negative prompt")
    kept = encode(diffusion, "the " * 74 + "Wall", "", True, (64, 64))
    states = "encoder_hidden_states"
    assert torch.equal(kept.conditional[states], words.conditional[states])
    assert kept.cut == ""


def test_a_chinese_prompt_is_cut_between_characters(opened: Callable[[Kind], Diffusion]) -> None:
    """Three tokens a character: what two of the three fit of is cut as a whole."""
    prompt = "a" + "修补佛像面部 保持原壁画风格与色彩" * 3
    words = encode(opened("sd15"), prompt, "", False, (64, 64))
    assert words.cut == prompt[27:]


@given(text=st.text(max_size=120))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text(opened: Callable[[Kind], Diffusion], text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    words = encode(opened("sd15"), text, "", False, (64, 64))
    one, _ = opened("sd15").pipeline.encode_prompt(text, "cpu", 1, False)
    assert torch.equal(words.conditional["encoder_hidden_states"], one)
    assert text.rstrip().endswith(words.cut)


def test_half_a_letter_is_answered(opened: Callable[[Kind], Diffusion]) -> None:
    with pytest.raises(BackendError, match="could not be encoded") as caught:
        encode(opened("sd15"), "\ud800", "", False, (64, 64))
    assert "plain words" in caught.value.fix


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the vocabulary of CLIP beside the checkout")
def test_the_real_vocabulary(opened: Callable[[Kind], Diffusion], tmp_path: Path) -> None:
    diffusion = _opened(tmp_path, "sd15")
    pipeline = diffusion.pipeline
    pipeline.tokenizer = CLIPTokenizer.from_pretrained(str(REAL))
    pipeline.text_encoder.resize_token_embeddings(49408)
    assert pipeline.tokenizer("a photo of a cat")["input_ids"] == CAT
    prompt = "修补佛像面部、保持原壁画风格与色彩、纹理自然、五官清晰、边缘平滑过渡" * 2
    words = encode(dataclasses.replace(diffusion), prompt, "", True, (64, 64))
    assert words.conditional["encoder_hidden_states"].shape == (1, 77, 32)
    assert prompt.endswith(words.cut) and 5 < len(words.cut) < 60
