"""Opens LoRA files: their tensors, and what they say of alpha and of the model they are for."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from multiplane.core.errors import WeightsError
from multiplane.hub.loras import LoraFile
from multiplane.networks.diffusion.lora_keys import read_key

_MOST_JSON_BYTES = 16 * 2**20
_ADAPTER_KEY = "lora_adapter_metadata"
_PARTS = ("unet", "transformer", "text_encoder", "text_encoder_2", "text_encoder_3")
_SAID = {
    "sd_v1": "SD 1.5", "stable-diffusion-v1": "SD 1.5", "sd_v2": "SD 2",
    "stable-diffusion-v2": "SD 2", "sdxl": "SDXL", "stable-diffusion-xl": "SDXL",
    "sd3": "SD 3", "stable-diffusion-3": "SD 3", "flux": "Flux",
}  # fmt: skip
"""How metadata of kohya's scripts begins that names the model."""
_WIDTHS = {768: "SD 1.5", 1024: "SD 2", 2048: "SDXL", 1280: "SDXL's refiner"}
"""How wide what is said of a word is, by which models can be told apart."""
_SIGNS = {
    "double_blocks": "Flux", "single_transformer_blocks": "Flux", "joint_blocks": "SD 3",
    "lora_te2_": "SDXL", "text_encoder_2.": "SDXL",
}  # fmt: skip


@dataclass(frozen=True)
class Alphas:
    """What a file says of alpha beside its tensors.

    Attributes:
        plain: Part → alpha; the part is empty where the file does not tell parts apart.
        single: (part, end of a layer's name) → alpha of this layer.
        root: Parts whose scale is alpha over the square root of the rank (rsLoRA).
    """

    plain: Mapping[str, float] = field(default_factory=dict)
    single: Mapping[tuple[str, str], float] = field(default_factory=dict)
    root: frozenset[str] = frozenset()

    def scale(self, part: str, path: str, rank: int, alpha: float | None) -> tuple[float, bool]:
        """Alpha over rank.

        Args:
            part: ``unet``, ``text_encoder`` …
            path: Of the layer in it.
            rank: Of the layer; 0 where nothing is divided.
            alpha: What a tensor of the layer says; comes first. Zero means the rank, as in
                kohya's scripts.

        Returns:
            The scale, and whether anybody said anything of it.
        """
        named = part if part in self.plain or part in self.root else ""
        if alpha is None:
            ends = (at for (of, at) in self.single if of in (part, "") and _ends(path, at))
            found = next(ends, None)
            alpha = self.plain.get(named)
            if found is not None:
                alpha = self.single.get((part, found), self.single.get(("", found)))
        if not rank or not alpha:
            return 1.0, alpha is not None or not rank
        return alpha / (math.sqrt(rank) if named in self.root else rank), True


