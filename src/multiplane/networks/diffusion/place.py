"""Where a pipeline lies: on the device, or waiting in the memory of the CPU."""

from __future__ import annotations

from typing import Any

import torch

from multiplane.networks.diffusion.components import silence
from multiplane.tensors.memory import Memory


def place(pipeline: Any, memory: Memory, offload: str, attention_slicing: bool) -> list[str]:  # noqa: ANN401 - diffusers is not typed for us
    """Bring a pipeline to the device, or have its networks brought there when they work.

    Args:
        pipeline: Of diffusers, on the CPU.
        memory: Of the device.
        offload: ``none``, ``model`` or ``sequential``.
        attention_slicing: Attention in slices: slower, less memory.

    Returns:
        What the user should know.

    Raises:
        BackendError: The device has no room for it.
    """
    if attention_slicing:
        pipeline.enable_attention_slicing()
    with silence():  # half precision is spoken of, even where it is meant
        _keep_exact(pipeline)
        return _place(pipeline, memory, offload)


def _place(pipeline: Any, memory: Memory, offload: str) -> list[str]:  # noqa: ANN401
    if memory.device.type == "cpu":
        pipeline.to(memory.device)
        idle = offload != "none"
        return [f"offload {offload} has no effect: everything runs on the CPU"] if idle else []
    if offload == "model":
        pipeline.enable_model_cpu_offload(device=memory.device)
    elif offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=memory.device)
    else:
        memory.fewer(lambda _: pipeline.to(memory.device), 1, "copy of the networks")
    return []


def _keep_exact(pipeline: Any) -> None:  # noqa: ANN401
    """Bring an autoencoder to float32 that overflows in float16, as that of SDXL does.

    Only where a loop of ours drives it: pipelines of diffusers do so by themselves, or not at all.
    """
    vae: Any = getattr(pipeline, "vae", None)
    unet = getattr(pipeline, "unet", None)
    if type(unet).__name__ != "UNet2DConditionModel" or type(vae).__name__ != "AutoencoderKL":
        return
    if vae.dtype == torch.float16 and vae.config.get("force_upcast", True):
        vae.to(dtype=torch.float32)
