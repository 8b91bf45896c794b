"""Pipelines of some hundred thousand random weights, saved as the real ones are.

Real classes of diffusers and transformers, with the parts in the order of the real ones, so that
whatever loads these loads those: an autoencoder that takes 8 px a latent, and a CLIP tokenizer with
a vocabulary of all bytes and a few words.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.utils import logging as diffusers_logging
from original_layout import original_tensors
from safetensors.torch import save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)
from transformers.utils import logging as transformers_logging

Kind = Literal["sd15", "sd2", "sdxl"]
MERGES = (
    ("t", "h"), ("th", "e</w>"), ("a", "n"), ("an", "d</w>"), ("w", "a"), ("wa", "l"),
    ("wal", "l</w>"), ("p", "a"), ("pa", "i"), ("pai", "n"), ("pain", "t</w>"),
)  # fmt: skip
"""What the tokenizer knows beyond single bytes: the, and, wall, paint."""
WIDTH = 32
"""Of what a text encoder says of a token."""
TOKENS = 77
_NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def save_tiny(folder: Path, kind: Kind = "sd15", inpainting: bool = True, seed: int = 0) -> Path:
    """Save a pipeline in the format of diffusers.

    Args:
        folder: Where to; made when it is not there.
        kind: Which of the real ones it is like.
        inpainting: Whether its UNet is shown the mask and what is known of the picture.
        seed: Of the weights.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    parts: dict[str, Any] = {
        "unet": make_unet(kind, 9 if inpainting else 4),
        "vae": make_autoencoder(0.13025 if kind == "sdxl" else 0.18215),
        "scheduler": make_scheduler(kind),
        "tokenizer": make_tokenizer(folder / "tokenizer"),
        "text_encoder": make_text_encoder(kind),
    }
    if kind == "sdxl":
        parts["tokenizer_2"] = make_tokenizer(folder / "tokenizer_2", pad="!")
        parts["text_encoder_2"] = make_text_encoder(kind, second=True)
        large = StableDiffusionXLInpaintPipeline if inpainting else StableDiffusionXLPipeline
        pipeline = large(**parts)
    else:
        parts |= {"safety_checker": None, "feature_extractor": None}
        small = StableDiffusionInpaintPipeline if inpainting else StableDiffusionPipeline
        pipeline = small(**parts, requires_safety_checker=False)
    with quiet():
        pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def save_single(folder: Path, path: Path) -> Path:
    """Save the same weights as one file, in the layout of the original Stable Diffusion.

    Args:
        folder: Of :func:`save_tiny`.
        path: The .safetensors file.

    Returns:
        The file.
    """
    with quiet():
        pipeline = DiffusionPipeline.from_pretrained(str(folder), local_files_only=True)
    kind = "sdxl" if "text_encoder_2" in pipeline.components else "sd15"
    if kind == "sd15" and pipeline.unet.config.use_linear_projection:
        kind = "sd2"
    save_file(original_tensors(pipeline, kind), str(path))
    return path


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No bars on the console."""
    libraries = (transformers_logging, diffusers_logging)
    bars = [library.is_progress_bar_enabled() for library in libraries]
    for library in libraries:
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library, bar in zip(libraries, bars, strict=True):
            if bar:
                library.enable_progress_bar()


def make_unet(kind: Kind, channels: int) -> UNet2DConditionModel:
    """The denoiser, of two levels; one of them heeds words."""
    how: dict[str, Any] = {
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "attention_head_dim": 4,
        "cross_attention_dim": WIDTH,
    }
    if kind == "sd2":
        how |= {"use_linear_projection": True, "attention_head_dim": (4, 8)}
    if kind == "sdxl":
        how |= {
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "use_linear_projection": True,
            "attention_head_dim": (4, 8),
            "transformer_layers_per_block": (1, 2),
            "cross_attention_dim": 2 * WIDTH,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": WIDTH + 6 * 8,
        }
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=channels,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        **how,
    ).eval()


def make_autoencoder(scale: float = 0.18215) -> AutoencoderKL:
    """From pixels to latents and back, 8 px a latent as the real ones."""
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
        scaling_factor=scale,
    ).eval()


def make_text_encoder(kind: Kind, second: bool = False) -> CLIPTextModel:
    """What words mean to the denoiser; the second of SDXL also says it in one vector."""
    words = len(vocabulary())
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TOKENS,
        projection_dim=WIDTH,
        hidden_act="quick_gelu" if kind == "sd15" or (not second and kind == "sdxl") else "gelu",
        bos_token_id=words - 2,
        eos_token_id=words - 1,
        pad_token_id=words - 1,
    )
    return (CLIPTextModelWithProjection if second else CLIPTextModel)(config).eval()


def make_tokenizer(folder: Path, pad: str = "<|endoftext|>") -> CLIPTokenizer:
    """From words to numbers; saved on the way, since it is made of files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary()), encoding="utf-8")
    merges = "\n".join(["#version: 0.2", *(" ".join(pair) for pair in MERGES)])
    (folder / "merges.txt").write_text(merges + "\n", encoding="utf-8")
    return CLIPTokenizer.from_pretrained(str(folder), pad_token=pad, model_max_length=TOKENS)


def make_scheduler(kind: Kind) -> Any:
    """Each with what its real one says."""
    if kind == "sd15":
        return PNDMScheduler(**_NOISE, skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1)
    if kind == "sd2":
        return DDIMScheduler(
            **_NOISE, clip_sample=False, set_alpha_to_one=False, steps_offset=1,
            prediction_type="v_prediction",
        )  # fmt: skip
    return EulerDiscreteScheduler(**_NOISE, timestep_spacing="leading", steps_offset=1)


def vocabulary() -> dict[str, int]:
    """Token to number: every byte, every byte that ends a word, the merges, the two marks."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    letters = [chr(byte) for byte in printable] + [chr(256 + k) for k in range(len(hidden))]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += ["".join(pair) for pair in MERGES] + ["<|startoftext|>", "<|endoftext|>"]
    return {token: number for number, token in enumerate(tokens)}
