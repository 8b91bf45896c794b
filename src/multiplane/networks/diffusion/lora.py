"""LoRAs, added to the weights of a pipeline: every tensor finds its place, or the user is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from multiplane.core.errors import BackendError, MultiplaneError, WeightsError
from multiplane.hub.loras import find_lora
from multiplane.networks.diffusion.loaded import Diffusion
from multiplane.networks.diffusion.lora_delta import added_to, added_to_bias, rank_of
from multiplane.networks.diffusion.lora_fit import Fitted, fit, is_part
from multiplane.networks.diffusion.lora_places import Place, places_of

_OF_BIAS = {"bias", "diff_bias", "up_bias"}


@dataclass(frozen=True)
class AddedLora:
    """What was added.

    Attributes:
        file: Name of the file.
        sha256: Of the file.
        weight: How much of it.
        kind: ``LoRA``; ``layers`` where it is a part of a fine-tuned network as it stands.
        modules: How many layers it changed.
        tensors: How many tensors of the file that took.
        notes: What the user should know of it.
    """

    file: str
    sha256: str
    weight: float
    kind: str
    modules: int
    tensors: int
    notes: tuple[str, ...] = ()


def add_loras(diffusion: Diffusion, specs: Sequence[str]) -> list[AddedLora]:
    """Add LoRAs to a pipeline, into its weights, once and for all.

    Into the weights rather than beside them: it costs no time at each step, needs nothing of how
    networks wait for their turn, and takes every kind of LoRA alike. Sums are made in float32 and
    rounded once, so weights of half precision are as near as they can be. A weight of 0 leaves
    everything as it was, to the bit.

    All files are looked through before anything is changed.

    Args:
        diffusion: The pipeline; its networks are changed.
        specs: ``FILE`` or ``FILE@WEIGHT``, as :func:`multiplane.hub.loras.find_lora` takes them:
            LoRA, LoCon, DoRA, LoHa, LoKr and whole layers; named by kohya's scripts, LyCORIS,
            diffusers or peft.

    Returns:
        What was added, in their order.

    Raises:
        BackendError: PyTorch or diffusers failed.
        WeightsError: A file is absent, damaged, of a kind that is not added to weights, or for
            another model.
        ConfigError: A weight is out of bounds.
    """
    if not specs:
        return []
    loras = [find_lora(spec) for spec in specs]
    try:
        places = places_of(diffusion.pipeline)
        fitted = [fit(diffusion.pipeline, lora, places) for lora in loras]
        with torch.no_grad():
            _add(diffusion.pipeline, fitted)
    except Exception as error:
        if isinstance(error, MultiplaneError):
            raise
        raise BackendError(
            f"the LoRAs {', '.join(specs)} could not be added: {error}",
            why=f"{type(error).__name__} in {type(diffusion.pipeline).__name__}",
            fix="leave --lora out, or add them one by one to see which it is",
        ) from error
    return [
        AddedLora(
            lora.path.name,
            lora.sha256(),
            lora.weight,
            "layers" if is_part(layers) else "LoRA",
            len(layers),
            sum(map(len, layers.values())),
            tuple(notes),
        )
        for lora, _, layers, notes in fitted
    ]


def _add(pipeline: Any, fitted: Sequence[Fitted]) -> None:  # noqa: ANN401
    """Add all of them, layer by layer: each weight is rounded once."""
    places = dict.fromkeys(at for one in fitted for at in one.layers)
    for at in places:
        some = [one for one in fitted if at in one.layers and one.lora.weight]
        if some:
            module = getattr(pipeline, at.part).get_submodule(at.path)
            _add_to(module, at, some)


def _add_to(module: Any, at: Place, some: Iterable[Fitted]) -> None:  # noqa: ANN401
    weight, bias = _stored(module, "weight"), _stored(module, "bias")
    assert weight is not None, "layers without one are no places"
    base = weight.float()
    first_bias = None if bias is None else bias.float()
    total, total_bias = base.clone(), None if first_bias is None else first_bias.clone()
    for lora, opened, layers, _ in some:
        tensors = opened.read(layers[at], weight.device)
        alpha = tensors.pop("alpha").item() if "alpha" in tensors else None
        rank = rank_of({role: tuple(one.shape) for role, one in tensors.items()})
        scale, _ = opened.alphas.scale(at.part, at.path, rank, alpha)
        if set(tensors) - _OF_BIAS:
            seen = _same_channels(base, tensors)
            _same_channels(total, tensors).add_(added_to(seen, tensors, scale), alpha=lora.weight)
        if first_bias is not None and total_bias is not None:
            more = added_to_bias(first_bias, tensors, scale)
            if more is not None:
                total_bias += lora.weight * more
    weight.copy_(total.to(weight.dtype))
    if bias is not None and total_bias is not None:
        bias.copy_(total_bias.to(bias.dtype))


def _same_channels(base: torch.Tensor, tensors: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The part of a weight that a LoRA of fewer channels knows; else all of it."""
    if "down" not in tensors or base.ndim != 4:
        return base
    return base[:, : tensors["down"].shape[1]]


def _stored(module: Any, name: str) -> torch.Tensor | None:  # noqa: ANN401
    """The numbers themselves, also where they wait for their turn in the memory of the CPU.

    Raises:
        WeightsError: They are nowhere to be found.
    """
    tensor = getattr(module, name, None)
    if tensor is None or not tensor.is_meta:
        return None if tensor is None else tensor.data
    hook = getattr(module, "_hf_hook", None)
    for one in getattr(hook, "hooks", (hook,)):
        waiting = getattr(one, "weights_map", None)
        if waiting is not None:
            return torch.as_tensor(waiting[name])
    raise WeightsError(
        f"a layer of the model has no numbers ({name} is on the meta device)",
        why="it was loaded in a way that a LoRA cannot be added to",
        fix="--offload model or none",
    )
