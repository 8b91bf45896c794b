"""Loads a pipeline of diffusers from a folder or a single file, strictly and quietly."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from typing import Any

import diffusers
import torch

from multiplane.core.errors import WeightsError
from multiplane.hub.layout import INDEX, UNUSED
from multiplane.hub.pipelines import FoundPipeline
from multiplane.networks.diffusion.check import check_folder
from multiplane.networks.diffusion.components import load_part, silence, told_of
from multiplane.networks.diffusion.families import as_inpainting
from multiplane.networks.diffusion.loaded import Diffusion, describe
from multiplane.networks.diffusion.place import place
from multiplane.networks.diffusion.single import load_single
from multiplane.tensors.memory import Memory

logger = logging.getLogger(__name__)
_MOST_PX = 8192


def load_diffusion(
    found: FoundPipeline,
    device: torch.device,
    dtype: torch.dtype,
    offload: str = "none",
    attention_slicing: bool = False,
) -> Diffusion:
    """Load a pipeline.

    Nothing is fetched, no code of a folder is run and only safetensors are read. Unlike
    ``DiffusionPipeline.from_pretrained``, which fills what files lack with random numbers and
    warns, every value has to come from a file. Safety checkers are never loaded.

    Args:
        found: Where it is.
        device: Where its networks run.
        dtype: What they compute with; their weights are held so.
        offload: What waits in the memory of the CPU: ``none``, ``model`` (networks that have
            nothing to do) or ``sequential`` (all but the layer at work).
        attention_slicing: Attention in slices: slower, less memory.

    Returns:
        The pipeline. Of SD 1.5, SD 2 and SDXL it is the one that the index names, whether it was
        made for holes or not; of other families the one that paints holes.

    Raises:
        WeightsError: A file is absent, damaged, of another format or another network, or the
            pipeline paints no holes.
        MissingDependencyError: The pipeline needs a package that is not installed.
        BackendError: The device has no room for it.
    """
    index, loaded = _load(found, dtype)
    pipeline = assemble(found, index, loaded)
    told = describe(pipeline)
    if not told["factor"] <= told["size_px"] <= _MOST_PX:
        raise WeightsError(
            f"{found.name} says that it was trained at {told['size_px']} px",
            why=f"so much is painted at once, and no model paints more than {_MOST_PX} px a side",
            fix="take the config.json of unet and vae as they were published",
        )
    if not told["unet"]:
        pipeline = as_inpainting(pipeline, found.name)
    memory = Memory(device)
    notes = place(pipeline, memory, offload, attention_slicing)
    logger.info("%s: %s, %s", found.name, type(pipeline).__name__, told)
    return Diffusion(
        pipeline=pipeline,
        name=found.name,
        fingerprint=found.fingerprint,
        memory=memory,
        notes=(*found.notes, *notes),
        **told,
    )


def _load(found: FoundPipeline, dtype: torch.dtype) -> tuple[dict[str, Any], dict[str, Any]]:
    """What model_index.json says, and the parts.

    Raises:
        WeightsError: It is a single file, and nobody said which configurations belong to it.
    """
    if found.path.is_dir():
        index, parts = check_folder(found.path)
        return index, {part.name: load_part(part, dtype) for part in parts}
    if found.config is None:
        raise WeightsError(
            f"{found.path} is one file, and its configurations are not known",
            why="such a file holds weights and no tokenizer",
            fix="name a folder of diffusers of the same architecture: config: FOLDER",
        )
    return load_single(found.path, found.config, dtype)


def assemble(found: FoundPipeline, index: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Put the parts together.

    Args:
        found: Where they are from.
        index: What model_index.json says.
        parts: Name → part.

    Returns:
        The pipeline of diffusers, of the class that the index names.

    Raises:
        WeightsError: diffusers has no such pipeline, or it is made of other parts.
    """
    kind = str(index["_class_name"])
    cls = _class_of(kind, found)
    wanted = inspect.signature(cls.__init__).parameters
    settings = {
        name: value
        for name, value in index.items()
        if name in wanted and isinstance(value, bool | int | float | str)
    }
    settings |= {"requires_safety_checker": False} if "requires_safety_checker" in wanted else {}
    settings |= {"add_watermarker": False} if "add_watermarker" in wanted else {}
    parts = {name: part for name, part in parts.items() if name in wanted}
    absent = {
        name: None
        for name, one in wanted.items()
        if name not in {"self", *settings, *parts} and one.default is inspect.Parameter.empty
        and one.kind not in {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    }  # fmt: skip
    without = {name for name, value in index.items() if value == [None, None]} | UNUSED
    needed = [name for name in absent if name not in {*cls._optional_components, *without}]
    if needed:
        raise WeightsError(
            f"{found.path} lacks {', '.join(needed)} of a {kind}",
            why=f"{INDEX} does not name them",
            fix="download the whole pipeline again",
        )
    try:
        with silence():
            pipeline = cls(**parts, **absent, **settings)
    except Exception as error:  # whatever a pipeline makes of its parts
        raise WeightsError(
            f"{found.path} cannot be put together as a {kind}",
            why=told_of(error),
            fix=f"download the whole pipeline again, with its {INDEX}",
        ) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _class_of(kind: str, found: FoundPipeline) -> Any:  # noqa: ANN401
    """The pipeline of diffusers of a name.

    Raises:
        WeightsError: There is none.
    """
    cls = getattr(diffusers, kind, None)
    if isinstance(cls, type) and issubclass(cls, diffusers.DiffusionPipeline):
        return cls
    raise WeightsError(
        f"{found.path / INDEX} names {kind}, which is no pipeline of the diffusers that is "
        "installed",
        why=f"diffusers is {diffusers.__version__}",
        fix="pip install --upgrade diffusers, or name another model",
    )
