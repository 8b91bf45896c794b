"""The backends of a run, each loaded once."""

from __future__ import annotations

from typing import NamedTuple

from multiplane.core.compute import Compute
from multiplane.core.config import Options
from multiplane.core.errors import MultiplaneError
from multiplane.restore.inpaint.propose import Proposer, open_proposer


class Opened(NamedTuple):
    """A loaded backend.

    Attributes:
        proposer: What gives the answers.
        notes: What was said while it was loaded.
    """

    proposer: Proposer
    notes: tuple[str, ...]


class Proposers:
    """Loads backends when they are first asked for, and keeps them.

    One that cannot be loaded is not tried again: whoever asks for it meets the same error.
    """

    def __init__(self, compute: Compute | None = None) -> None:
        """Nothing is loaded yet.

        Args:
            compute: Where and how networks run.
        """
        self._compute = compute
        self._opened: dict[str, Opened | MultiplaneError] = {}

    def get(self, options: Options) -> Opened:
        """The backend that the options are for.

        Args:
            options: One of the option models of a backend; not those of ``auto``.

        Returns:
            It, loaded.

        Raises:
            MultiplaneError: It cannot be loaded.
        """
        key = f"{type(options).__module__}.{type(options).__name__} {options.model_dump_json()}"
        if key not in self._opened:
            self._opened[key] = self._open(options)
        found = self._opened[key]
        if isinstance(found, MultiplaneError):
            raise found
        return found

    def _open(self, options: Options) -> Opened | MultiplaneError:
        try:
            proposer = open_proposer(options, self._compute)
        except MultiplaneError as error:
            return error
        return Opened(proposer, tuple(proposer.notes))
