"""Where a pipeline lies: on the device, or waiting in the memory of the CPU."""

from __future__ import annotations

from typing import Any

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
    notes = []
    if attention_slicing:
        pipeline.enable_attention_slicing()
    if memory.device.type == "cpu":
        if offload != "none":
            notes.append(f"offload {offload} has no effect: everything runs on the CPU")
        pipeline.to(memory.device)
    elif offload == "model":
        pipeline.enable_model_cpu_offload(device=memory.device)
    elif offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=memory.device)
    else:
        memory.fewer(lambda _: pipeline.to(memory.device), 1, "copy of the networks")
    return notes
