"""Networks of transformers, from a folder on this machine: strictly, safely, silently."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging as library_logging

from multiplane.core.errors import MissingDependencyError, WeightsError

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
PREPROCESSOR = "preprocessor_config.json"
_CONFIG_LIMIT_BYTES = 16 * 2**20
_TOLD = 3
"""How many names of each kind an error lists."""
_REDIRECTS = ("configuration_files", "quantization_config", "transformers_weights", "fusion_config")
"""Keys of a config.json by which it would have other files read or another network built."""
_VIDEO = "_video"
"""Checkpoints of SAM 2.1, EdgeTAM and SAM 3 hold the network of stills and of video, and say the
latter."""
_QUIET = threading.Lock()


def load_pretrained(cls: Any, folder: Path, *, ignore_extra: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - transformers is not typed for us
    """Load a network of transformers from a folder, and from nowhere else.

    Nothing is fetched, no code of the folder is run, only safetensors are read, and nothing is
    written to the console. Unlike ``from_pretrained``, which fills what the file lacks with random
    numbers and warns, every value has to come from the file and every value of the file has to be
    used; the renamings and tied weights that transformers knows are taken into account. Names and
    shapes are compared before any memory is taken, so a config that declares a giant is refused.

    Args:
        cls: A model class of transformers, for instance ``VitMatteForImageMatting``.
        folder: Holds config.json and model.safetensors (or its shards and their index).
        ignore_extra: Values of the file whose names begin so are not missed.

    Returns:
        The network: float32, on the CPU, for use (``eval``), not for training.

    Raises:
        WeightsError: A file is absent, damaged or of another format, the config is of another
            network, or names or shapes differ.
        MissingDependencyError: The network needs a package that is not installed.
    """
    _check_files(folder, cls)
    _check_config(folder, cls)
    with _silence():
        _, info = _from_pretrained(cls, folder, device_map="meta")
        _check_fit(cls, folder, info, ignore_extra)
        model, _ = _from_pretrained(cls, folder)
    return model.eval()


def load_processor(cls: Any, folder: Path, known_as: Collection[str] = ()) -> Any:  # noqa: ANN401 - transformers is not typed for us
    """Load what prepares pictures for a network, as it was saved beside it.

    Args:
        cls: A processor class of transformers, for instance ``VitMatteImageProcessor``.
        folder: Holds preprocessor_config.json.
        known_as: What else files call a processor that does the same.

    Returns:
        The processor.

    Raises:
        WeightsError: The file is absent, is of another processor, or says nothing that the class
            understands.
    """
    path = folder / PREPROCESSOR
    fix = f"put the {PREPROCESSOR} that came with the weights at {path}"
    if not path.is_file() or path.stat().st_size > _CONFIG_LIMIT_BYTES:
        raise WeightsError(
            f"{folder} has no {PREPROCESSOR}",
            why="it says what pictures look like to the network",
            fix=fix,
        )
    try:
        with _silence():
            told, _ = cls.get_image_processor_dict(str(folder), local_files_only=True)
            kind = str(told.get("image_processor_type", cls.__name__))
            made = cls.from_dict(told)
    except Exception as error:
        raise WeightsError(
            f"{path} cannot be read by {cls.__name__}: {_first_line(error)}",
            why="it says what pictures look like to the network",
            fix=fix,
        ) from error
    if kind.removesuffix("Fast") not in {cls.__name__, *known_as}:
        raise WeightsError(
            f"{path} is of a {kind}, wanted {cls.__name__}",
            why="a network that is shown pictures of another scale or colours sees others",
            fix=fix,
        )
    return made


def _from_pretrained(cls: Any, folder: Path, **how: str) -> tuple[Any, Mapping[str, Any]]:  # noqa: ANN401
    """The library's loader, and what it says about names and shapes.

    Raises:
        MissingDependencyError: It needs a package besides itself.
        WeightsError: It failed.
    """
    try:
        model, info = cls.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            **how,
        )
    except ImportError as error:
        raise MissingDependencyError(
            f"{cls.__name__} needs a package that is not installed",
            why=_first_line(error),
            fix="pip install 'multiplane[neural]'",
        ) from error
    except Exception as error:
        raise WeightsError(
            f"{folder} cannot be loaded as {cls.__name__}",
            why=_first_line(error),
            fix=_fetch_again(folder),
        ) from error
    return model, info


def _check_files(folder: Path, cls: Any) -> None:  # noqa: ANN401
    """Make sure that the files are there which are to be read.

    Raises:
        WeightsError: One is not.
    """
    name = cls.__name__
    if not folder.is_dir():
        raise WeightsError(
            f"{folder} is no folder with a {name}",
            why=f"such networks come as several files: {CONFIG}, {WEIGHTS} and others",
            fix=f"name the folder that holds {CONFIG} and {WEIGHTS}",
        )
    if not (folder / CONFIG).is_file():
        raise WeightsError(
            f"{folder} has no {CONFIG}",
            why=f"it says how large the {name} is that the weights belong to",
            fix=f"put the {CONFIG} that came with the weights at {folder / CONFIG}",
        )
    if (folder / "adapter_config.json").exists():
        raise WeightsError(
            f"{folder} has an adapter_config.json",
            why="an adapter names a network of another place, which would be fetched",
            fix="merge the adapter into the network and save it with save_pretrained",
        )
    if not any((folder / one).is_file() for one in (WEIGHTS, INDEX)):
        there = sorted(path.name for path in folder.glob("*.bin")) or ["none"]
        raise WeightsError(
            f"{folder} has no {WEIGHTS}",
            why=f"only safetensors are read, since pickles can run code (pickles here: "
            f"{', '.join(there[:_TOLD])})",
            fix=f"put the {WEIGHTS} of the same network at {folder / WEIGHTS}",
        )


def _check_config(folder: Path, cls: Any) -> None:  # noqa: ANN401
    """Make sure that the config is one of this network, and of nothing beside it.

    Raises:
        WeightsError: It is not.
    """
    path = folder / CONFIG
    try:
        size = path.stat().st_size
        config = json.loads(path.read_bytes()) if size <= _CONFIG_LIMIT_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{path} is no JSON: {type(error).__name__}: {error}",
            why=f"it says how large the {cls.__name__} is that the weights belong to",
            fix=_fetch_again(folder),
        ) from error
    wanted = cls.config_class.model_type
    told = {str(part["model_type"]) for part in _objects(config) if "model_type" in part}
    if not told & {wanted, wanted + _VIDEO}:
        got = f"is of {', '.join(map(repr, sorted(told)))}" if told else "names no model_type"
        raise WeightsError(
            f"{path} {got}, wanted {wanted!r}",
            why=f"{cls.__name__} is another network than the one in this folder",
            fix=f"name a folder with a {wanted} network (see: multiplane models list)",
        )
    bad = sorted({key for part in _objects(config) for key in _REDIRECTS if part.get(key)})
    bad += sorted(
        {
            f"{key}: {part[key]}"
            for part in _objects(config)
            for key in ("attn_implementation", "_attn_implementation")
            if "/" in str(part.get(key))
        }
    )
    if bad:
        raise WeightsError(
            f"{path} says {', '.join(bad)}",
            why="that would read other files, fetch code or build another network",
            fix="remove it from the file, or take the weights as they were published",
        )


def _objects(config: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON value, itself included."""
    queue = [config]
    while queue:
        part = queue.pop()
        if isinstance(part, dict):
            yield part
            queue += part.values()


