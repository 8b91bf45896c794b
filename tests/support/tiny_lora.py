"""LoRA files as kohya's scripts, diffusers and peft write them, for tiny pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
)
from safetensors.torch import save_file
from tiny_diffusion import (
    Kind,
    make_autoencoder,
    make_scheduler,
    make_text_encoder,
    make_tokenizer,
    make_unet,
)

from multiplane.networks.diffusion.loaded import Diffusion, describe
from multiplane.tensors.memory import Memory

QUERY = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
"""A layer that tiny UNets of SD 1.5 and SD 2 have."""


def make_diffusion(folder: Path, kind: Kind = "sd15", inpainting: bool = True) -> Diffusion:
    """A tiny pipeline in memory, as loading gives one."""
    torch.manual_seed(1)
    parts: dict[str, Any] = {
        "unet": make_unet(kind, 9 if inpainting else 4),
        "vae": make_autoencoder(),
        "scheduler": make_scheduler(kind),
        "tokenizer": make_tokenizer(folder / "one"),
        "text_encoder": make_text_encoder(kind),
    }
    if kind == "sdxl":
        parts |= {
            "tokenizer_2": make_tokenizer(folder / "two", pad="!"),
            "text_encoder_2": make_text_encoder(kind, second=True),
        }
        pipeline: Any = StableDiffusionXLInpaintPipeline(**parts)
    else:
        parts |= {"safety_checker": None, "feature_extractor": None}
        cls = StableDiffusionInpaintPipeline if inpainting else StableDiffusionPipeline
        pipeline = cls(**parts, requires_safety_checker=False)
    for network in (
        pipeline.unet,
        pipeline.text_encoder,
        getattr(pipeline, "text_encoder_2", None),
    ):
        if network is not None:
            network.requires_grad_(False)
    told = describe(pipeline)
    memory = Memory(torch.device("cpu"))
    return Diffusion(pipeline=pipeline, name=kind, fingerprint="", memory=memory, **told)


def down_and_up(
    weight: torch.Tensor, rank: int = 2, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both halves for a layer, (r, in, h, w) and (out, r, 1, 1) or without the last two sides."""
    chance = torch.Generator().manual_seed(seed)
    down = torch.randn(rank, *weight.shape[1:], generator=chance)
    up = torch.randn(weight.shape[0], rank, *(1,) * (weight.ndim - 2), generator=chance)
    return down, up


def product(down: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    """What is added at a scale of 1, in double precision."""
    found = up.flatten(1).double() @ down.flatten(1).double()
    return found.reshape(up.shape[0], *down.shape[1:])


def kohya(
    network: torch.nn.Module,
    begin: str,
    paths: Iterable[str],
    alpha: float | None = 1.0,
    rank: int = 2,
) -> dict[str, torch.Tensor]:
    """Tensors for layers of a network, as kohya's scripts name them."""
    made = {}
    for seed, path in enumerate(paths):
        down, up = down_and_up(network.get_submodule(path).weight, rank, seed)
        name = begin + path.replace(".", "_")
        made[f"{name}.lora_down.weight"], made[f"{name}.lora_up.weight"] = down, up
        if alpha is not None:
            made[f"{name}.alpha"] = torch.tensor(alpha)
    return made


def save(
    path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str] | None = None
) -> str:
    """Write a file; its name as the user types it."""
    held = {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
    save_file(held, path, dict(metadata) if metadata else None)
    return str(path)
