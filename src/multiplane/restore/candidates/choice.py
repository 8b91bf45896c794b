"""Which backend invents, and why."""

from __future__ import annotations

from multiplane.core.choice import ASKED, Choice
from multiplane.core.config import Options
from multiplane.core.plugins import not_installed
from multiplane.hub import pipelines, weights
from multiplane.restore.candidates.config import AutoOptions
from multiplane.restore.inpaint.config import LamaOptions, PatchMatchOptions
from multiplane.restore.inpaint.diffusion import DiffusionOptions

_DIFFUSION = ("torch", "diffusers", "transformers", "safetensors")
_LAMA = ("torch", "safetensors")


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
    diffusion, lama = DiffusionOptions(), LamaOptions()
    lacks_diffusion = pipelines.why_absent(diffusion.model) or not_installed(_DIFFUSION)
    if not lacks_diffusion:
        return Choice(diffusion, f"the weights {diffusion.model} are here")
    why = f"for diffusion, {lacks_diffusion}"
    lacks_lama = weights.why_absent(lama.model) or not_installed(_LAMA)
    if not lacks_lama:
        return Choice(lama, f"the weights {lama.model} are here; {why}")
    return Choice(
        PatchMatchOptions(), f"no weights are needed for it; {why}; for lama, {lacks_lama}"
    )
