"""Folders of diffusers, looked at before anything of them is loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multiplane.core.errors import WeightsError
from multiplane.hub.layout import (
    INDEX,
    MOST_JSON_BYTES,
    choose_weights,
    parts_of,
    read_index,
    variant_of,
)

LIBRARIES = ("diffusers", "transformers")
"""Whose classes a pipeline may be made of; a module of its own would be code of the folder."""
_WEIGHTLESS = ("tokenizer", "processor", "image_processor", "scheduler")
"""What parts without weights are called, with or without a number."""
_REDIRECTS = ("quantization_config", "transformers_weights", "fusion_config", "auto_map")
"""Keys of a config by which it would have other files read, code run, or another network built."""
_ADAPTER = "adapter_config.json"
_MOST_STEPS = 100_000
_COUNTED = re.compile(r"layers|blocks|depth", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Part:
    """One part of a pipeline.

    Attributes:
        name: What the pipeline calls it; also its folder.
        library: ``diffusers`` or ``transformers``.
        kind: The class.
        folder: Where its files are.
        network: Whether it is taken for a network: it has weights, beside it or elsewhere.
        weights: Its files with weights, in order; empty for what has none beside it.
        variant: Empty, or ``fp16``.
    """

    name: str
    library: str
    kind: str
    folder: Path
    network: bool = False
    weights: tuple[Path, ...] = ()
    variant: str = ""


def check_folder(folder: Path, weights: bool = True) -> tuple[dict[str, Any], list[Part]]:
    """Make sure that a folder of diffusers can be loaded, and that nothing of it would be run.

    Args:
        folder: The folder.
        weights: Whether networks have to have their weights beside their configs.

    Returns:
        What model_index.json says, and the parts that are used. A safety checker and what
        belongs to it is never used, whether it is there or not.

    Raises:
        WeightsError: It names classes of another library, a file is absent, too large, no JSON,
            or lies outside the folder; or the weights are there only in a format that can hold
            code.
    """
    index = read_index(folder)
    kind = index.get("_class_name")
    if not isinstance(kind, str) or not _NAME.fullmatch(kind):
        raise WeightsError(
            f"{folder / INDEX} says that the pipeline is {kind!r}",
            why="only the pipelines of diffusers are run, never code that comes with weights",
            fix=f"name a folder whose {INDEX} names a pipeline of diffusers",
        )
    found = []
    for name, (library, class_name) in parts_of(index).items():
        if library not in LIBRARIES or not _NAME.fullmatch(class_name):
            raise WeightsError(
                f"{folder / INDEX} says that {name} is {class_name} of {library!r}",
                why=f"classes of {' and '.join(LIBRARIES)} are loaded, and nothing else: another "
                "one would be code that comes with the weights",
                fix="take the pipeline as it was published for diffusers, without modules of its "
                "own",
            )
        found.append(_part(folder, name, library, class_name, weights))
    return index, found


def _part(folder: Path, name: str, library: str, kind: str, weights: bool) -> Part:
    """Look at the folder of a part.

    Raises:
        WeightsError: It is not there, or something in it is not as it should be.
    """
    here = folder / name
    if not _NAME.fullmatch(name) or not here.is_dir():
        raise WeightsError(
            f"{folder} has no folder {name}",
            why=f"{INDEX} says that the pipeline has a {name}",
            fix=f"download the whole pipeline again, with {name}/",
        )
    stay_inside(folder, here)
    names = [path.name for path in here.iterdir() if path.is_file()]
    configs = [_read(here / one) for one in sorted(names) if one.endswith(".json")]
    if role_of(name) in _WEIGHTLESS:
        _check_steps(here, configs)
        return Part(name, library, kind, here)
    config = here / "config.json"
    if not config.is_file():
        raise WeightsError(
            f"{here} has no config.json",
            why=f"it says how large the {kind} is that the weights belong to",
            fix=f"put the config.json that came with the weights at {config}",
        )
    _check_redirects(here, configs)
    if not weights:
        return Part(name, library, kind, here, network=True)
    chosen, listed = choose_weights(names)
    if not chosen:
        pickles = [one for one in names if one.endswith((".bin", ".ckpt", ".pt", ".pth"))]
        told = f" (pickles here: {', '.join(sorted(pickles)[:3])})" if pickles else ""
        raise WeightsError(
            f"{here} has no weights as .safetensors",
            why=f"only safetensors are read, since pickles can run code{told}",
            fix=f"put the .safetensors of the same network into {here}; most repositories have "
            "both",
        )
    if listed:
        _check_shards(here, listed, chosen)
    paths = tuple(here / one for one in chosen)
    return Part(name, library, kind, here, True, paths, variant_of(names))


def role_of(name: str) -> str:
    """What a part does, told by its name: without its number, and without whose part it is.

    Args:
        name: Such as ``text_encoder_2`` or ``prior_scheduler``.
    """
    return name.rstrip("_0123456789").removeprefix("prior_")


def stay_inside(root: Path, folder: Path) -> None:
    """Make sure that no link in a folder leads out of the pipeline.

    In the cache of huggingface_hub files are links to ``models--OWNER--NAME/blobs``; so there, the
    folder of the repository is the border.

    Args:
        root: The folder of the pipeline.
        folder: A folder in it.

    Raises:
        WeightsError: One does.
    """
    real = root.resolve()
    shared = real.parent.name == "snapshots" and real.parents[1].name.startswith("models--")
    border = real.parents[1] if shared else real
    for path in (folder, *folder.iterdir()):
        if not path.resolve().is_relative_to(border):
            raise WeightsError(
                f"{path} is a link to {path.resolve()}",
                why="a pipeline is read from its own folder and from nowhere else",
                fix=f"copy the file itself to {path}",
            )


def count_bound(config: object, tensors: int) -> str:
    """Whether a config declares more layers than there are tensors.

    A network is built before it can be compared with its weights, so one of a milliard layers has
    to be found out beforehand.

    Args:
        config: What a config.json says.
        tensors: How many the files hold.

    Returns:
        What it says, or an empty text.
    """
    for part in objects(config):
        for key, value in part.items():
            numbers = value if isinstance(value, list) else [value]
            if not _COUNTED.search(key):
                continue
            for number in numbers:
                if isinstance(number, int) and not isinstance(number, bool) and number > tensors:
                    return f"{key}: {number}"
    return ""


def objects(config: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON value, itself included.

    Args:
        config: Any JSON value.

    Yields:
        Each object in it.
    """
    queue = [config]
    while queue:
        part = queue.pop()
        if isinstance(part, dict):
            yield part
            queue += part.values()
        elif isinstance(part, list):
            queue += part


