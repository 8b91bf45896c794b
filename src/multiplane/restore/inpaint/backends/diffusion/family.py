"""Families that are no SD: driven through the inpainting pipelines of diffusers themselves."""

from __future__ import annotations

import ast
import contextlib
import inspect
import logging
import math
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from multiplane.core.arrays import Mask
from multiplane.core.errors import BackendError, ConfigError, MultiplaneError, WeightsError
from multiplane.core.items import Json
from multiplane.networks.diffusion.loaded import Diffusion
from multiplane.restore.inpaint.backend import Gap
from multiplane.restore.inpaint.backends.diffusion.chance import start_chance
from multiplane.restore.inpaint.backends.diffusion.points import Points
from multiplane.restore.inpaint.backends.diffusion.sampling import enough_steps
from multiplane.restore.inpaint.backends.diffusion.shown import Shown
from multiplane.restore.inpaint.backends.diffusion.size import Size, find_size
from multiplane.restore.inpaint.diffusion import DiffusionOptions
from multiplane.tensors.memory import Memory, fell_short
from multiplane.tensors.tiles import Tile

LEAST_PX = 256
"""Where memory falls short, crops are painted no smaller than this."""
_GIVEN = {"self", "prompt", "image", "mask_image", "kwargs"}
_NEEDED = {"prompt", "image", "mask_image", "height", "width", "num_inference_steps", "generator"}
_CONTROL = {"control_image", "control_mode"}
"""What pipelines want to be led by besides; some call it optional and fail without it."""
_TOGETHER = {"StableDiffusion3InpaintPipeline", "FluxInpaintPipeline", "FluxFillPipeline"}
"""Those of which we know by test that each of several pictures has a stream of chance of its own,
where each is given its words, picture and mask; asked for several of one, they share streams.
Kandinsky's prior has too few streams for a negative prompt."""
_CUT = "was truncated because"
_LONG = "Token indices sequence length"
"""What a tokenizer says of what the pipeline says better."""
_LISTENING = threading.Lock()


