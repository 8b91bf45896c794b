"""Whether a checkpoint holds what a network wants: every name, no other, each of its shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_TOLD = 3
"""How many names of each kind are told."""


def misfits(got: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]]) -> str:
    """Compare names and shapes.

    Args:
        got: Of the file.
        wanted: Of the network.

    Returns:
        How many are missing, extra or of another shape, and the first few of each; empty when
        everything fits.
    """
    kinds = {
        "missing": [name for name in wanted if name not in got],
        "extra": [name for name in got if name not in wanted],
        "of another shape": [
            f"{name} {_told(got[name])} in the file, {_told(shape)} in the network"
            for name, shape in wanted.items()
            if name in got and tuple(got[name]) != tuple(shape)
        ],
    }
    return "; ".join(
        f"{len(names)} {kind}: {_first(names)}" for kind, names in kinds.items() if names
    )


def _first(names: list[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


def _told(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape)) or "scalar"
