"""Noise taken away step by step, over one or many tiles of a picture at once."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from multiplane.core.arrays import Mask
from multiplane.core.errors import BackendError
from multiplane.networks.diffusion.schedulers import set_steps
from multiplane.restore.inpaint.backends.diffusion.chance import draw_noise, start_chance
from multiplane.restore.inpaint.backends.diffusion.tiles import Predictor


@dataclass(frozen=True)
class Scene:
    """What is painted, in latents.

    Attributes:
        repaint: float32 (1, 1, h, w), 1 = repaint.
        known: float32 (1, C, h, w) what is known of the picture: for networks that are shown it
            with the hole in grey, for others with the hole filled smoothly.
        original: float32 (1, C, h, w) the picture with what lies in the hole; None where nothing
            of that is kept.
        covered: (h, w) where tiles are; the rest stays as it is known.
    """

    repaint: torch.Tensor
    known: torch.Tensor
    original: torch.Tensor | None
    covered: Mask


@dataclass(frozen=True)
class Course:
    """How noise is taken away.

    Attributes:
        scheduler: Of diffusers, fresh: it remembers the steps before.
        steps: How many, for all of the way; see :func:`enough_steps`.
        strength: How much of the way is gone.
        inpainting: Whether the network is shown the mask and what is known; others are led by
            what is known being put back, with as much noise as there is, at each step.
    """

    scheduler: Any
    steps: int
    strength: float
    inpainting: bool


def denoise(scene: Scene, course: Course, predict: Predictor, seeds: Sequence[int]) -> torch.Tensor:
    """Begin with noise and take it away.

    Blending at each step is that of Avrahami et al. 2022 (Blended Latent Diffusion,
    https://arxiv.org/abs/2206.02779).

    Args:
        scene: What is painted.
        course: How.
        predict: Says what of some latents is noise.
        seeds: Where chance starts; what comes of a seed does not depend on the others, up to the
            last bits of a sum.

    Returns:
        float32 (B, C, h, w), one picture a seed, on the device of the scene.

    Raises:
        BackendError: What came of it are no numbers.
    """
    scheduler, device = course.scheduler, scene.known.device
    chance = start_chance(seeds)
    shape = scene.known.shape[1], scene.known.shape[2], scene.known.shape[3]
    noise = draw_noise(chance, shape, device)
    times = _times(course, device)
    if scene.original is None:
        latents = noise * scheduler.init_noise_sigma
    else:
        latents = scheduler.add_noise(scene.original.expand_as(noise), noise, times[:1])
    extra = _extra(scheduler, chance)
    for number, time in enumerate(times):
        seen = scheduler.scale_model_input(latents, time)
        said = predict(seen, time)
        latents = scheduler.step(said, time, latents, **extra, return_dict=False)[0]
        if not course.inpainting:
            kept = scene.known.expand_as(latents)
            if number + 1 < len(times):
                kept = scheduler.add_noise(kept, noise, times[number + 1 : number + 2])
            latents = torch.where(scene.repaint > 0, latents, kept)
    covered = torch.from_numpy(scene.covered).to(device)
    latents = torch.where(covered, latents, scene.known)
    if not torch.isfinite(latents).all():
        raise BackendError(
            "the network gave values that are no numbers",
            why=f"half precision overflows with some weights, and {type(scheduler).__name__} "
            f"with {course.steps} steps may",
            fix="--precision fp32, or another --scheduler",
        )
    return latents.float()


def enough_steps(steps: int, strength: float) -> int:
    """Steps for all of the way, of which one at least is left to be gone.

    Args:
        steps: What was asked for.
        strength: How much of the way is gone.
    """
    return max(steps, math.ceil(1 / strength - 1e-6))


def _times(course: Course, device: torch.device) -> torch.Tensor:
    """The times that are left of the way; one at least."""
    scheduler = course.scheduler
    set_steps(scheduler, course.steps, device)
    left = min(max(1, int(course.steps * course.strength + 1e-6)), course.steps)
    begin = (course.steps - left) * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)
    times: torch.Tensor = scheduler.timesteps[begin:]
    return times


def _extra(scheduler: Any, chance: list[torch.Generator]) -> Mapping[str, Any]:  # noqa: ANN401
    """The streams of chance, for schedulers that draw noise of their own at each step."""
    takes = "generator" in inspect.signature(scheduler.step).parameters
    return {"generator": chance} if takes else {}
