"""A diffusion pipeline of real classes with random weights, small enough to be timed anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionInpaintPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer


def save_pipeline(folder: Path, width: int = 32, *, attend: bool = False) -> Path:
    """Write an inpainting pipeline of the architecture of SD 2, narrow and with random weights.

    Args:
        folder: Where to.
        width: Channels of the first level; SD has 320.
        attend: Whether it attends at its three finer levels, as SD does. Otherwise it does so at
            the third alone, or no full frame of 24 megapixels could be measured at all: attention
            grows with the square of the pixels.

    Returns:
        The folder.
    """
    torch.manual_seed(0)
    letters = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
    letters += [chr(256 + n) for n in range(256 - len(letters))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocabulary"
    vocabulary.mkdir(exist_ok=True)
    (vocabulary / "vocab.json").write_text(json.dumps({w: n for n, w in enumerate(words)}))
    (vocabulary / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(
        str(vocabulary / "vocab.json"), str(vocabulary / "merges.txt"), model_max_length=77
    )
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
            num_attention_heads=2, projection_dim=64,
            bos_token_id=len(words) - 2, eos_token_id=len(words) - 1,
        )
    )  # fmt: skip
    fine = ("CrossAttn", "CrossAttn", "CrossAttn", "") if attend else ("", "", "CrossAttn", "")
    unet = UNet2DConditionModel(
        sample_size=64, in_channels=9, out_channels=4, layers_per_block=2,
        block_out_channels=(width, 2 * width, 4 * width, 4 * width),
        down_block_types=tuple(f"{kind}DownBlock2D" for kind in fine),
        up_block_types=tuple(f"{kind}UpBlock2D" for kind in reversed(fine)),
        cross_attention_dim=64, attention_head_dim=8, norm_num_groups=8,
        use_linear_projection=True,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8, 16, 16, 16), layers_per_block=1, norm_num_groups=8,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4, sample_size=512,
    )  # fmt: skip
    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
        set_alpha_to_one=False, steps_offset=1,
    )  # fmt: skip
    pipeline = StableDiffusionInpaintPipeline(
        vae, text, tokenizer, unet, scheduler, None, None, requires_safety_checker=False
    )
    pipeline.save_pretrained(folder)
    return folder
