"""What the table says of a model: one file, or the files of one repository that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from multiplane.hub.sources import Source

Kind: TypeAlias = Literal["models", "media"]


@dataclass(frozen=True)
class Entry:
    """One file that we know by name.

    Attributes:
        name: What a user types.
        title: What it is called by those who made it.
        kind: ``models`` or ``media``; also the folder of the cache it lives in.
        source: Where it comes from.
        file: Its file name here.
        sha256: Of the file, 64 hex digits.
        size_bytes: Of the file.
        licence: SPDX name where there is one.
        commercial: Whether commercial use is allowed; what is not is never a default.
        credit: Who made it.
        purpose: What it is for, in one sentence.
        layouts: Where else below a folder of models other programs keep the same weights, with
            forward slashes; they may be stored otherwise there, so no hash is compared.
    """

    name: str
    title: str
    kind: Kind
    source: Source
    file: str
    sha256: str
    size_bytes: int
    licence: str
    commercial: bool
    credit: str
    purpose: str
    layouts: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        """Its size for a person."""
        return in_words(self.size_bytes)


@dataclass(frozen=True)
class BundleFile:
    """One file of a bundle.

    Attributes:
        name: Its name, in the repository and here.
        sha256: 64 hex digits; None where only the repository can tell.
        size_bytes: None where only the repository can tell.
        needed: Whether a folder without it is no model; others are fetched where they exist.
    """

    name: str
    sha256: str | None = None
    size_bytes: int | None = None
    needed: bool = True


@dataclass(frozen=True)
class Bundle:
    """Several files of one model repository that belong together, in one folder.

    Attributes:
        name: What a user types.
        title: What it is called by those who made it.
        repository: ``owner/name`` on the model hub.
        revision: The full commit, 40 hex digits; None when the first pull pins one.
        files: Those that are fetched, and that a folder of the user's own must hold.
        limit_bytes: The most they may hold together.
        licence: SPDX name where there is one.
        commercial: Whether commercial use is allowed; what is not is never a default.
        credit: Who made it.
        purpose: What it is for, in one sentence.
        gated: Whether its page wants terms accepted first; such a model is never a default.
    """

    kind: ClassVar[Literal["models"]] = "models"

    name: str
    title: str
    repository: str
    revision: str | None
    files: tuple[BundleFile, ...]
    limit_bytes: int
    licence: str
    commercial: bool
    credit: str
    purpose: str
    gated: bool = False

    @property
    def size(self) -> str:
        """Its size for a person; a bound where only the repository can tell."""
        large = [file for file in self.files if file.name.endswith(".safetensors")]
        if all(file.size_bytes for file in large):
            return in_words(sum(file.size_bytes or 0 for file in self.files))
        return f"< {in_words(self.limit_bytes)}"

    @property
    def page(self) -> str:
        """Where a person reads about it, and accepts its terms."""
        return f"https://huggingface.co/{self.repository}"


Known: TypeAlias = Entry | Bundle
"""Anything that has a name in the table."""


def in_words(size_bytes: int) -> str:
    """A size in MB of 10^6 bytes."""
    return f"{size_bytes / 1e6:.1f} MB"
