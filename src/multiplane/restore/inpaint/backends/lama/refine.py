"""Large fills made to agree with what is painted at smaller sizes.

Kulshreshtha, Pugh, Jiddi, Feature Refinement to Improve High Resolution Image Inpainting, 2022
(https://arxiv.org/abs/2206.13644). The network paints well at about the size it was trained at,
and at larger ones loses the thread in the middle of a large hole. So the picture is painted small
first; at each larger size the features before the FFC blocks are moved until the fill, made
smaller, is what was painted there. Unlike the authors' code the picture keeps its size, sizes
halve exactly (the picture is padded once, by reflection, so that they do), and of all steps the
one that agrees best is taken, so that the fill is never further off than without.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import nn
from torch.nn import functional

from multiplane.networks.lama import LamaGenerator, predict
from multiplane.networks.lama.ffc import FfcBlock
from multiplane.tensors.precision import computing

Tensors: TypeAlias = tuple[torch.Tensor, ...]

SMALL_PX = 512
"""At the smallest size the shorter side has at most this; crops no larger are left as they are."""
MOST_LEVELS = 3
STEPS = 15
RATE, BETAS = 0.002, (0.9, 0.999)
STEP_PX = 8


def refine(
    generator: LamaGenerator,
    images: torch.Tensor,
    masks: torch.Tensor,
    dtype: torch.dtype = torch.float32,
    steps: int = STEPS,
) -> torch.Tensor:
    """Paint pictures from small to large.

    Args:
        generator: The network, without gradients.
        images: float32 (B, 3, H, W), RGB in [0, 1].
        masks: float32 (B, 1, H, W), 1 in the holes.
        dtype: What to compute with; float16 has too narrow a range for gradients, float32 is
            taken instead.
        steps: How often features are moved at each size.

    Returns:
        float32 (B, 3, H, W) in [0, 1].
    """
    height, width = images.shape[-2:]
    levels = level_count(height, width)
    if levels == 1:
        with computing(images.device, dtype):
            return predict(generator, images, masks)
    dtype = torch.float32 if dtype == torch.float16 else dtype
    step = STEP_PX * 2 ** (levels - 1)
    padding = (0, -width % step, 0, -height % step)
    pictures = [_padded(images * (1 - masks), padding)]
    holes = [_padded(masks, padding)]
    for _ in range(levels - 1):
        pictures.append(functional.avg_pool2d(pictures[-1], 2))
        holes.append(functional.max_pool2d(holes[-1], 2))
    with computing(images.device, dtype):
        painted: torch.Tensor = generator(pictures[-1], holes[-1]).float()
    for level in reversed(range(levels - 1)):
        goal = painted.clone()  # out of inference mode
        painted = agree(generator, pictures[level], holes[level], goal, dtype, steps)
    return painted[..., :height, :width]


def level_count(height: int, width: int) -> int:
    """At how many sizes a picture is painted; 1 where it is small enough as it is."""
    halvings = math.ceil(math.log2(max(1.0, min(height, width) / SMALL_PX)))
    return min(1 + halvings, MOST_LEVELS)


def agree(
    generator: LamaGenerator,
    images: torch.Tensor,
    masks: torch.Tensor,
    goal: torch.Tensor,
    dtype: torch.dtype = torch.float32,
    steps: int = STEPS,
) -> torch.Tensor:
    """Move the features of pictures until their fill, at half its size, is another one.

    Args:
        generator: The network, without gradients.
        images: float32 (B, 3, H, W) in [0, 1], sides multiples of 16.
        masks: float32 (B, 1, H, W), 1 in the holes.
        goal: float32 (B, 3, H/2, W/2) what was painted at half the size.
        dtype: float32 or bfloat16.
        steps: How often they are moved.

    Returns:
        float32 (B, 3, H, W) in [0, 1], the best that was met.
    """
    front, blocks, tail = _parts(generator)
    low = functional.max_pool2d(masks, 2)
    with computing(images.device, dtype):
        begin = front(torch.cat([images * (1 - masks), masks], dim=1))
    with torch.inference_mode(False):
        features = tuple(part.clone().float() for part in begin)  # out of inference mode
        adam = _Adam(features)
        best = least = None
        for step in range(steps + 1):
            with torch.autocast(images.device.type, dtype, enabled=dtype != torch.float32):
                kept = _forward(blocks, features)
                last = _leaves(kept.pop())
                painted = tail(last).float()
            losses = distance(painted, images, masks, goal, low)
            if best is None or least is None:
                best, least = painted.detach(), losses.detach()
            better = losses.detach() < least
            least = torch.where(better, losses.detach(), least)
            best = torch.where(better[:, None, None, None], painted.detach(), best)
            if step < steps:
                slopes = torch.autograd.grad(losses.sum(), last)
                with torch.autocast(images.device.type, dtype, enabled=dtype != torch.float32):
                    adam.step(_backward(blocks, kept, slopes))
    assert isinstance(best, torch.Tensor), "what was painted first is at least as good as itself"
    return best


def distance(
    painted: torch.Tensor,
    images: torch.Tensor,
    masks: torch.Tensor,
    goal: torch.Tensor,
    low: torch.Tensor,
) -> torch.Tensor:
    """How far a fill is from the goal at half its size, and the rest from the picture.

    Args:
        painted: (B, 3, H, W).
        images: (B, 3, H, W), meaningful where the mask is 0.
        masks: (B, 1, H, W).
        goal: (B, 3, H/2, W/2).
        low: (B, 1, H/2, W/2) where the goal counts.

    Returns:
        (B,) mean absolute differences, the two added.
    """
    inside = _mean((functional.avg_pool2d(painted, 2) - goal).abs(), low)
    return inside + _mean((painted - images).abs(), 1 - masks)


class _Adam:
    """Adam (Kingma and Ba 2015) as the paper uses it; that of torch takes seconds to import."""

    def __init__(self, moved: Tensors) -> None:
        self._moved = moved
        self._means = [(torch.zeros_like(one), torch.zeros_like(one)) for one in moved]
        self._count = 0

    @torch.no_grad()
    def step(self, slopes: Tensors) -> None:
        self._count += 1
        shares = [1 - beta**self._count for beta in BETAS]
        for moved, (first, second), slope in zip(self._moved, self._means, slopes, strict=True):
            first.lerp_(slope, 1 - BETAS[0])
            second.lerp_(slope.square(), 1 - BETAS[1])
            moved.sub_(RATE * (first / shares[0]) / ((second / shares[1]).sqrt() + 1e-8))


def _mean(values: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """The mean of each picture where something counts; 0 where nothing does."""
    count = where.sum(dim=(1, 2, 3)).clamp(min=1.0) * values.shape[1]
    return (values * where).sum(dim=(1, 2, 3)) / count


def _parts(generator: LamaGenerator) -> tuple[nn.Sequential, list[nn.Module], nn.Sequential]:
    """The layers before the FFC blocks, these, and the rest."""
    layers = list(generator.model)
    places = [n for n, layer in enumerate(layers) if isinstance(layer, FfcBlock)]
    first, stop = places[0], places[-1] + 1
    return nn.Sequential(*layers[:first]), layers[first:stop], nn.Sequential(*layers[stop:])


@torch.no_grad()
def _forward(blocks: Sequence[nn.Module], features: Tensors) -> list[Tensors]:
    """What goes into each block, and what comes out of the last.

    Nothing inside of them is kept: it is computed again going back, block by block, which takes a
    third longer and a third of the memory.
    """
    kept = [features]
    for block in blocks:
        kept.append(block(kept[-1]))
    return kept


def _backward(blocks: Sequence[nn.Module], kept: Sequence[Tensors], slopes: Tensors) -> Tensors:
    """From the slopes behind the last block to those before the first."""
    for block, came in zip(reversed(blocks), reversed(kept), strict=True):
        leaves = _leaves(came)
        # What has these slopes: a number, since torch loads an algebra system to check more.
        told = zip(block(leaves), slopes, strict=True)
        total = torch.stack([(left * slope).sum().float() for left, slope in told]).sum()
        slopes = torch.autograd.grad(total, leaves)
    return slopes


def _leaves(values: Tensors) -> Tensors:
    """The same as where gradients end."""
    return tuple(value.detach().requires_grad_() for value in values)


def _padded(batch: torch.Tensor, padding: tuple[int, int, int, int]) -> torch.Tensor:
    return functional.pad(batch, padding, mode="reflect") if any(padding) else batch
