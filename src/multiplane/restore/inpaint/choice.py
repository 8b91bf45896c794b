"""Which backend invents, and why."""

from __future__ import annotations

from dataclasses import dataclass

from multiplane.core.config import Options
from multiplane.core.plugins import not_installed
from multiplane.hub import weights
from multiplane.restore.inpaint.config import AutoOptions, LamaOptions, PatchMatchOptions

_PACKAGES = ("torch", "safetensors")


@dataclass(frozen=True)
class Choice:
    """A backend and the reason for it.

    Attributes:
        options: Those of the backend.
        why: In words, for the log, the record and the report.
    """

    options: Options
    why: str

    @property
    def kind(self) -> str:
        """The backend's name."""
        return str(self.options.model_dump()["kind"])


def decide(options: Options) -> Choice:
    """Say what ``auto`` stands for; other choices are taken as they are.

    Nothing is fetched or loaded to find out.

    Args:
        options: One of the option models of the stage's ``backend``.

    Returns:
        The choice.
    """
    if not isinstance(options, AutoOptions):
        return Choice(options, "asked for")
    lama = LamaOptions()
    lacking = weights.why_absent(lama.model) or not_installed(_PACKAGES)
    if lacking:
        return Choice(PatchMatchOptions(), f"no weights are needed for it; for lama, {lacking}")
    return Choice(lama, f"the weights {lama.model} are here")
