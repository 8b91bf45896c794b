"""Which backend invents, and why."""

from __future__ import annotations

from multiplane.core.choice import ASKED, Choice
from multiplane.core.config import Options
from multiplane.core.plugins import not_installed
from multiplane.hub import weights
from multiplane.restore.inpaint.config import AutoOptions, LamaOptions, PatchMatchOptions

_PACKAGES = ("torch", "safetensors")


def decide(options: Options) -> Choice[Options]:
    """Say what ``auto`` stands for; other choices are taken as they are.

    Nothing is fetched or loaded to find out.

    Args:
        options: One of the option models of the stage's ``backend``.

    Returns:
        The choice.
    """
    if not isinstance(options, AutoOptions):
        return Choice(options, ASKED)
    lama = LamaOptions()
    lacking = weights.why_absent(lama.model) or not_installed(_PACKAGES)
    if lacking:
        return Choice(PatchMatchOptions(), f"no weights are needed for it; for lama, {lacking}")
    return Choice(lama, f"the weights {lama.model} are here")
