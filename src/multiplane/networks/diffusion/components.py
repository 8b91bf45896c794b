"""The parts of a pipeline, loaded strictly: every value comes from a file, and all are used."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.utils import logging as diffusers_logging
from transformers.image_processing_base import ImageProcessingMixin
from transformers.utils import logging as transformers_logging

from multiplane.core.errors import MissingDependencyError, WeightsError
from multiplane.networks.checkpoint import open_checkpoint
from multiplane.networks.diffusion.check import Part, count_bound, role_of

_KINDS: dict[str, tuple[type, ...]] = {
    "diffusers": (diffusers.ModelMixin, diffusers.SchedulerMixin),
    "transformers": (
        transformers.PreTrainedModel,
        transformers.PreTrainedTokenizerBase,
        transformers.ProcessorMixin,
        ImageProcessingMixin,
    ),
}
_ROLES: dict[str, tuple[type, ...]] = {
    "scheduler": (diffusers.SchedulerMixin,),
    "tokenizer": (transformers.PreTrainedTokenizerBase, transformers.ProcessorMixin),
    "processor": (transformers.ProcessorMixin,),
    "image_processor": (ImageProcessingMixin,),
}
"""What parts of a name have to be; all others are networks."""
_LIBRARIES = {"diffusers": diffusers, "transformers": transformers}
_NEVER_READ = ("position_ids",)
"""Buffers that older versions saved and that are counted out anew."""
_SLACK = 1.02
_TOLD = 3
_QUIET = threading.Lock()


def class_of(part: Part) -> Any:  # noqa: ANN401 - a class of a library that is not typed for us
    """The class of a part.

    Args:
        part: What model_index.json says.

    Returns:
        The class.

    Raises:
        WeightsError: The installed library has no such class, or it is none of a pipeline's parts.
    """
    found = getattr(_LIBRARIES[part.library], part.kind, None)
    if found is None and part.kind.endswith("Fast"):  # transformers 5 knows one kind of tokenizer
        found = getattr(_LIBRARIES[part.library], part.kind.removesuffix("Fast"), None)
    if not (isinstance(found, type) and issubclass(found, _KINDS[part.library])):
        raise WeightsError(
            f"{part.name} is to be a {part.kind}, which is no network, scheduler or tokenizer of "
            f"the {part.library} that is installed",
            why=f"{part.library} is {_LIBRARIES[part.library].__version__}",
            fix=f"pip install --upgrade {part.library}, or name another model",
        )
    role = role_of(part.name)
    wanted = _ROLES.get(role, (torch.nn.Module,))
    if not issubclass(found, wanted) or issubclass(found, torch.nn.Module) != bool(part.network):
        raise WeightsError(
            f"{part.name} is to be a {part.kind}, which is no {role}",
            why="a part of another kind cannot do its work, and its weights would not be checked",
            fix="take the model_index.json that came with the pipeline",
        )
    return found


def load_part(part: Part, dtype: torch.dtype) -> Any:  # noqa: ANN401
    """Load one part from its folder, and from nowhere else.

    Args:
        part: As :func:`multiplane.networks.diffusion.check.check_folder` found it.
        dtype: Of the weights in memory.

    Returns:
        A network for use (``eval``) on the CPU, a scheduler or a tokenizer.

    Raises:
        WeightsError: A file is damaged, or names or shapes differ from what the config says.
        MissingDependencyError: The part needs a package that is not installed.
    """
    cls = class_of(part)
    with silence():
        if not part.weights:
            return _from_pretrained(cls, part)
        shapes: dict[str, tuple[int, ...]] = {}
        for path in part.weights:
            shapes |= open_checkpoint(path).shapes
        check_sizes(cls, part, shapes, part.folder)
        how: dict[str, Any] = {
            "use_safetensors": True,
            "output_loading_info": True,
            "variant": part.variant or None,
            "torch_dtype" if part.library == "diffusers" else "dtype": dtype,
        }
        model, info = _from_pretrained(cls, part, **how)
    check_fit(part, info, part.folder)
    return model.eval().requires_grad_(False)


def check_fit(part: Part, info: Mapping[str, Any], source: Path) -> None:
    """Compare what the files have with what a network wants.

    Args:
        part: The part.
        info: Names and shapes that a loader found to differ.
        source: The folder or file with the weights.

    Raises:
        WeightsError: Some do.
    """
    extra = {name for name in info["unexpected_keys"] if not name.endswith(_NEVER_READ)}
    differing = {f"{one[0] if isinstance(one, tuple) else one}" for one in info["mismatched_keys"]}
    kinds = {
        "missing": set(info["missing_keys"]) - differing,
        "extra": extra,
        "of another shape": differing,
    }
    told = [f"{len(names)} {kind}: {_first(names)}" for kind, names in kinds.items() if names]
    if told:
        error = misfit(part, "; ".join(told), source)
        raise error


def misfit(part: Part, told: str, source: Path) -> WeightsError:
    """The error of weights that do not fit.

    Args:
        part: The part.
        told: What does not.
        source: The folder or file with the weights.
    """
    again = f"download {part.name} again: its config.json and weights have to be of one network"
    other = "name the folder of diffusers that the file was made from: config: FOLDER"
    return WeightsError(
        f"the weights of {part.name} in {source} do not fit {part.kind}: {told}",
        why="what is missing would be random numbers, and a result of those is worth nothing",
        fix=again if source == part.folder else other,
    )


def told_of(error: Exception) -> str:
    """The first line of an error of a library.

    Args:
        error: The error.
    """
    return f"{type(error).__name__}: " + str(error).strip().split("\n")[0]


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep both libraries from the console while they load; as before afterwards.

    Their levels and bars belong to the whole process: one thread at a time.
    """
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = [
            (library, library.get_verbosity(), library.is_progress_bar_enabled())
            for library in (diffusers_logging, transformers_logging)
        ]
        for library, _, _ in before:
            library.set_verbosity(logging.CRITICAL)
            library.disable_progress_bar()
        try:
            yield
        finally:
            for library, level, bar in before:
                library.set_verbosity(level)
                if bar:
                    library.enable_progress_bar()


