"""Loading by name, late: nothing heavy is imported before it is chosen."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from inspect import Parameter, signature
from typing import Any, Union, get_args

from multiplane.core.config import Options, nearest
from multiplane.core.errors import ConfigError, MissingDependencyError

_LOG = logging.getLogger(__name__)

EXTRAS = {
    "accelerate": "neural",
    "diffusers": "neural",
    "peft": "neural",
    "torch": "neural",
    "torchvision": "neural",
    "transformers": "neural",
    "huggingface_hub": "neural",
    "timm": "neural",
    "safetensors": "neural",
    "lpips": "perceptual",
}
"""Package → the extra of ours that installs it."""
NETWORKS = ("torch", "torchvision", "transformers", "accelerate", "safetensors")
"""What the networks of transformers are loaded and run with."""


def load(target: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import what ``"module:name"`` stands for.

    Args:
        target: A module and an attribute of it, told apart by a colon.

    Returns:
        The attribute.

    Raises:
        MissingDependencyError: A package the module imports is not installed.
        ModuleNotFoundError: The module is ours and does not exist: our own bug.
    """
    module, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        package = (error.name or module).partition(".")[0]
        if package == "multiplane":
            raise
        extra = EXTRAS.get(package)
        raise MissingDependencyError(
            f"{target!r} needs the package {package!r}",
            why="it is optional, so the core install stays small",
            fix=f"pip install 'multiplane[{extra}]'" if extra else f"pip install {package}",
        ) from error


def choose(table: Mapping[str, str], name: str, group: str) -> Any:  # noqa: ANN401
    """Load the entry of a table, or of an installed plug-in that joined its entry-point group.

    Args:
        table: Name → ``"module:name"``, the ones we ship.
        name: The one wanted.
        group: The entry-point group a foreign package joins, e.g. ``multiplane.segment``.

    Returns:
        What the entry stands for.

    Raises:
        ConfigError: Nobody offers that name.
    """
    if name in table:
        return load(table[name])
    foreign = {point.name: point.value for point in entry_points(group=group)}
    if name in foreign:
        return load(foreign[name])
    names = sorted({*table, *foreign})
    guess = nearest(name, names)
    raise ConfigError(
        f"{group} has no {name!r}",
        why=f"known: {', '.join(names)}",
        fix=f"use {guess!r}" if guess else f"use one of {', '.join(names)}",
    )


def make(backend: Callable[..., Any], *given: object, **offered: object) -> Any:  # noqa: ANN401
    """Make a backend, and tell it what it takes of what only some of them have use for.

    Foreign ones without a network need not take ``compute`` to be made.

    Args:
        backend: What :func:`choose` gave.
        given: What every backend of its group takes.
        offered: What it is given where it has a parameter of that name.

    Returns:
        The backend.
    """
    parameters = signature(backend).parameters
    everything = any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values())
    return backend(
        *given, **{name: one for name, one in offered.items() if everything or name in parameters}
    )


def not_installed(packages: Sequence[str]) -> str:
    """Why packages cannot be used, in words; empty when all of them are there.

    Args:
        packages: Their names; nothing is imported to find out.
    """
    gone = [package for package in packages if find_spec(package) is None]
    if not gone:
        return ""
    extra = EXTRAS.get(gone[0])
    fix = f"pip install 'multiplane[{extra}]'" if extra else f"pip install {' '.join(gone)}"
    return f"{', '.join(gone)} missing; {fix}"


def with_foreign_options(shipped: Any, group: str) -> Any:  # noqa: ANN401 - types, not values
    """Add the options of installed plug-ins to a union of options told apart by ``kind``.

    A package that offers the backend ``bright`` under ``multiplane.segment`` offers its options
    as ``bright`` under ``multiplane.segment.options``. One that is broken is left out and warned
    of: it must not take the ones we ship with it.

    Args:
        shipped: Our own option models, ``A | B | ...``.
        group: The entry-point group of the backends.

    Returns:
        The union with the foreign models behind ours.
    """
    ours = get_args(shipped)
    kinds = {model.model_fields["kind"].default for model in ours}
    foreign = []
    for point in sorted(entry_points(group=f"{group}.options"), key=lambda point: point.name):
        fault, model = _model_of(point)
        if not fault and point.name in kinds:
            fault = "there is one of that name already"
        if fault:
            _LOG.warning("%s: the options %r of %s are left out: %s", group, point.name,
                         _owner(point), fault)  # fmt: skip
            continue
        kinds.add(point.name)
        foreign.append(model)
    return Union[(*ours, *foreign)]


def origin_of(name: str, group: str) -> str:
    """Which release of which package a foreign entry comes from; empty for ours.

    Results depend on it: it belongs into the fingerprint of a stage.
    """
    return next((_owner(point) for point in entry_points(group=group) if point.name == name), "")


def _model_of(point: EntryPoint) -> tuple[str, Any]:
    """(what is wrong with it, the options model that a plug-in offers)."""
    try:
        model = point.load()
    except Exception as error:  # noqa: BLE001 - whatever a foreign module does when imported
        return f"{type(error).__name__}: {error}", None
    if not (isinstance(model, type) and issubclass(model, Options)):
        return "they are no multiplane.core.config.Options", None
    kind = model.model_fields.get("kind")
    if kind is None or kind.default != point.name:
        return f"their field 'kind' is not {point.name!r}", None
    return "", model


def _owner(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