class OpenLora:
    """The tensors of a file: shapes at once, numbers when they are asked for.

    Attributes:
        name: Of the file.
        shapes: Tensor → shape.
        alphas: What is said of alpha beside the tensors.
        metadata: What the file says of itself.
    """

    def __init__(self, lora: LoraFile) -> None:
        """Open it.

        Args:
            lora: The file.

        Raises:
            WeightsError: It is damaged.
        """
        self.name = lora.path.name
        self._path = lora.path
        try:
            file: Any = safe_open(lora.path, framework="pt")
            self.metadata: dict[str, str] = dict(file.metadata() or {})
            self.shapes = {
                name: tuple(file.get_slice(name).get_shape())
                for name in file.keys()  # noqa: SIM118 - no dictionary
            }
        except (SafetensorError, OSError, ValueError) as error:
            raise WeightsError(
                f"{lora.path} cannot be read as safetensors",
                why=str(error) or type(error).__name__,
                fix="download it again, whole",
            ) from error
        self.alphas = _alphas(self.metadata.get(_ADAPTER_KEY), lora.beside())
        self._get: Callable[[str], torch.Tensor] = file.get_tensor

    def replace(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put other tensors in place of the file's: the same under other names.

        Args:
            tensors: Name → tensor.
        """
        self.shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        self._get = tensors.__getitem__

    def read(self, names: Mapping[str, str], device: torch.device) -> dict[str, torch.Tensor]:
        """Read the tensors of a layer.

        Args:
            names: Role → tensor.
            device: Where they are wanted.

        Returns:
            Role → float32 tensor.

        Raises:
            WeightsError: One holds what is no number, or cannot be read.
        """
        found = {}
        for role, name in names.items():
            try:
                tensor = self._get(name).to(device, torch.float32)
            except (SafetensorError, OSError, ValueError) as error:
                raise WeightsError(
                    f"{name} of {self._path} cannot be read",
                    why=str(error) or type(error).__name__,
                    fix="download it again, whole",
                ) from error
            if not torch.isfinite(tensor).all():
                raise WeightsError(
                    f"{name} in {self._path} holds values that are no numbers",
                    why="its training failed or the file is damaged; all would be painted black",
                    fix="take an earlier state of its training, or leave this --lora out",
                )
            found[role] = tensor
        return found

    def made_for(self) -> str:
        """The model that it was trained for, as far as it can be told; empty where it cannot."""
        for key in ("ss_base_model_version", "modelspec.architecture"):
            told = self.metadata.get(key, "").lower()
            for begin, model in _SAID.items():
                if told.startswith(begin):
                    return model
        for sign, model in _SIGNS.items():
            if any(sign in name for name in self.shapes):
                return model
        for name, shape in self.shapes.items():
            read = read_key(name) if "attn2" in name and "to_k" in name else None
            if read is not None and read.role in {"down", "weight"}:
                return _WIDTHS.get(shape[1], "") if len(shape) > 1 else ""
        return ""


def kind_of_model(pipeline: Any) -> str:  # noqa: ANN401 - diffusers is not typed for us
    """What a pipeline is, in the words in which :meth:`OpenLora.made_for` says it.

    Args:
        pipeline: Of diffusers.
    """
    unet = getattr(pipeline, "unet", None)
    width = getattr(getattr(unet, "config", None), "cross_attention_dim", None)
    known = _WIDTHS.get(width, "") if isinstance(width, int) else ""
    return known or type(pipeline).__name__.removesuffix("Pipeline")


def _alphas(told: str | None, beside: Path | None) -> Alphas:
    """What diffusers writes into the file and peft beside it.

    Raises:
        WeightsError: It is there and cannot be read: its scale would be a guess.
    """
    try:
        if told is None and beside is not None and beside.stat().st_size <= _MOST_JSON_BYTES:
            told = beside.read_text(encoding="utf-8")
        config = json.loads(told) if told else {}
        return _parsed(config if isinstance(config, dict) else {})
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise WeightsError(
            f"{beside or _ADAPTER_KEY} of a LoRA cannot be read",
            why=f"it says how strong the LoRA is; {type(error).__name__}: {error}",
            fix="save the LoRA again, or take it as kohya's scripts write it",
        ) from error


def _parsed(config: Mapping[str, Any]) -> Alphas:
    plain: dict[str, float] = {}
    single: dict[tuple[str, str], float] = {}
    root = set()
    for key, value in config.items():
        head, dot, last = key.rpartition(".")
        part = head if dot and head in _PARTS else ""
        if last == "lora_alpha":
            plain[part] = float(value)
        elif last == "use_rslora" and value:
            root.add(part)
        elif last == "alpha_pattern" and isinstance(value, dict):
            single |= {(part, str(at).lstrip("^")): float(one) for at, one in value.items()}
    return Alphas(plain, single, frozenset(root))


def _ends(path: str, at: str) -> bool:
    """Whether a layer is meant; peft takes patterns, of which only plain names are understood."""
    return path == at or path.endswith(f".{at}")
