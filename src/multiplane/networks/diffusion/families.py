"""Pipelines of other families, as those that paint holes."""

from __future__ import annotations

import inspect
from typing import Any

import diffusers

from multiplane.core.errors import WeightsError
from multiplane.networks.diffusion.components import silence, told_of

_WANTED = {"image", "mask_image"}


def as_inpainting(pipeline: Any, name: str) -> Any:  # noqa: ANN401 - diffusers is not typed for us
    """The pipeline of the same networks that takes a picture and a mask.

    Args:
        pipeline: Of diffusers, loaded.
        name: What the model is called, for errors.

    Returns:
        Itself, when it takes both; else the one that ``AutoPipelineForInpainting`` knows for its
        family, with the same networks.

    Raises:
        WeightsError: There is none.
    """
    if set(inspect.signature(pipeline.__call__).parameters) >= _WANTED:
        return pipeline
    try:
        with silence():
            made = _sibling(pipeline) or diffusers.AutoPipelineForInpainting.from_pipe(pipeline)
    except Exception as error:  # a ValueError of the library, or of a pipeline that is put together
        raise WeightsError(
            f"{name} is a {type(pipeline).__name__}, which paints no holes",
            why=told_of(error),
            fix="name a model that has an inpainting pipeline in diffusers: sd2-inpainting, "
            "sdxl-inpainting, or one of the families SD 1.5, SD 2, SDXL, SD 3, Flux, Qwen-Image",
        ) from error
    made.set_progress_bar_config(disable=True)
    return made


def _sibling(pipeline: Any) -> Any:  # noqa: ANN401
    """The pipeline that is named as this one, with ``Inpaint``: None where there is none.

    ``AutoPipelineForInpainting`` comes second since it imports every pipeline of diffusers.
    """
    stem = type(pipeline).__name__.removesuffix("Pipeline").removesuffix("Img2Img")
    cls = getattr(diffusers, f"{stem}InpaintPipeline", None)
    if not (isinstance(cls, type) and issubclass(cls, diffusers.DiffusionPipeline)):
        return None
    return cls(**pipeline.components)
