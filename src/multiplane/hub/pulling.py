"""Fetching a bundle: every file of one commit, into a folder that appears whole or not at all."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from multiplane.core.atomic import explain_write_error
from multiplane.core.errors import (
    MissingDependencyError,
    OutputError,
    WeightsError,
)
from multiplane.hub import bundles, shared
from multiplane.hub.bundles import Found
from multiplane.hub.cache import keeping_in, models_folder, sha256_of
from multiplane.hub.entries import Bundle, BundleFile, in_words
from multiplane.hub.lock import only_one
from multiplane.hub.pins import FILE_NAME, Pin, read_pin, write_pin
from multiplane.hub.repositories import Listing, fetch_into, look_at

logger = logging.getLogger(__name__)


def find(
    bundle: Bundle, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None, *, offline: bool = False,
) -> Found:  # fmt: skip
    """Look for a bundle on this machine and fetch it into the cache when it is not there.

    Args:
        bundle: What is wanted.
        explicit: A folder of the user's own; taken as it is.
        folder: A folder of models; None for the one of this process, if any.
        cache: The cache; None for the default one.
        offline: Do not fetch.

    Returns:
        Where it is.

    Raises:
        MissingDependencyError: ``huggingface_hub`` is not installed.
        WeightsError: It is not there and cannot be fetched, or a file has another hash.
        OutputError: The cache cannot be written.
    """
    found = bundles.locate(bundle, explicit, folder, cache)
    if found is not None:
        return _told(bundle, found)
    if offline:
        raise WeightsError(
            f"{bundle.name} is not on this machine",
            why="fetching was forbidden",
            fix=by_hand(bundle, cache),
        )
    return pull(bundle, cache)


def pull(bundle: Bundle, cache: Path | None = None) -> Found:
    """Fetch a bundle into the cache unless it is there, or where other programs keep theirs.

    Two processes that ask at the same time fetch once: the second waits for the first.

    Args:
        bundle: What is wanted.
        cache: The cache; None for the default one.

    Returns:
        Where it is, whole.

    Raises:
        MissingDependencyError: ``huggingface_hub`` is not installed.
        WeightsError: It cannot be fetched, or what came has another size or hash.
        OutputError: The cache cannot be written.
    """
    home = bundles.home(bundle, cache)
    try:
        with keeping_in(cache), only_one(home.with_name(f".{bundle.name}.lock")):
            held = _held(bundle, cache) or bundles.locate_shared(bundle, cache)
            return _told(bundle, held) if held is not None else _fetch(bundle, home)
    except (WeightsError, MissingDependencyError) as error:
        fix = f"{error.fix}. Or: {by_hand(bundle, cache)}" if error.fix else by_hand(bundle, cache)
        what = f"cannot get {bundle.name} ({bundle.size}): {error.what}"
        raise type(error)(what, why=error.why, fix=fix) from error


def identify(bundle: Bundle, explicit: Path | None = None, cache: Path | None = None) -> str:
    """What tells the weights apart that :func:`find` gives, without fetching them.

    Args:
        bundle: What is wanted.
        explicit: A folder of the user's own.
        cache: The cache; None for the default one.

    Returns:
        40 or 64 hex digits: the commit where it is known, else a hash of a folder of the user's.

    Raises:
        MissingDependencyError: ``huggingface_hub`` is not installed.
        WeightsError: The repository has no commit in the table and cannot be asked for one.
        OutputError: The cache cannot be written.
    """
    found = bundles.locate(bundle, explicit, cache=cache)
    if found is not None:
        return bundles.identity(bundle, found, cache)
    if bundle.revision is not None:
        return bundle.revision
    promise = _promise(bundles.home(bundle, cache))
    pin = read_pin(promise)
    if pin is not None and pin.repository == bundle.repository:
        return pin.revision
    try:
        revision = look_at(bundle.repository, None).revision
    except (WeightsError, MissingDependencyError) as error:
        raise type(error)(
            f"cannot tell which {bundle.name} this would be: {error.what}",
            why=error.why,
            fix=f"{error.fix}. Or: {by_hand(bundle, cache)}" if error.fix
            else by_hand(bundle, cache),
        ) from error  # fmt: skip
    write_pin(promise, Pin(bundle.repository, revision, {}))
    return revision


def by_hand(bundle: Bundle, cache: Path | None = None) -> str:
    """What a person does on a machine that cannot fetch.

    Args:
        bundle: What is wanted.
        cache: The cache; None for the default one.
    """
    names = ", ".join(file.name for file in bundle.files if file.needed)
    at = f" at {bundle.revision}" if bundle.revision else ""
    own = models_folder()
    place = own / bundle.name if own else Path("FOLDER") / bundle.name
    told = "" if own else " and type: export MULTIPLANE_MODELS=FOLDER"
    return (
        f"with a network, type: multiplane models pull {bundle.name}. Without one, put {names} "
        f"of {bundle.page}{at} into {place}{told}"
    )


def _told(bundle: Bundle, found: Found) -> Found:
    """What was found; where nobody would expect it, that is said."""
    logger.debug("%s: %s", bundle.name, found.folder)
    if found.shared:
        shared.tell(bundle.name, found.folder)
    return found


def _promise(home: Path) -> Path:
    """Where the commit is kept that a fingerprint named before anything was fetched."""
    return home.with_name(f".{home.name}.pin.json")


def _held(bundle: Bundle, cache: Path | None) -> Found | None:
    """What the cache holds, if it is whole; what is damaged there is fetched anew."""
    try:
        return bundles.locate_in_cache(bundle, cache)
    except WeightsError as error:
        logger.info("%s", error.what)
        return None


def _fetch(bundle: Bundle, home: Path) -> Found:
    """Bring every file beside the place and rename the folder into it.

    Raises:
        OutputError: The cache cannot be written.
    """
    promised = read_pin(_promise(home))
    kept = promised.revision if promised and promised.repository == bundle.repository else None
    listing = look_at(bundle.repository, bundle.revision or kept)
    wanted = _wanted(bundle, listing)
    size = in_words(sum(listing.files[file.name].size_bytes for file in wanted))
    logger.info("%s is not here yet: fetching %s at %s", bundle.name, size, listing.revision)
    part = home.with_name(f".part-{home.name}")
    try:
        shutil.rmtree(part, ignore_errors=True)  # of a process that died; the lock is ours
        part.mkdir(parents=True)
        files = {}
        for file in wanted:
            path = fetch_into(bundle.repository, listing.revision, file.name, part)
            files[file.name] = _check(bundle, file, path, listing)
        for hidden in part.glob(".*"):  # the client's notes
            shutil.rmtree(hidden, ignore_errors=True)
        write_pin(part / FILE_NAME, Pin(bundle.repository, listing.revision, files))
        _swap(part, home)
    except OSError as error:
        told = explain_write_error(home, error)
        raise OutputError(told.what, why=told.why, fix=told.fix) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _promise(home).unlink(missing_ok=True)
    return Found(home, listing.revision)


def _wanted(bundle: Bundle, listing: Listing) -> list[BundleFile]:
    """The files to fetch, which are there and no larger than they may be.

    Raises:
        WeightsError: One is not there, or they are too large.
    """
    absent = [f.name for f in bundle.files if f.needed and f.name not in listing.files]
    if absent:
        raise WeightsError(
            f"{bundle.repository} holds no {', '.join(absent)} at {listing.revision[:12]}",
            why="the repository is laid out in another way than the table says",
        )
    wanted = [file for file in bundle.files if file.name in listing.files]
    size = sum(listing.files[file.name].size_bytes for file in wanted)
    if size > bundle.limit_bytes:
        raise WeightsError(
            f"{bundle.repository} has {in_words(size)}, at most {in_words(bundle.limit_bytes)} "
            "were expected",
            why="nothing larger than the table says is fetched",
        )
    return wanted


def _check(bundle: Bundle, file: BundleFile, path: Path, listing: Listing) -> str:
    """Compare what came with the table and with what the hub said of it; give its SHA-256.

    Raises:
        WeightsError: Its size or hash differs.
    """
    size = path.stat().st_size
    digest = sha256_of(path)
    told = listing.files[file.name]
    sizes = {file.size_bytes or size, told.size_bytes}
    digests = {file.sha256 or digest, told.sha256 or digest}
    if sizes != {size} or digests != {digest}:
        raise WeightsError(
            f"{file.name} of {bundle.repository} came with {size} bytes and sha256 "
            f"{digest[:12]}..., wanted {told.size_bytes} bytes and "
            f"{(file.sha256 or told.sha256 or '')[:12]}...",
            why="the transfer broke, or the hub gave another file than the pinned one",
            fix=f"try again: multiplane models pull {bundle.name}",
        )
    return digest


def _swap(part: Path, home: Path) -> None:
    """Rename a folder into place; what stood there is removed."""
    old = home.with_name(f".old-{home.name}")
    shutil.rmtree(old, ignore_errors=True)
    if home.exists():
        home.replace(old)
    part.replace(home)
    shutil.rmtree(old, ignore_errors=True)
