"""Finds the place in a pipeline of each tensor of a LoRA file, or says why there is none."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from multiplane.core.errors import WeightsError
from multiplane.hub.loras import LoraFile
from multiplane.networks.diffusion.lora_delta import is_whole, rank_of, size_of
from multiplane.networks.diffusion.lora_keys import foreign_kind, group_keys
from multiplane.networks.diffusion.lora_places import Place
from multiplane.networks.diffusion.lora_read import OpenLora, kind_of_model

logger = logging.getLogger(__name__)

_FIRST = Place("unet", "conv_in")
_TOLD = 3
"""How many names of a kind are told."""
_OF_BIAS = frozenset({"bias", "diff_bias", "up_bias"})


class Fitted(NamedTuple):
    """A file, and what it is for in a pipeline.

    Attributes:
        lora: The file and its weight.
        opened: Its tensors.
        layers: Layer → role → tensor.
        notes: What the user should know.
    """

    lora: LoraFile
    opened: OpenLora
    layers: Mapping[Place, Mapping[str, str]]
    notes: list[str]


def fit(pipeline: Any, lora: LoraFile, places: Mapping[str, Place]) -> Fitted:  # noqa: ANN401
    """Find the place of each tensor of a file; only names and shapes are looked at.

    Args:
        pipeline: Of diffusers.
        lora: The file.
        places: Name → layer of the pipeline.

    Returns:
        The layers and their tensors; what has no place stands in the notes.

    Raises:
        WeightsError: Nothing fits, something has another shape, or half of it is missing.
    """
    opened = OpenLora(lora)
    layers, unknown = group_keys(opened.shapes)
    _refuse_foreign(lora, unknown)
    strange = bool(layers) and not any(name in places for name in layers)
    renamed = _renamed(pipeline, opened) if strange else None
    layers, unknown = renamed or (layers, unknown)
    found: dict[Place, Mapping[str, str]] = {}
    homeless: list[str] = [*unknown]
    for name, roles in layers.items():
        at = places.get(name)
        if at is None or at in found:  # or it has been named twice
            homeless += roles.values()
        elif set(roles) != {"alpha"}:
            _check_halves(lora, name, roles)
            found[at] = roles
    notes: list[str] = []
    misfits = [
        told for at, roles in found.items() if (told := _misfit(pipeline, opened, at, roles, notes))
    ]
    if misfits or not found:
        wrong = _wrong_model(pipeline, opened, misfits, homeless)
        raise wrong
    if homeless:
        if is_part(found):
            wrong = _not_whole(opened, homeless)
            raise wrong
        notes.append(_left_out(opened, homeless))
    notes += [] if renamed else _unscaled(opened, found)
    logger.info("%s: %d layers, %d tensors left out", lora.path, len(found), len(homeless))
    return Fitted(lora, opened, found, notes)


def is_part(layers: Mapping[Place, Mapping[str, str]]) -> bool:
    """Whether a file holds layers as they stand, a part of a fine-tuned network, and no LoRA.

    Args:
        layers: Layer → role → tensor.
    """
    return all(set(roles) <= {"weight", "bias"} for roles in layers.values())


def _renamed(
    pipeline: Any, opened: OpenLora  # noqa: ANN401
) -> tuple[dict[str, dict[str, str]], list[str]] | None:  # fmt: skip
    """Have the pipeline say what it calls them, where it is of a family that can (Flux, SD 3).

    It works alpha into the tensors.
    """
    translate = getattr(pipeline, "lora_state_dict", None)
    if translate is None or getattr(pipeline, "transformer", None) is None:
        return None
    tensors = {
        name: tensor
        for name in opened.shapes
        for tensor in opened.read({"": name}, torch.device("cpu")).values()
    }
    try:
        translated = translate(tensors)
    except (ValueError, KeyError, RuntimeError, AttributeError, NotImplementedError) as error:
        logger.info("%s is not translated: %s", opened.name, error)
        return None
    opened.replace(translated[0] if isinstance(translated, tuple) else translated)
    return group_keys(opened.shapes)


def _refuse_foreign(lora: LoraFile, unknown: Sequence[str]) -> None:
    """Name a method that nothing can be done with here.

    Raises:
        WeightsError: The file is of one.
    """
    kind = next(filter(None, map(foreign_kind, unknown)), "")
    if kind:
        raise WeightsError(
            f"{lora.path} is of the kind {kind}, wanted LoRA, LoCon, DoRA, LoHa or LoKr",
            why="it does not add to weights, and leaving parts out would give another picture",
            fix="merge it into its model with the program that trained it, and name that: --model",
        )


def _check_halves(lora: LoraFile, name: str, roles: Mapping[str, str]) -> None:
    """Make sure that all of a layer is there.

    Raises:
        WeightsError: A half is missing.
    """
    if not is_whole(set(roles)):
        raise WeightsError(
            f"{lora.path} has of {name} only {', '.join(sorted(roles))}",
            why="a LoRA is a product of two or more, and one of them is missing",
            fix="download it again, whole",
        )


def _misfit(
    pipeline: Any, opened: OpenLora, at: Place, roles: Mapping[str, str], notes: list[str]  # noqa: ANN401
) -> str:  # fmt: skip
    """What of a layer does not fit, in words; empty where it does."""
    module = getattr(pipeline, at.part).get_submodule(at.path)
    shapes = {role: opened.shapes[name] for role, name in roles.items()}
    wanted = tuple(module.weight.shape)
    biased = _OF_BIAS & set(roles)
    if biased:
        bias = getattr(module, "bias", None)
        if bias is None or shapes[min(biased)] != tuple(bias.shape):
            return f"the bias of {at.part}.{at.path} is of another shape, or there is none"
    if not set(roles) - biased - {"alpha"}:
        return ""
    size = _size(shapes)
    outs = {shapes[role][0] for role in ("up", "weight", "diff") if shapes.get(role)}
    if size == module.weight.numel() and outs <= {wanted[0]}:
        return ""
    if _widens(pipeline, at, roles, size, module.weight):
        notes.append(
            f"{opened.name} is for a network of {pipeline.vae.config.latent_channels} channels; "
            "its first layer leaves mask and known picture as they are"
        )
        return ""
    told = " x ".join(_by(shape) for role, shape in shapes.items() if role != "alpha")
    return f"{at.part}.{at.path} is {_by(wanted)} in the model and {told} in the file"


def _size(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """How many numbers come of tensors; 0 where they cannot be multiplied."""
    try:
        return size_of(shapes)
    except IndexError:
        return 0


def _widens(
    pipeline: Any, at: Place, roles: Mapping[str, str], size: int, weight: torch.Tensor  # noqa: ANN401
) -> bool:  # fmt: skip
    """Whether it is the first layer of a plain UNet's LoRA, and the model's is an inpainting one.

    The channels that both have are the latents, and come first.
    """
    if at != _FIRST or set(roles) - {"down", "up", "mid", "alpha"}:
        return False
    vae = getattr(pipeline, "vae", None)
    channels = int(getattr(getattr(vae, "config", None), "latent_channels", 0))
    return bool(channels) and weight.shape[1] > channels == size / (weight[:, 0].numel() or 1)


def _wrong_model(
    pipeline: Any, opened: OpenLora, misfits: Sequence[str], homeless: Sequence[str]  # noqa: ANN401
) -> WeightsError:  # fmt: skip
    lora, model = opened.made_for(), kind_of_model(pipeline)
    count = len(opened.shapes)
    if misfits:
        why = f"{len(misfits)} layers differ: {'; '.join(misfits[:_TOLD])}"
    elif count:
        why = f"none of its {count} tensors belongs to it, such as {', '.join(homeless[:_TOLD])}"
    else:
        why = "it holds no tensors"
    if lora and lora != model:
        what = f"--lora {opened.name} is for {lora}, the model is {model}"
    else:
        what = f"--lora {opened.name} does not fit the model, which is {model}"
    return WeightsError(
        what, why=why, fix=f"--lora with what was trained for {model}, or another --model"
    )


def _not_whole(opened: OpenLora, homeless: Sequence[str]) -> WeightsError:
    return WeightsError(
        f"{opened.name} holds whole layers, {len(homeless)} of its {len(opened.shapes)} tensors "
        "have no place in the model",
        why=f"the others would stand among layers that they were not trained with: "
        f"{', '.join(homeless[:_TOLD])}",
        fix="name the model that it is a part of: --model; a whole model is no --lora",
    )


def _left_out(opened: OpenLora, homeless: Sequence[str]) -> str:
    kinds = Counter(_kind(name) for name in homeless)
    told = ", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items()))
    return (
        f"{len(homeless)} of the {len(opened.shapes)} tensors of {opened.name} have no place in "
        f"the model and are left out ({told}), such as {', '.join(homeless[:_TOLD])}"
    )


def _kind(name: str) -> str:
    """What a name begins with: the part of the model that it was for."""
    head = name.partition(".")[0]
    known = ("lora_unet", "lora_te1", "lora_te2", "lora_te3", "lora_te", "lora_transformer")
    return next((one for one in known if head.startswith(f"{one}_")), head)


def _unscaled(opened: OpenLora, found: Mapping[Place, Mapping[str, str]]) -> list[str]:
    """A note where nobody says how strong a LoRA is; kohya's files mean their rank by that."""
    silent = [
        at
        for at, roles in found.items()
        if "alpha" not in roles
        and not opened.alphas.scale(at.part, at.path, rank_of(_shapes(opened, roles)), None)[1]
    ]
    if not silent or "ss_network_alpha" in opened.metadata:
        return []
    return [
        f"{opened.name} does not say its alpha ({len(silent)} layers): taken as its rank, at full "
        "strength; if it looks too strong, the program that trained it knows alpha: "
        f"{opened.name}@ALPHA/RANK"
    ]


def _shapes(opened: OpenLora, roles: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    return {role: opened.shapes[name] for role, name in roles.items()}


def _by(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape))
