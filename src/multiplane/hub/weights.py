"""Weights by name: ``find("u2netp")`` gives the file, fetched when it is not here yet."""

from __future__ import annotations

from pathlib import Path

from multiplane.hub import lookup
from multiplane.hub.cache import default_cache, remembered_sha256
from multiplane.hub.table import entry_of


def find(
    name: str, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None, *, offline: bool = False,
) -> Path:  # fmt: skip
    """Find weights by name: explicit path, local folder, cache, source, in this order.

    Args:
        name: An entry of :data:`multiplane.hub.table.MODELS`.
        explicit: A file of the user's own; taken as it is.
        folder: A folder of models.
        cache: The cache; None for the default one.
        offline: Do not fetch.

    Returns:
        The file.

    Raises:
        ConfigError: There is no model of that name.
        WeightsError: It is not there and cannot be fetched, or has another hash than the table.
        OutputError: The cache cannot be written.
    """
    return lookup.find(entry_of("models", name), explicit, folder, cache, offline=offline)


def locate(
    name: str, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None,
) -> Path | None:  # fmt: skip
    """Find weights on this machine without fetching; None when they are not here.

    Args:
        name: An entry of :data:`multiplane.hub.table.MODELS`.
        explicit: A file of the user's own; taken as it is.
        folder: A folder of models.
        cache: The cache; None for the default one.

    Returns:
        The file or None.

    Raises:
        ConfigError: There is no model of that name.
        WeightsError: ``explicit`` is not a file, or a file of that name has another hash.
    """
    return lookup.locate(entry_of("models", name), explicit, folder, cache)


def pull(name: str, cache: Path | None = None) -> Path:
    """Fetch weights into the cache unless they are there.

    Args:
        name: An entry of :data:`multiplane.hub.table.MODELS`.
        cache: The cache; None for the default one.

    Returns:
        The file.

    Raises:
        ConfigError: There is no model of that name.
        WeightsError: They cannot be fetched, or what came has another size or hash.
        OutputError: The cache cannot be written.
    """
    return lookup.pull(entry_of("models", name), cache)


def fingerprint(name: str, explicit: Path | None = None, cache: Path | None = None) -> str:
    """Name and hash of the weights that ``find`` would give, without fetching them.

    A stage's fingerprint is made of these.

    Args:
        name: An entry of :data:`multiplane.hub.table.MODELS`.
        explicit: A file of the user's own, hashed; None for the table's.
        cache: Where the hash of ``explicit`` is remembered; None for the default one.

    Returns:
        ``name@`` and 16 hex digits of the SHA-256.

    Raises:
        ConfigError: There is no model of that name.
        WeightsError: ``explicit`` is not a file.
    """
    entry = entry_of("models", name)
    digest = entry.sha256
    if explicit is not None:
        lookup.locate(entry, explicit)
        digest = remembered_sha256(explicit, cache or default_cache())
    return f"{name}@{digest[:16]}"
