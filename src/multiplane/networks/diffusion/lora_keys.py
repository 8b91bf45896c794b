"""Names of tensors in LoRA files, of whoever wrote them: which belong together, and as what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

_ADAPTER = r"(?:\.[A-Za-z0-9_-]+)?"
"""peft may put the name of the adapter between the kind of a tensor and ``weight``."""
_ENDS: tuple[tuple[re.Pattern[str], Mapping[str, str]], ...] = tuple(
    (re.compile(pattern), MappingProxyType(roles))
    for pattern, roles in (
        (r"\.lora_(down|up|mid)\.weight$", {"down": "down", "up": "up", "mid": "mid"}),
        (r"\.lora(?:_linear_layer)?\.(down|up)\.weight$", {"down": "down", "up": "up"}),
        (rf"\.lora_([AB]){_ADAPTER}\.weight$", {"A": "down", "B": "up"}),
        (rf"\.lora_(B){_ADAPTER}\.bias$", {"B": "up_bias"}),
        (rf"\.lora_(magnitude)_vector{_ADAPTER}(?:\.weight)?$", {"magnitude": "magnitude_out"}),
        (r"\.(dora_scale)$", {"dora_scale": "magnitude"}),
        (r"(?:\.lora)?\.(alpha)$", {"alpha": "alpha"}),
        (r"\.(diff|diff_b)$", {"diff": "diff", "diff_b": "diff_bias"}),
    )
)
_LYCORIS = re.compile(r"\.(hada_(?:w[12]_[ab]|t[12])|lokr_(?:w[12](?:_[ab])?|t2))$")
_PROCESSOR = re.compile(
    r"(?:\.processor)?\.(to_[qkv]|to_out|add_[qkv]_proj|to_add_out)_lora\.(down|up)\.weight$"
)
"""As diffusers once saved the attention processors: the projection is in the tensor's name."""
_WHOLE = re.compile(r"\.(weight|bias)$")
_FOREIGN = {"oft_": "OFT", "boft_": "BOFT", "on_input": "IA3", ".a1.": "GLoRA", "ia3_": "IA3",
            "vera_lambda": "VeRA", "lora_embedding_": "LoRA of embeddings"}  # fmt: skip
_WRAPPED = "base_model.model."
_PARALLEL = "module."
"""How a network calls its layers that was saved as it trained on several devices."""


class Key(NamedTuple):
    """What a tensor is.

    Attributes:
        module: The layer that it belongs to, as the file calls it, without peft's wrapping.
        role: ``down``, ``up``, ``mid``, ``alpha``, ``magnitude``, ``hada_…``, ``lokr_…``, ``diff``;
            ``weight`` or ``bias`` when it is one that takes the place of the model's.
    """

    module: str
    role: str


def read_key(name: str) -> Key | None:
    """Tell what a tensor is by its name.

    Args:
        name: As kohya's scripts, LyCORIS, diffusers or peft write it.

    Returns:
        The layer and the role; None where it is nothing we know.
    """
    if foreign_kind(name):
        return None
    found = _PROCESSOR.search(name)
    if found:
        projection = {"to_out": "to_out.0"}.get(found[1], found[1])
        return Key(f"{_plain(name[: found.start()])}.{projection}", found[2])
    for pattern, roles in _ENDS:
        found = pattern.search(name)
        if found:
            return Key(_plain(name[: found.start()]), roles[found[1]])
    found = _LYCORIS.search(name) or _WHOLE.search(name)
    return Key(_plain(name[: found.start()]), found[1]) if found else None


def group_keys(names: Iterable[str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Put together what belongs to one layer.

    Args:
        names: Of all tensors of a file.

    Returns:
        Layer → role → tensor; and the tensors that are nothing we know.
    """
    layers: dict[str, dict[str, str]] = {}
    unknown = []
    for name in names:
        key = read_key(name)
        if key is None:
            unknown.append(name)
        else:
            layers.setdefault(key.module, {})[key.role] = name
    return layers, unknown


def foreign_kind(name: str) -> str:
    """The method that a tensor belongs to, if it is one that is not added to weights here."""
    return next((kind for sign, kind in _FOREIGN.items() if sign in name), "")


def _plain(module: str) -> str:
    plain = module.replace(_WRAPPED, "").removesuffix(".base_layer")
    return plain.removeprefix(_PARALLEL)
