"""Weights by name or path: ``find("sam2.1-large")`` gives the folder, fetched when it is not here.

A model is a name of the table, or the path of a file or folder of the user's own. One file gives
the file; the files of a repository that belong together give their folder.
"""

from __future__ import annotations

from pathlib import Path

from multiplane.core.errors import ConfigError, MultiplaneError
from multiplane.hub import own, shelf
from multiplane.hub.cache import default_cache
from multiplane.hub.entries import Known
from multiplane.hub.table import MODELS, entry_of


def find(
    model: str, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None, *, offline: bool = False,
) -> Path:  # fmt: skip
    """Find weights: a path as it is; a name in the local folder, the cache, at its source.

    Args:
        model: A name of :data:`multiplane.hub.table.MODELS`, or a path.
        explicit: A file or folder of the user's own; taken as it is.
        folder: A folder of models; None for the one of this process, if any.
        cache: The cache; None for the default one.
        offline: Do not fetch.

    Returns:
        The file, or the folder of files that belong together.

    Raises:
        ConfigError: There is no model of that name.
        WeightsError: It is not there and cannot be fetched, or has another hash than the table.
        OutputError: The cache cannot be written.
    """
    named = _named(model)
    if named is None:
        return own.find_own(model)
    return shelf.find(named, explicit, folder, cache, offline=offline)


def locate(
    model: str, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None,
) -> Path | None:  # fmt: skip
    """Find weights on this machine without fetching; None when they are not here.

    Args:
        model: A name of :data:`multiplane.hub.table.MODELS`, or a path.
        explicit: A file or folder of the user's own; taken as it is.
        folder: A folder of models; None for the one of this process, if any.
        cache: The cache; None for the default one.

    Returns:
        The file, the folder of files that belong together, or None.

    Raises:
        ConfigError: There is no model of that name.
        WeightsError: A path leads nowhere, or a file has another hash than the table.
    """
    named = _named(model)
    if named is None:
        return own.find_own(model)
    return shelf.locate(named, explicit, folder, cache)


def why_absent(model: str, cache: Path | None = None) -> str:
    """Why weights cannot be used without fetching; empty when they are here and whole.

    For a stage that chooses by what is at hand: it says this in its record.

    Args:
        model: A name of :data:`multiplane.hub.table.MODELS`, or a path.
        cache: The cache; None for the default one.

    Raises:
        ConfigError: There is no model of that name.
    """
    try:
        if locate(model, cache=cache) is not None:
            return ""
    except ConfigError:
        raise
    except MultiplaneError as error:
        return error.what
    return f"{model} is not here; multiplane models pull {model} fetches it"


def pull(name: str, cache: Path | None = None) -> Path:
    """Fetch weights into the cache unless they are there.

    Args:
        name: An entry of :data:`multiplane.hub.table.MODELS`.
        cache: The cache; None for the default one.

    Returns:
        The file or folder.

    Raises:
        ConfigError: There is no model of that name.
        MissingDependencyError: What it is fetched with is not installed.
        WeightsError: They cannot be fetched, or what came has another size or hash.
        OutputError: The cache cannot be written.
    """
    return shelf.pull(entry_of("models", name), cache)


def fingerprint(model: str, explicit: Path | None = None, cache: Path | None = None) -> str:
    """What tells the weights apart that ``find`` would give. A stage's fingerprint is made of it.

    It is the same before and after they are fetched: the hash of the table, or the commit of a
    repository. A repository without a commit in the table is pinned now, which asks the hub for
    one answer. Weights of the user's own are told apart by what is in them.

    Args:
        model: A name of :data:`multiplane.hub.table.MODELS`, or a path.
        explicit: A file or folder of the user's own, hashed; None for the table's.
        cache: Where hashes are remembered; None for the default one.

    Returns:
        The name, ``@`` and 16 hex digits.

    Raises:
        ConfigError: There is no model of that name.
        WeightsError: A path leads nowhere, or a repository cannot be pinned.
    """
    named = _named(model)
    if named is None:
        path = own.find_own(model)
        return f"own@{own.contents(path, cache or default_cache())[:16]}"
    return f"{model}@{shelf.identity(named, explicit, cache)[:16]}"


def ready(model: str) -> str:
    """Have weights here, and tell them apart: what a stage's fingerprint calls before a run.

    A network that cannot be had is told of at once, and not when the steps before it are through.

    Args:
        model: A name of :data:`multiplane.hub.table.MODELS`, or a path.

    Returns:
        What :func:`fingerprint` gives.

    Raises:
        ConfigError: There is no model of that name.
        WeightsError: It is not there and cannot be fetched, or has another hash than the table.
        OutputError: The cache cannot be written.
    """
    find(model)
    return fingerprint(model)


def _named(model: str) -> Known | None:
    """The entry of a name; None for a path.

    Raises:
        ConfigError: It is neither.
    """
    if model not in MODELS and own.is_path(model):
        return None
    return entry_of("models", model)
