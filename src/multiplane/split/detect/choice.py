"""Which backend looks at a shot, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from multiplane.core.choice import ASKED, Choice
from multiplane.core.compute import Compute
from multiplane.core.plugins import NETWORKS, choose, make, not_installed
from multiplane.hub import weights
from multiplane.split.detect.backend import BACKENDS, Detector
from multiplane.split.detect.config import (
    GROUP,
    AutoOptions,
    Backend,
    DFineOptions,
    PartsOptions,
    RfDetrOptions,
    YoloOptions,
)
from multiplane.split.segment.config import CombinedOptions

D_FINE = ("d-fine-large", "d-fine-medium", "d-fine-small", "d-fine-nano")
RF_DETR = ("rf-detr-large", "rf-detr-medium", "rf-detr-base", "rf-detr-small", "rf-detr-nano")
"""What ``auto`` takes when it is on this machine, the best first."""
SALIENCE = CombinedOptions().salient.model


def choose_backend(options: Backend) -> Choice[Backend]:
    """What ``auto`` stands for on this machine; anything else stands for itself.

    Nothing is fetched and no model library is loaded to find out.

    Args:
        options: What was asked for.
    """
    if not isinstance(options, AutoOptions):
        return Choice(options, ASKED)
    candidates = [*map(_d_fine, D_FINE), *map(_rf_detr, RF_DETR)]
    here = next((one for one in candidates if not weights.why_absent(one.model)), None)
    if here is None:
        return Choice(PartsOptions(), f"no detector: {weights.why_absent(DFineOptions().model)}")
    gone = not_installed(NETWORKS)
    if gone:
        return Choice(PartsOptions(), f"{here.model} is here, but {gone}")
    return Choice(here, f"the weights of {here.model} are on this machine")


def segmenter_of(options: PartsOptions) -> tuple[Literal["combined", "motion"], str]:
    """How parts are found where no masks are handed in, and why. Nothing is fetched."""
    if options.segmenter != "auto":
        return options.segmenter, "asked for"
    absent = weights.why_absent(SALIENCE)
    return ("motion", absent) if absent else ("combined", f"{SALIENCE} is on this machine")


def models_of(options: Backend) -> tuple[str, ...]:
    """The hub names or paths of the weights that take part; those of YOLO are always a path.

    What is no file yet is left out: the backend says what it wants of it when it is opened.

    Args:
        options: Of a backend; what ``auto`` stands for is found out before.
    """
    if isinstance(options, DFineOptions | RfDetrOptions):
        return (options.model,)
    if isinstance(options, YoloOptions):
        path = Path(options.model).expanduser().absolute()
        return (str(path),) if path.is_file() and path.stat().st_size else ()
    if isinstance(options, PartsOptions):
        return (SALIENCE,) if segmenter_of(options)[0] == "combined" else ()
    return ()


def open_detector(choice: Choice[Backend], compute: Compute) -> Detector:
    """Load the backend.

    Args:
        choice: Which one.
        compute: Where and how networks run.

    Raises:
        WeightsError: Its weights cannot be had.
    """
    backend = choose(BACKENDS, choice.options.kind, GROUP)
    made: Detector = make(backend, choice.options, compute=compute)
    return made


def _d_fine(model: str) -> DFineOptions | RfDetrOptions:
    return DFineOptions(model=model)


def _rf_detr(model: str) -> DFineOptions | RfDetrOptions:
    return RfDetrOptions(model=model)
