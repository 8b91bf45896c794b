"""Which backend follows the objects of a shot, and why."""

from __future__ import annotations

from multiplane.core.choice import ASKED, Choice
from multiplane.core.compute import Compute
from multiplane.core.plugins import NETWORKS, choose, load, make, not_installed
from multiplane.hub import weights
from multiplane.split.track.backend import BACKENDS, Propagator
from multiplane.split.track.config import (
    GROUP,
    AutoOptions,
    Backend,
    EdgeTamOptions,
    FlowOptions,
    SamOptions,
)

_CANDIDATES: tuple[SamOptions | EdgeTamOptions, ...] = (
    SamOptions(model="sam2.1-large"),
    SamOptions(model="sam2.1-base-plus"),
    SamOptions(model="sam2.1-small"),
    SamOptions(model="sam2.1-tiny"),
    EdgeTamOptions(),
)
"""What ``auto`` takes when it is on this machine, the best first."""


def choose_backend(options: Backend, compute: Compute) -> Choice[Backend]:
    """What ``auto`` stands for on this machine; anything else stands for itself.

    Nothing is fetched to find out.

    Args:
        options: What was asked for.
        compute: Where networks run. Without CUDA a network takes seconds a frame, and flow is
            taken.
    """
    if not isinstance(options, AutoOptions):
        return Choice(options, ASKED)
    here = next((one for one in _CANDIDATES if not weights.why_absent(one.model)), None)
    if here is None:
        absent = weights.why_absent(SamOptions().model)
        return Choice(FlowOptions(), f"no network that follows objects: {absent}")
    needed = (*NETWORKS, "timm") if here.kind == "edgetam" else NETWORKS  # its backbone is timm's
    gone = not_installed(needed)
    if gone:
        return Choice(FlowOptions(), f"{here.model} is here, but {gone}")
    if compute.device == "cpu" or not _has_cuda():
        why = (
            f"{here.model} is here, but without CUDA it takes seconds a frame; backend "
            f"{here.kind} takes it all the same"
        )
        return Choice(FlowOptions(), why)
    return Choice(here, f"{here.model} is here, and CUDA")


def open_propagator(choice: Choice[Backend], compute: Compute, offload: bool) -> Propagator:
    """Load the backend.

    Args:
        choice: Which one.
        compute: Where and how networks run.
        offload: Whether memories wait in the machine's memory instead of the GPU's.

    Raises:
        WeightsError: Its weights cannot be had.
        ConfigError: CUDA was asked for and is not there.
    """
    backend = choose(BACKENDS, choice.options.kind, GROUP)
    # without a network there is nothing to place
    made: Propagator = make(backend, choice.options, compute=compute, offload=offload)
    return made


def _has_cuda() -> bool:
    return load("multiplane.tensors.devices:describe_cuda")() is not None