def _check_fit(
    cls: Any, folder: Path, info: Mapping[str, Any], ignore_extra: tuple[str, ...]  # noqa: ANN401
) -> None:  # fmt: skip
    """Compare what the file has with what the network wants.

    Raises:
        WeightsError: They differ in names or shapes.
    """
    missing = set(info["missing_keys"])
    extra = {key for key in info["unexpected_keys"] if not key.startswith(ignore_extra)}
    differing = {
        f"{key} {_shape(got)} in the file, {_shape(wanted)} in the network"
        for key, got, wanted in info["mismatched_keys"]
    }
    kinds = {"missing": missing, "extra": extra, "of another shape": differing}
    told = [f"{len(names)} {kind}: {_first(names)}" for kind, names in kinds.items() if names]
    if told:
        raise WeightsError(
            f"the weights in {folder} do not fit {cls.__name__}: {'; '.join(told)}",
            why="what is missing would be random numbers, and a result of those is worth nothing",
            fix=_fetch_again(folder),
        )


def _first(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - _TOLD} more" if len(listed) > _TOLD else ""
    return ", ".join(listed[:_TOLD]) + more


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: " + str(error).strip().split("\n")[0]


def _shape(sizes: Iterable[int]) -> str:
    return "x".join(str(size) for size in sizes) or "scalar"


def _fetch_again(folder: Path) -> str:
    return (
        f"put the {CONFIG} and {WEIGHTS} of one network into {folder} once more, or type: "
        "multiplane models pull NAME (names: multiplane models list)"
    )


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the library from the console while it loads; as before afterwards.

    Its level and its bar belong to the whole process: one thread at a time.
    """
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level, bar = library_logging.get_verbosity(), library_logging.is_progress_bar_enabled()
        library_logging.set_verbosity(logging.CRITICAL)
        library_logging.disable_progress_bar()
        try:
            yield
        finally:
            library_logging.set_verbosity(level)
            if bar:
                library_logging.enable_progress_bar()