class FamilyPainter:
    """Stable Diffusion 3, Flux, Kandinsky, Qwen-Image, Z-Image and others that diffusers can run.

    Crops are painted as a whole, brought to the size the family was trained at: there are no
    tiles, so what is larger than ``max_shrink`` allows is shrunk more, and the notes say so. Seeds
    go through together where a pipeline keeps their chance apart, the others one by one.

    Attributes:
        step_px: Sides of what is painted are multiples of this.
        notes: What the user should know, and what the library had to say.
    """

    def __init__(
        self, diffusion: Diffusion, options: DiffusionOptions, memory: Memory, at_once: int
    ) -> None:
        """Look at what the pipeline can do.

        Args:
            diffusion: A loaded pipeline that takes a picture and a mask.
            options: How to paint.
            memory: Of the device.
            at_once: How many seeds go through together, at most.

        Raises:
            ConfigError: A scheduler of ours was asked for.
            WeightsError: The pipeline wants something that nobody has.
        """
        self._pipeline, self._options, self._memory = diffusion.pipeline, options, memory
        self._name = type(diffusion.pipeline).__name__
        self._at_once = at_once if self._name in _TOGETHER else 1
        self._takes = inspect.signature(diffusion.pipeline.__call__).parameters
        self._wanted_px = self._side_px = options.size_px or diffusion.size_px
        self.notes: list[str] = []
        self.step_px = _step(diffusion.pipeline)
        self._check(diffusion)

    def paint(self, gap: Gap, where: Mask, seeds: Sequence[int]) -> list[NDArray[np.float32]]:
        """Paint a crop, once a seed.

        Args:
            gap: The crop.
            where: (H, W) the pixels that are wanted.
            seeds: Where chance starts.

        Returns:
            (K, 3) in [0, 255] of each, not rounded, at ``where`` in row-major order.

        Raises:
            BackendError: The pipeline failed, or memory is too small.
        """

        def paint(some: Sequence[int]) -> list[NDArray[np.float32]]:
            if len(some) > 1:
                return self._painted(gap, where, some, self._side_px)
            found, self._side_px = self._memory.fewer(
                lambda side: self._painted(gap, where, some, side),
                self._side_px,
                "px a side",
                min(self._side_px, LEAST_PX),
            )
            return found

        painted = list(self._memory.batched(paint, seeds, self._at_once, "seeds"))
        if self._side_px < self._wanted_px:  # it stays so, and later records shall say it too
            self._note(f"at most {self._side_px} px a side, since memory fell short before")
        return painted

    def described(self) -> dict[str, Json]:
        """What goes into the record besides the options."""
        return {
            "way": self._name,
            "scheduler_class": type(self._pipeline.scheduler).__name__,
            "size_px": self._wanted_px,
        }

    def _check(self, diffusion: Diffusion) -> None:
        """Make sure that it can be called with what there is.

        Raises:
            ConfigError: A scheduler of ours was asked for.
            WeightsError: It wants something that nobody has.
        """
        options, name = self._options, self._name
        wanted = {
            key
            for key, one in self._takes.items()
            if one.default is inspect.Parameter.empty and key not in _GIVEN
        }
        wanted |= _CONTROL & set(self._takes)
        lacking = _NEEDED - set(self._takes)
        if wanted or lacking:
            more = f"wants {', '.join(sorted(wanted))} besides" if wanted else (
                f"takes no {', '.join(sorted(lacking))}"
            )  # fmt: skip
            raise WeightsError(
                f"{diffusion.name} is a {name}, which {more}",
                why="a hole is painted from a picture, a mask and words, at the crop's own shape",
                fix="--model with a whole inpainting pipeline: sd2-inpainting, sdxl-inpainting, or "
                "a folder of SD 3, Flux Fill, Qwen-Image or Kandinsky 2.2 (prior and decoder)",
            )
        if options.scheduler != "own":
            raise ConfigError(
                f"scheduler {options.scheduler!r} does not fit {name}",
                why="it is not denoised as SD 1.5, SD 2 and SDXL are",
                fix="--scheduler own",
            )
        for option, given in (("strength", options.strength < 1),
                              ("negative_prompt", bool(options.negative_prompt))):  # fmt: skip
            if given and option not in self._takes:
                self._note(f"{name} knows no {option}; it has no effect")

    def _painted(
        self, gap: Gap, where: Mask, seeds: Sequence[int], side: int
    ) -> list[NDArray[np.float32]]:
        """What is wanted of each picture.

        Raises:
            BackendError: The pipeline failed, for another reason than memory.
        """
        size = self._size(gap.hole.shape, side)
        try:
            with self._listening(), torch.inference_mode():
                pictures = self._called(gap, size, seeds)
        except Exception as error:
            if fell_short(error) or isinstance(error, MultiplaneError):
                raise
            raise BackendError(
                f"{self._name} could not paint {size.painted[1]}x{size.painted[0]} px",
                why=f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}",
                fix="--precision fp32, other --steps or --guidance, a model of SD "
                "(sd2-inpainting), or --backend patchmatch",
            ) from error
        shape = (len(seeds), *size.painted, 3)
        if pictures.shape != shape or not np.isfinite(pictures).all():
            raise BackendError(
                f"{self._name} gave an array {pictures.shape} or values that are no numbers, "
                f"wanted {shape}",
                why=f"its networks compute with {self._dtype()}, and half precision may overflow",
                fix="--precision fp32, or a model of SD (sd2-inpainting)",
            )
        points = Points(where, size, len(seeds), 0)
        for index, picture in enumerate(pictures):
            window = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None] * 255
            points.add(Tile(0, 0, *size.painted), index, window.float())
        return [points.values(index) for index in range(len(seeds))]

    def _called(self, gap: Gap, size: Size, seeds: Sequence[int]) -> NDArray[np.float32]:
        """(B, h, w, 3) in [0, 1], as they were painted."""
        shown = Shown(gap.frame, gap.hole | ~gap.sources, size)
        values, hidden = shown.window(Tile(0, 0, *size.painted))
        levels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        shared = {
            "prompt": self._options.prompt,
            "image": Image.fromarray(levels),
            "mask_image": Image.fromarray(hidden.astype(np.uint8) * 255),
        }
        settings = self._settings()
        if len(seeds) > 1:
            if "negative_prompt" in settings:
                shared["negative_prompt"] = settings.pop("negative_prompt")
            shared = {name: [one] * len(seeds) for name, one in shared.items()}
        output = self._pipeline(
            **shared,
            height=size.painted[0],
            width=size.painted[1],
            generator=start_chance(seeds),
            output_type="np",
            **settings,
        )
        return np.asarray(output.images, np.float32)

    def _settings(self) -> dict[str, Any]:
        """Options under the names that the pipeline has for them."""
        options, takes = self._options, self._takes
        steps = options.steps
        made: dict[str, Any] = {}
        if "strength" in takes:
            made["strength"] = options.strength
            steps = enough_steps(steps, options.strength)
        if steps != options.steps:
            self._note(f"{options.steps} steps at strength {options.strength:g} are none: {steps}")
        made["num_inference_steps"] = steps
        # Flux is told the guidance, and compares with other words only where there are some;
        # Qwen-Image can be told nothing, and always compares
        told = "guidance_scale" in takes and takes["guidance_scale"].default is not None
        if told:
            made["guidance_scale"] = options.guidance
        if "true_cfg_scale" in takes and (options.negative_prompt or not told):
            made["true_cfg_scale"] = options.guidance
            made["negative_prompt"] = options.negative_prompt or " "
        elif "negative_prompt" in takes and options.negative_prompt:
            made["negative_prompt"] = options.negative_prompt
        if "_auto_resize" in takes:
            made["_auto_resize"] = False
        return made

    def _size(self, shape: tuple[int, ...], side: int) -> Size:
        """As a whole, whatever max_shrink says."""
        height, width = shape[:2]
        size = find_size((height, width), side, math.inf, self.step_px)
        shrunk = max(height / size.scaled[0], width / size.scaled[1])
        if shrunk > self._options.max_shrink * 1.01:
            self._note(
                f"a crop of {width}x{height} px was painted {shrunk:.1f} times smaller than it is "
                f"(max_shrink is {self._options.max_shrink:g}): {self._name} paints no tiles; "
                "raise size_px, mend smaller pieces, or take a model of SD 1.5, SD 2 or SDXL"
            )
        return size

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Turn what the library says into notes instead of lines on the console."""
        loggers = [logging.getLogger(name) for name in ("diffusers", "transformers")]
        with _LISTENING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before = [(logger, logger.handlers[:], logger.propagate) for logger in loggers]
            for logger in loggers:
                logger.handlers, logger.propagate = [_Ear(self._heard)], False
            try:
                yield
            finally:
                for logger, handlers, spreads in before:
                    logger.handlers, logger.propagate = handlers, spreads

    def _heard(self, text: str) -> None:
        if _LONG in text:
            return
        if _CUT in text:
            head, _, words = text.partition(": ")
            limit = "".join(c for c in head.partition(_CUT)[2] if c.isdigit() or c == " ").split()
            most = limit[0] if limit else "so many"
            text = f"the prompt is too long for a text encoder of {self._name}, which reads {most} "
            text += f"tokens; left out: {_once(words)}"
        self._note(text)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _dtype(self) -> str:
        return str(getattr(self._pipeline, "dtype", "")).removeprefix("torch.")


class _Ear(logging.Handler):
    """Hands on what is said as a warning or worse."""

    def __init__(self, heard: Any) -> None:  # noqa: ANN401 - a callable of text
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """See :class:`logging.Handler`."""
        self._heard(" ".join(record.getMessage().split()))


def _once(words: str) -> str:
    """A list of words that is written out, without those that are said again."""
    try:
        return str(list(dict.fromkeys(ast.literal_eval(words))))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return words


def _step(pipeline: Any) -> int:  # noqa: ANN401
    """What sides of a picture have to be multiples of."""
    if hasattr(pipeline, "movq") or hasattr(pipeline, "decoder_pipe"):
        return 64  # Kandinsky rounds up to it by itself
    transformer = getattr(pipeline, "transformer", None)
    patch = getattr(getattr(transformer, "config", None), "patch_size", None)
    # the transformers of Flux and others see two by two latents, and call that a patch of one
    return int(getattr(pipeline, "vae_scale_factor", 8)) * max(
        2, patch if isinstance(patch, int) else 2
    )
