"""A pipeline of diffusers that is loaded, and what there is to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from multiplane.tensors.memory import Memory

_MORE = ("class_embed_type", "num_class_embeds", "encoder_hid_dim", "encoder_hid_dim_type")
"""What a UNet that wants more than words, time and sizes says in its config."""


@dataclass(frozen=True)
class Diffusion:
    """A pipeline, ready to be used.

    Attributes:
        pipeline: Of diffusers, with its networks.
        unet: Whether it is of the kind of SD 1.5, SD 2 or SDXL: a UNet and an autoencoder.
        inpainting: Whether its network is shown the mask and what is known of the picture.
        latent_channels: L, of what the autoencoder gives; 0 where nobody says.
        factor: Pixels a latent.
        size_px: Side of the squares that it was trained on.
        xl: Whether it wants what SDXL wants beside the words: sizes, and a vector of the prompt.
        name: What it is called in records.
        fingerprint: What tells its weights from others.
        memory: Of the device that it runs on.
        notes: What the user should know of how it was loaded.
    """

    pipeline: Any
    unet: bool
    inpainting: bool
    latent_channels: int
    factor: int
    size_px: int
    xl: bool
    name: str
    fingerprint: str
    memory: Memory
    notes: tuple[str, ...] = ()


def describe(pipeline: Any) -> dict[str, Any]:  # noqa: ANN401 - diffusers is not typed for us
    """What there is to know of a pipeline, from the configs of its networks.

    Args:
        pipeline: Of diffusers.

    Returns:
        ``unet``, ``inpainting``, ``latent_channels``, ``factor``, ``size_px`` and ``xl``
        of :class:`Diffusion`.
    """
    unet, vae = getattr(pipeline, "unet", None), getattr(pipeline, "vae", None)
    channels = int(_of(vae, "latent_channels", 0))
    levels = _of(vae, "block_out_channels", ())
    factor = 2 ** (len(levels) - 1) if levels else int(getattr(pipeline, "vae_scale_factor", 8))
    ours = type(unet).__name__ == "UNet2DConditionModel" and type(vae).__name__ == "AutoencoderKL"
    core = unet if unet is not None else getattr(pipeline, "transformer", None)
    side = _of(core, "sample_size", None) or getattr(pipeline, "default_sample_size", None) or 128
    side = max(side) if isinstance(side, list | tuple) else side
    inputs = int(_of(unet, "in_channels", 0))
    added = _of(unet, "addition_embed_type", None)
    ours = ours and added in {None, "text_time"} and not any(_of(unet, one, None) for one in _MORE)
    return {
        "unet": ours and inputs in {channels, 2 * channels + 1},
        "inpainting": ours and inputs == 2 * channels + 1,
        "latent_channels": channels,
        "factor": factor,
        "size_px": int(side) * factor,
        "xl": added == "text_time",
    }


def _of(part: Any, name: str, otherwise: Any) -> Any:  # noqa: ANN401
    """What the config of a part says, where there are both."""
    return getattr(getattr(part, "config", None), name, otherwise)
