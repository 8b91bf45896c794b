"""Whatever has a name in the table, one file or a bundle: where it is, where it belongs."""

from __future__ import annotations

from pathlib import Path

from multiplane.hub import bundles, lookup, pulling
from multiplane.hub.entries import Bundle, Known


def locate(
    entry: Known, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None,
) -> Path | None:  # fmt: skip
    """Look for what the table knows on this machine, without fetching.

    Args:
        entry: Out of the table.
        explicit: A file or folder of the user's own; taken as it is.
        folder: A folder of models; None for the one of this process, if any.
        cache: The cache; None for the default one.

    Returns:
        The file, the folder of a bundle, or None.

    Raises:
        WeightsError: ``explicit`` is not there, or a file has another hash.
    """
    if isinstance(entry, Bundle):
        found = bundles.locate(entry, explicit, folder, cache)
        return found.folder if found else None
    return lookup.locate(entry, explicit, folder, cache)


def find(
    entry: Known, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None, *, offline: bool = False,
) -> Path:  # fmt: skip
    """Look for what the table knows and fetch it when it is not there.

    Args:
        entry: Out of the table.
        explicit: A file or folder of the user's own; taken as it is.
        folder: A folder of models; None for the one of this process, if any.
        cache: The cache; None for the default one.
        offline: Do not fetch.

    Returns:
        The file, or the folder of a bundle.

    Raises:
        MissingDependencyError: What it is fetched with is not installed.
        WeightsError: It is not there and cannot be fetched, or a file has another hash.
        OutputError: The cache cannot be written.
    """
    if isinstance(entry, Bundle):
        return pulling.find(entry, explicit, folder, cache, offline=offline).folder
    return lookup.find(entry, explicit, folder, cache, offline=offline)


def pull(entry: Known, cache: Path | None = None) -> Path:
    """Fetch what the table knows into the cache unless it is there.

    Args:
        entry: Out of the table.
        cache: The cache; None for the default one.

    Returns:
        The file, or the folder of a bundle.

    Raises:
        MissingDependencyError: What it is fetched with is not installed.
        WeightsError: It cannot be fetched, or what came has another size or hash.
        OutputError: The cache cannot be written.
    """
    if isinstance(entry, Bundle):
        return pulling.pull(entry, cache).folder
    return lookup.pull(entry, cache)


def identity(entry: Known, explicit: Path | None = None, cache: Path | None = None) -> str:
    """What tells weights apart: a hash or a commit, the same before and after they are fetched.

    Args:
        entry: Out of the table.
        explicit: A file or folder of the user's own.
        cache: The cache; None for the default one.

    Returns:
        40 or 64 hex digits.

    Raises:
        WeightsError: ``explicit`` is not there, or a repository cannot be pinned.
    """
    if isinstance(entry, Bundle):
        return pulling.identify(entry, explicit, cache)
    return lookup.identity(entry, explicit, cache)


def is_shared(entry: Known, cache: Path | None = None) -> bool:
    """Whether what :func:`locate` gives lies where other programs keep what they fetched.

    Args:
        entry: Out of the table.
        cache: The cache; None for the default one.

    Raises:
        WeightsError: A file has another hash.
    """
    found = bundles.locate(entry, cache=cache) if isinstance(entry, Bundle) else None
    return found is not None and found.shared


def place(entry: Known, cache: Path | None = None) -> Path:
    """Where the cache keeps it, whether it is there or not.

    Args:
        entry: Out of the table.
        cache: The cache; None for the default one.

    Returns:
        The file, or the folder of a bundle.
    """
    return bundles.home(entry, cache) if isinstance(entry, Bundle) else lookup.place(entry, cache)


def by_hand(entry: Known, cache: Path | None = None) -> str:
    """What a person does on a machine that cannot fetch it.

    Args:
        entry: Out of the table.
        cache: The cache; None for the default one.
    """
    if isinstance(entry, Bundle):
        return pulling.by_hand(entry, cache)
    return lookup.by_hand(entry, cache)
