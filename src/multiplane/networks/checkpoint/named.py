"""Which tensors a checkpoint holds, by name."""

from __future__ import annotations

from collections.abc import Iterator

from multiplane.networks.checkpoint.opcodes import Call, Name
from multiplane.networks.checkpoint.strided import Strided, strided

_WEIGHTS = "state_dict"
"""Where Lightning and others keep the weights, beside the state of a training."""
_SCRIPTED = "__torch__"
_DEEPEST = 64
_MOST_VALUES = 100_000


def named_tensors(root: object) -> dict[str, Strided]:
    """Name all tensors as a state dict does: attributes and keys with dots between.

    Of a training's checkpoint those of its ``state_dict`` are taken and the rest is not looked at;
    of a TorchScript module, parameters and buffers.

    Args:
        root: What :func:`multiplane.networks.checkpoint.opcodes.follow` gave.

    Returns:
        Name → tensor, in the order of the file.

    Raises:
        ValueError: A tensor is malformed, something stands in a tensor's place that would have to
            be called, or there are too many values.
    """
    if isinstance(root, dict) and isinstance(root.get(_WEIGHTS), dict):
        root = root[_WEIGHTS]
    tensors = {}
    for count, (name, value) in enumerate(_values(root, "", 0)):
        if count >= _MOST_VALUES:
            raise ValueError(f"more than {_MOST_VALUES} values")
        tensor = strided(value)
        if tensor is not None:
            tensors[name] = tensor
        elif isinstance(value, Call) and not isinstance(root, Call):
            target = value.target if isinstance(value.target, Name) else "another call"
            raise ValueError(f"{name!r:.200} is no tensor but what {target} would give")
    return tensors


def _values(value: object, name: str, depth: int) -> Iterator[tuple[str, object]]:
    """All values of dictionaries and TorchScript modules, these themselves among them.

    Raises:
        ValueError: They are nested too deeply, as in a circle.
    """
    if depth > _DEEPEST:
        raise ValueError(f"values nested more than {_DEEPEST} deep")
    inner = value
    if isinstance(value, Call) and _is_scripted(value):
        inner = value.state
    else:
        yield name, value
    for key, part in inner.items() if isinstance(inner, dict) else ():
        yield from _values(part, f"{name}.{key}" if name else str(key), depth + 1)


def _is_scripted(value: Call) -> bool:
    return isinstance(value.target, Name) and value.target.module.split(".")[0] == _SCRIPTED
