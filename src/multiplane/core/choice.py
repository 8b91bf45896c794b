"""Which backend does the work, and why it and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from multiplane.core.config import Options

ASKED = "asked for"
"""Why a backend is taken that was named."""

B = TypeVar("B", bound=Options)


@dataclass(frozen=True)
class Choice(Generic[B]):
    """A backend and the reason for it.

    Attributes:
        options: Those of the backend.
        why: In words, for the log, the record and the report.
    """

    options: B
    why: str

    @property
    def kind(self) -> str:
        """The backend's name."""
        return str(self.options.model_dump()["kind"])