def _check_steps(folder: Path, configs: list[Any]) -> None:
    """Make sure that a schedule can be computed: it is made as soon as it is loaded.

    Raises:
        WeightsError: It has too many steps.
    """
    for part in (part for config in configs for part in objects(config)):
        steps = part.get("num_train_timesteps")
        if isinstance(steps, int | float) and steps > _MOST_STEPS:
            raise WeightsError(
                f"{folder} says num_train_timesteps: {steps}",
                why=f"models are trained with 1000 steps, and {_MOST_STEPS} are the most",
                fix="take the scheduler_config.json as it was published",
            )


def _check_redirects(folder: Path, configs: list[Any]) -> None:
    """Make sure that configs speak of this network alone.

    Raises:
        WeightsError: One does not.
    """
    parts = [part for config in configs for part in objects(config)]
    bad = {key for part in parts for key in _REDIRECTS if part.get(key)}
    bad |= {
        f"{key}: {part[key]}"
        for part in parts
        for key in ("attn_implementation", "_attn_implementation")
        if "/" in str(part.get(key))
    }
    if (folder / _ADAPTER).exists():
        raise WeightsError(
            f"{folder} has an {_ADAPTER}",
            why="an adapter names a network of another place, which would be fetched",
            fix=f"remove it from {folder}; name LoRA files by the option lora instead",
        )
    if bad:
        raise WeightsError(
            f"{folder / 'config.json'} says {', '.join(sorted(bad))}",
            why="that would read other files, run code or build another network",
            fix="take the weights as they were published, in fp32, fp16 or bf16",
        )


def _check_shards(folder: Path, listed: str, chosen: list[str]) -> None:
    """Make sure that a list of shards names those beside it.

    Raises:
        WeightsError: It names others.
    """
    told = _read(folder / listed)
    named = told.get("weight_map") if isinstance(told, dict) else None
    names = set(map(str, named.values())) if isinstance(named, dict) else set()
    if names != set(chosen):
        absent = sorted(names - set(chosen)) or sorted(set(chosen) - names)
        raise WeightsError(
            f"{folder / listed} and the files beside it differ: {', '.join(absent[:3])}",
            why="weights in several files are whole only when all that are listed are there",
            fix=f"download {folder.name}/ again, all of it",
        )


def _read(path: Path) -> Any:  # noqa: ANN401 - any JSON
    """Read a JSON file of a bounded size.

    Raises:
        WeightsError: It is too large, or no JSON.
    """
    try:
        if path.stat().st_size <= MOST_JSON_BYTES:
            return json.loads(path.read_bytes())
        why = f"it has more than {MOST_JSON_BYTES} bytes"
    except (OSError, ValueError, RecursionError) as error:
        why = f"{type(error).__name__}: {error}"
    raise WeightsError(
        f"{path} is no JSON that can be read",
        why=why,
        fix=f"download {path.name} of the same pipeline again",
    )
