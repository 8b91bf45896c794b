"""Where chance comes from: one stream a seed, the same on every device and in every batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def start_chance(seeds: Sequence[int]) -> list[torch.Generator]:
    """A stream of numbers a seed, on the CPU: those of GPUs differ from model to model.

    Args:
        seeds: Where they start.
    """
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]


def draw_noise(
    generators: Sequence[torch.Generator], shape: tuple[int, int, int], device: torch.device
) -> torch.Tensor:
    """Noise over a whole picture, drawn of each stream by itself.

    Args:
        generators: The streams; they go on.
        shape: Channels, height and width.
        device: Where it goes.

    Returns:
        float32 (B, C, h, w).
    """
    drawn = [torch.randn((1, *shape), generator=generator) for generator in generators]
    return torch.cat(drawn).to(device)