def _from_pretrained(cls: Any, part: Part, **how: Any) -> Any:  # noqa: ANN401
    """The library's loader.

    Raises:
        MissingDependencyError: It needs a package besides itself.
        WeightsError: It failed.
    """
    try:
        return cls.from_pretrained(str(part.folder), local_files_only=True, **how)
    except ImportError as error:
        raise MissingDependencyError(
            f"{part.kind} needs a package that is not installed",
            why=told_of(error),
            fix="pip install 'multiplane[neural]'",
        ) from error
    except Exception as error:  # libraries raise of every kind
        raise WeightsError(
            f"{part.name} in {part.folder} cannot be loaded as {part.kind}",
            why=told_of(error),
            fix=f"download {part.name} again, all of it",
        ) from error


def check_sizes(
    cls: Any, part: Part, shapes: Mapping[str, tuple[int, ...]], source: Path  # noqa: ANN401
) -> Any:  # fmt: skip # noqa: ANN401
    """Compare how many values files hold and a config declares, before memory is taken.

    Args:
        cls: The class of the part.
        part: The part.
        shapes: Name → shape of what the files hold of it.
        source: The folder or file with the weights.

    Returns:
        The network without memory (on ``meta``).

    Raises:
        WeightsError: The config declares more, or cannot be understood.
    """
    config = json.loads((part.folder / "config.json").read_bytes())
    bound = count_bound(config, max(len(shapes), 64))
    if bound:
        giant = misfit(
            part, f"its config says {bound}, and there are {len(shapes)} tensors", source
        )
        raise giant
    try:
        with torch.device("meta"):
            if part.library == "diffusers":
                empty = cls.from_config(config)
            else:
                empty = cls(cls.config_class.from_pretrained(str(part.folder)))
    except Exception as error:  # whatever a library makes of a config
        raise WeightsError(
            f"{part.folder / 'config.json'} is not of a {part.kind}",
            why=told_of(error),
            fix=f"put the config.json that came with the weights into {part.folder}",
        ) from error
    wanted = sum(value.numel() for value in empty.parameters())
    held = sum(math.prod(shape) for shape in shapes.values())
    if wanted > held * _SLACK:
        larger = misfit(part, f"it has {wanted:,} values, and there are {held:,}", source)
        raise larger
    return empty


def _first(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - _TOLD} more" if len(listed) > _TOLD else ""
    return ", ".join(listed[:_TOLD]) + more
