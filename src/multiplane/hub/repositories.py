"""Files out of model repositories, through ``huggingface_hub`` where it is installed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from multiplane.core.errors import ConfigError, MissingDependencyError, WeightsError
from multiplane.core.plugins import load
from multiplane.hub.pins import COMMIT
from multiplane.hub.sources import HubSource

SAFE_SUFFIXES = (".safetensors", ".onnx", ".json", ".txt")
"""Formats that hold data and cannot hold code."""


@dataclass(frozen=True)
class Listed:
    """What the hub says of one file.

    Attributes:
        size_bytes: Its size.
        sha256: Its hash where the hub stores it apart, as it does with weights; else None.
    """

    size_bytes: int
    sha256: str | None


@dataclass(frozen=True)
class Listing:
    """A repository at one commit.

    Attributes:
        revision: The full commit.
        files: Name → what the hub says of it.
    """

    revision: str
    files: dict[str, Listed]


def look_at(repository: str, revision: str | None) -> Listing:
    """Ask the hub what is in a repository.

    Args:
        repository: ``owner/name``.
        revision: The full commit; None for where its default branch stands now.

    Returns:
        Its files at a commit, which from then on names what was seen.

    Raises:
        ConfigError: The revision is not a full commit.
        MissingDependencyError: ``huggingface_hub`` is not installed.
        WeightsError: The hub cannot be asked, has no such repository, or wants terms accepted.
    """
    if revision is not None:
        _check_revision(repository, revision)
    _check_client(repository)
    api: Any = load("huggingface_hub:HfApi")()
    try:
        told = api.model_info(repository, revision=revision, files_metadata=True)
    except Exception as error:  # its network errors derive from nothing nearer
        explained = _explain(repository, f"cannot look at {repository}", error)
        raise explained from error
    files = {
        one.rfilename: Listed(int(one.size or 0), one.lfs.sha256 if one.lfs else None)
        for one in told.siblings or []
    }
    if not COMMIT.fullmatch(told.sha or ""):
        raise WeightsError(
            f"the hub named no commit of {repository}",
            why=f"it said {told.sha!r}, and a branch can change under us",
        )
    return Listing(told.sha, files)


def fetch_into(repository: str, revision: str, file: str, folder: Path) -> Path:
    """Bring one file of a repository into a folder, under its own name.

    Args:
        repository: ``owner/name``.
        revision: The full commit.
        file: The file inside the repository.
        folder: Where it goes. What it holds is not checked here.

    Returns:
        The file.

    Raises:
        ConfigError: The revision is not a full commit, or the file could hold code.
        MissingDependencyError: ``huggingface_hub`` is not installed.
        WeightsError: The file cannot be fetched.
    """
    _check_revision(repository, revision)
    _check_suffix(repository, file)
    _check_client(f"{file} of {repository}")
    download: Any = load("huggingface_hub:hf_hub_download")
    try:
        return Path(download(repository, file, revision=revision, local_dir=folder))
    except Exception as error:
        what = f"cannot fetch {file} of {repository} at {revision[:12]}"
        explained = _explain(repository, what, error)
        raise explained from error


def fetch_file(source: HubSource, target: Path, limit_bytes: int) -> None:
    """Bring one file out of a model repository.

    Args:
        source: Repository, pinned revision and file.
        target: Where to write it; its folder exists. What it holds is not checked here.
        limit_bytes: The most it may hold.

    Raises:
        ConfigError: The revision is not a full commit, or the file could hold code.
        MissingDependencyError: ``huggingface_hub`` is not installed.
        WeightsError: The file cannot be fetched or is too large.
    """
    _check_revision(source.repository, source.revision)
    _check_suffix(source.repository, source.file)
    _check_client(str(source))
    download: Any = load("huggingface_hub:hf_hub_download")
    try:
        held = Path(download(source.repository, source.file, revision=source.revision))
    except Exception as error:
        explained = _explain(source.repository, f"cannot fetch {source}", error)
        raise explained from error
    if held.stat().st_size > limit_bytes:
        raise WeightsError(
            f"{source} has {held.stat().st_size} bytes, wanted {limit_bytes}",
            why="the repository gave another file than the pinned one",
        )
    shutil.copyfile(held, target)


def _check_revision(repository: str, revision: str) -> None:
    """Refuse branches and tags.

    Raises:
        ConfigError: The revision is not a full commit.
    """
    if not COMMIT.fullmatch(revision):
        raise ConfigError(
            f"revision {revision!r} of {repository} is not pinned",
            why="a branch or tag can change under us",
            fix="name the full commit, 40 hex digits",
        )


def _check_suffix(repository: str, file: str) -> None:
    """Refuse formats that can run code.

    Raises:
        ConfigError: The file is of another format.
    """
    if not file.endswith(SAFE_SUFFIXES):
        raise ConfigError(
            f"{file} of {repository} is not one of {', '.join(SAFE_SUFFIXES)}",
            why="other formats can run code while they are read",
            fix="name the .safetensors file of the same repository",
        )


def _check_client(what: str) -> None:
    """Make sure that the hub can be asked.

    Raises:
        MissingDependencyError: ``huggingface_hub`` is not installed.
    """
    if find_spec("huggingface_hub") is None:
        raise MissingDependencyError(
            f"{what} needs the package 'huggingface_hub'",
            why="it is optional, so the core install stays small",
            fix="pip install huggingface_hub, or all of it: pip install 'multiplane[neural]'",
        )


def _explain(repository: str, what: str, error: Exception) -> WeightsError:
    """Say what a refusal of the hub means; its errors are told apart by their names."""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    why = next((line.strip() for line in str(error).splitlines() if line.strip()), kinds[0])
    page = f"https://huggingface.co/{repository}"
    if "GatedRepoError" in kinds:
        return WeightsError(
            f"{what}: its terms have not been accepted",
            why="its makers give it only to accounts that accepted the terms on its page",
            fix=f"accept the terms at {page}, then log in: hf auth login",
        )
    if "RepositoryNotFoundError" in kinds:
        return WeightsError(
            f"{what}: the hub has no such repository, or hides it from this account",
            why=why,
            fix=f"open {page} in a browser, and log in where it asks for it: hf auth login",
        )
    return WeightsError(what, why=why)
