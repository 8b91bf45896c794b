"""How noise is taken away: diffusers' schedulers by our names, on what a model was trained with."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import diffusers.schedulers
import torch
from diffusers.schedulers.scheduling_utils import SchedulerMixin

from multiplane.core.errors import ConfigError, WeightsError

OWN = "own"
_KARRAS = "use_karras_sigmas"
_CLASSES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "ddim": ("DDIMScheduler", {}),
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "euler": ("EulerDiscreteScheduler", {_KARRAS: False}),
    "euler-a": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {_KARRAS: False}),
    "dpm++": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", _KARRAS: False}),
    "dpm++-karras": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", _KARRAS: True},
    ),
    "unipc": ("UniPCMultistepScheduler", {_KARRAS: False}),
    "lcm": ("LCMScheduler", {}),
}
"""Our name: the class, and what it says whatever the model's own scheduler says. Runge-Kutta steps
of PNDM would be run on top of those that were asked for."""
_LATENT = {"clip_sample": False, "set_alpha_to_one": False}
"""What the classes presume of pictures and does not hold for latents, unless the model says so."""
_TRAINED = (
    "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
    "prediction_type", "rescale_betas_zero_snr",
)  # fmt: skip
"""What belongs to the model: kept also where it is a default of its class, since the defaults of
another class may differ."""
_ZERO_SNR = "rescale_betas_zero_snr"


def make_scheduler(name: str, own: Any, steps: int = 0) -> Any:  # noqa: ANN401 - diffusers is not typed for us
    """Build a scheduler for a model.

    What the model was trained with (noise levels, what it predicts) stays; of the rest is taken
    what the model's own scheduler says and the new one understands. A single step, which most
    spacings put where hardly any noise is left, is put where there is nothing else.

    Args:
        name: One of the names of ``DiffusionOptions.scheduler``.
        own: The scheduler that the model came with, or its config with ``_class_name``.
        steps: How many it will be asked for; 0 where nobody knows yet.

    Returns:
        The scheduler, not yet told how many steps.

    Raises:
        ConfigError: It cannot do what the model or the number of steps wants.
        WeightsError: The model's own scheduler is none of diffusers, or its config is wrong.
    """
    config = own
    if isinstance(own, SchedulerMixin):
        config = {**own.config, "_class_name": type(own).__name__}
    kind, firm = _chosen(name, config)
    made = _made(kind, firm, config)
    if steps == 1 and hasattr(made.config, "timestep_spacing"):
        made = _made(kind, {**firm, "timestep_spacing": "trailing"}, config)
    most = getattr(made.config, "original_inference_steps", None)
    if steps and most and steps > most:
        raise ConfigError(
            f"scheduler {name!r} takes at most {most} steps, {steps} are wanted",
            why="models for it were distilled to few steps; 4 to 8 is usual",
            fix=f"--steps 8, or another --scheduler; own and ddim take {steps} steps",
        )
    return made


def set_steps(scheduler: Any, steps: int, device: torch.device | str = "cpu") -> Any:  # noqa: ANN401
    """Tell a scheduler how many steps it has, quietly.

    Args:
        scheduler: From :func:`make_scheduler`.
        steps: How many.
        device: Where its numbers are wanted.

    Returns:
        Its time steps, (N,); more than ``steps`` for schedulers that look twice (heun).

    Raises:
        ConfigError: It cannot take so many.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some convert by what numpy is about to change
            scheduler.set_timesteps(steps, device=device)
    except ValueError as error:
        raise ConfigError(
            f"{type(scheduler).__name__} takes no {steps} steps",
            why=str(error).strip().partition("\n")[0],
            fix="fewer --steps, or another --scheduler",
        ) from error
    return scheduler.timesteps


def _chosen(name: str, config: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The class and what it says whatever the model's own says.

    Raises:
        ConfigError: No such name.
    """
    if name == OWN:
        return str(config.get("_class_name", "")), {}
    if name not in _CLASSES:
        raise ConfigError(
            f"scheduler {name!r} is not known",
            why=f"known are {OWN}, {', '.join(_CLASSES)}",
            fix=f"--scheduler {OWN}",
        )
    return _CLASSES[name]


def _made(kind: str, firm: Mapping[str, Any], config: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The scheduler of a class.

    Raises:
        ConfigError: The class has no zero terminal SNR and the model was trained with it.
        WeightsError: There is no such class, or it cannot be built of this config.
    """
    cls = _class(kind)
    known = set(inspect.signature(cls.__init__).parameters) - {"self", "kwargs"}
    if config.get(_ZERO_SNR) and _ZERO_SNR not in known:
        raise ConfigError(
            f"{kind} cannot begin with noise alone, and the model was trained so",
            why=f"its config says {_ZERO_SNR}; other noise levels give dull, grey pictures",
            fix="--scheduler own, ddim, euler or dpm++",
        )
    by_default = set(config.get("_use_default_values", ())) - set(_TRAINED)
    same = kind == config.get("_class_name")
    told = {key: value for key, value in config.items() if key in known and key not in by_default}
    loose = {} if same else {key: value for key, value in _LATENT.items() if key in known}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return cls.from_config({**loose, **told, **firm})
    except (TypeError, ValueError, NotImplementedError, AttributeError) as error:
        raise WeightsError(
            f"the scheduler_config.json of the model makes no {kind}",
            why=str(error).strip().partition("\n")[0],
            fix="take the scheduler_config.json as it was published with the model",
        ) from error


def _class(kind: str) -> Any:  # noqa: ANN401
    """A scheduler class of diffusers, and nothing else that may carry that name.

    Raises:
        WeightsError: There is none.
    """
    found = getattr(diffusers.schedulers, kind, None) if kind.isidentifier() else None
    if isinstance(found, type) and issubclass(found, SchedulerMixin):
        return found
    raise WeightsError(
        f"the model came with the scheduler {kind!r}, which diffusers does not have",
        why="its config names a class; code of the folder is never run",
        fix="--scheduler ddim, or another one of ours",
    )
