"""Tiny pipelines of families that are no SD, of the real classes: SD 3, Flux, Kandinsky 2.2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDPMScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxFillPipeline,
    FluxInpaintPipeline,
    FluxTransformer2DModel,
    KandinskyV22InpaintCombinedPipeline,
    PriorTransformer,
    SD3Transformer2DModel,
    StableDiffusion3InpaintPipeline,
    UnCLIPScheduler,
    UNet2DConditionModel,
    VQModel,
)
from tiny_diffusion import WIDTH, make_text_encoder, make_tokenizer
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)


def make_sd3(folder: Path) -> StableDiffusion3InpaintPipeline:
    """Stable Diffusion 3 without its third text encoder, as many use it."""
    torch.manual_seed(0)
    return StableDiffusion3InpaintPipeline(
        transformer=SD3Transformer2DModel(
            sample_size=8, patch_size=2, in_channels=16, num_layers=1, attention_head_dim=8,
            num_attention_heads=4, joint_attention_dim=2 * WIDTH, caption_projection_dim=32,
            pooled_projection_dim=2 * WIDTH, out_channels=16,
        ),
        vae=_autoencoder(16),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=make_text_encoder("sdxl", second=True),
        text_encoder_2=make_text_encoder("sdxl", second=True),
        tokenizer=make_tokenizer(folder / "tokenizer"),
        tokenizer_2=make_tokenizer(folder / "tokenizer_2"),
        text_encoder_3=None,
        tokenizer_3=None,
    )  # fmt: skip


def make_flux(folder: Path, fill: bool = False) -> Any:
    """Flux, or Flux Fill, whose transformer is shown the mask."""
    torch.manual_seed(0)
    latents = 4
    cls = FluxFillPipeline if fill else FluxInpaintPipeline
    return cls(
        transformer=FluxTransformer2DModel(
            patch_size=1, num_layers=1, num_single_layers=1, attention_head_dim=16,
            # two by two latents; of the mask, and of what is known, besides
            in_channels=4 * (2 * latents + 64) if fill else 4 * latents,
            out_channels=4 * latents,
            num_attention_heads=2, joint_attention_dim=WIDTH, pooled_projection_dim=WIDTH,
            axes_dims_rope=(4, 4, 8), guidance_embeds=True,
        ),
        vae=_autoencoder(latents),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        text_encoder=make_text_encoder("sd15"),
        tokenizer=make_tokenizer(folder / "tokenizer"),
        text_encoder_2=T5EncoderModel(
            T5Config(
                vocab_size=200, d_model=WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=4,
            )
        ).eval(),
        tokenizer_2=make_t5_tokenizer(),
    )  # fmt: skip


def make_t5_tokenizer() -> T5Tokenizer:
    """Single letters."""
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    words += [(letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyz"]
    words += [(f"<extra_id_{i}>", 0.0) for i in range(99, -1, -1)]
    return T5Tokenizer(vocab=words, model_max_length=64)


def _autoencoder(latents: int) -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        norm_num_groups=2,
        latent_channels=latents,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.06,
        scaling_factor=1.5,
    ).eval()


def make_kandinsky(folder: Path) -> KandinskyV22InpaintCombinedPipeline:
    """Kandinsky 2.2: a prior, which turns words into what a picture means, and a decoder."""
    torch.manual_seed(0)
    prior = PriorTransformer(
        num_attention_heads=2, attention_head_dim=12, embedding_dim=WIDTH, num_layers=1
    )
    vision = CLIPVisionConfig(
        hidden_size=WIDTH, image_size=32, projection_dim=WIDTH, intermediate_size=37,
        num_attention_heads=4, num_channels=3, num_hidden_layers=1, patch_size=14,
    )  # fmt: skip
    return KandinskyV22InpaintCombinedPipeline(
        unet=UNet2DConditionModel(
            in_channels=9, out_channels=8, addition_embed_type="image",
            down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
            up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
            mid_block_type="UNetMidBlock2DSimpleCrossAttn", block_out_channels=(32, 64),
            layers_per_block=1, encoder_hid_dim=WIDTH, encoder_hid_dim_type="image_proj",
            cross_attention_dim=32, attention_head_dim=4, resnet_time_scale_shift="scale_shift",
        ),
        scheduler=DDPMScheduler(
            beta_schedule="linear", beta_start=0.00085, beta_end=0.012,
            variance_type="learned_range", clip_sample=False,
        ),
        movq=VQModel(
            block_out_channels=(32,) * 4,
            down_block_types=(*("DownEncoderBlock2D",) * 3, "AttnDownEncoderBlock2D"),
            up_block_types=("AttnUpDecoderBlock2D", *("UpDecoderBlock2D",) * 3),
            layers_per_block=1, latent_channels=4, norm_num_groups=8, norm_type="spatial",
            num_vq_embeddings=12, vq_embed_dim=4,
        ),
        prior_prior=prior,
        prior_image_encoder=CLIPVisionModelWithProjection(vision).eval(),
        prior_text_encoder=make_text_encoder("sdxl", second=True),
        prior_tokenizer=make_tokenizer(folder / "tokenizer"),
        prior_scheduler=UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=10.0
        ),
        prior_image_processor=CLIPImageProcessor(crop_size=32, size=32),
    )  # fmt: skip
