"""Finding the folder of a bundle on this machine.

First the local folder of models, then the cache, then what other programs have fetched.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from multiplane.core.errors import WeightsError
from multiplane.hub import shared
from multiplane.hub.cache import default_cache, models_folder, remembered_sha256
from multiplane.hub.entries import Bundle
from multiplane.hub.layout import INDEX
from multiplane.hub.own import contents
from multiplane.hub.pins import FILE_NAME, Pin, read_pin

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """A bundle on this machine.

    Attributes:
        folder: Where its files are.
        revision: The commit they were compared with; None when nobody knows which they are of.
        files: Those that are read, where they are not the ones of the table.
        shared: Whether it is in the cache of other programs.
    """

    folder: Path
    revision: str | None
    files: tuple[str, ...] = ()
    shared: bool = False


def home(bundle: Bundle, cache: Path | None = None) -> Path:
    """The folder of the cache that a bundle belongs into, whether it is there or not."""
    return (cache or default_cache()) / bundle.kind / bundle.name


def locate(
    bundle: Bundle, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None,
) -> Found | None:  # fmt: skip
    """Look for a bundle on this machine, without fetching.

    Args:
        bundle: What is wanted.
        explicit: A folder of the user's own; its hashes are not compared.
        folder: A folder of models; None for the one of this process, if any.
        cache: The cache; None for the default one.

    Returns:
        Its folder, all files there and compared with every hash that is known, or None.

    Raises:
        WeightsError: A folder of the user's own lacks a file, or a file has another hash.
    """
    if explicit is not None:
        _want_all(bundle, explicit)
        return Found(explicit, None)
    models = folder or models_folder()
    for candidate, revision in _candidates(bundle, models) if models else []:
        if candidate.is_dir() and any((candidate / file.name).is_file() for file in bundle.files):
            return _check_own(bundle, candidate, revision, cache)
    return locate_in_cache(bundle, cache) or locate_shared(bundle, cache)


def locate_in_cache(bundle: Bundle, cache: Path | None = None) -> Found | None:
    """Look for a bundle in the cache alone.

    Args:
        bundle: What is wanted.
        cache: The cache; None for the default one.

    Returns:
        Its folder, all files there and compared with every hash that is known, or None. Without
        the record of a fetch it was filled by hand.

    Raises:
        WeightsError: A file has another hash.
    """
    held = home(bundle, cache)
    if _missing(bundle, held):
        return None
    pin = read_pin(held / FILE_NAME)
    stale = pin is not None and bundle.revision not in {None, pin.revision}
    return None if stale else _check_own(bundle, held, None, cache)


def locate_shared(bundle: Bundle, cache: Path | None = None) -> Found | None:
    """Look for a bundle where other programs keep what they fetched of the same repository.

    Of a pipeline all weights of the commit do: the table names those in half precision, and
    diffusers fetches the others unless it is told. What is damaged there is told and left alone.

    Args:
        bundle: What is wanted.
        cache: Our own cache; None for the default one.

    Returns:
        Its folder, every file compared with all that is known of it, or None.
    """
    for snapshot in shared.snapshots(bundle.repository, bundle.revision, cache):
        try:
            wanted = _wanted_of(bundle, snapshot)
            proven = shared.prove(snapshot, wanted, cache)
        except (WeightsError, OSError) as error:
            logger.warning(
                "%s; it is not used", error.what if isinstance(error, WeightsError) else error
            )
            continue
        if wanted:
            same = {name for name in wanted if name.endswith(".safetensors")} <= {
                file.name for file in bundle.files
            }
            revision = snapshot.revision if proven and same else None
            return Found(snapshot.folder, revision, tuple(wanted), shared=True)
    return None


def _wanted_of(bundle: Bundle, snapshot: shared.Snapshot) -> dict[str, str | None]:
    """Name → SHA-256, if it is known, of the files that are read; none when some are absent.

    Raises:
        WeightsError: The index of a pipeline cannot be read.
    """
    told = {file.name: file.sha256 for file in bundle.files}
    if INDEX in told and (len(told) == 1 or any(name.endswith(".safetensors") for name in told)):
        read = shared.files_of_pipeline(snapshot)
        small = {
            name for name in _missing(bundle, snapshot.folder) if not name.endswith(".safetensors")
        }
        return {} if small else {name: told.get(name) for name in read}
    if _missing(bundle, snapshot.folder):
        return {}
    return {name: digest for name, digest in told.items() if (snapshot.folder / name).is_file()}


def identity(bundle: Bundle, found: Found, cache: Path | None = None) -> str:
    """What tells weights apart: the commit where it is known, else a hash of what is there.

    Args:
        bundle: What was wanted.
        found: What was found.
        cache: Where hashes are remembered; None for the default one.

    Returns:
        40 or 64 hex digits.
    """
    if found.revision is not None:
        return found.revision
    names = found.files or tuple(f.name for f in bundle.files if (found.folder / f.name).is_file())
    return contents(found.folder, cache or default_cache(), names)


def _candidates(bundle: Bundle, models: Path) -> list[tuple[Path, str | None]]:
    """Where a folder of models may hold a bundle, and the commit that the place promises."""
    owner, _, name = bundle.repository.partition("/")
    plain = [models / bundle.name, models / f"{owner}--{name}", models / owner / name]
    laid_out = models / f"models--{owner}--{name}"
    revision = bundle.revision or shared.branch(laid_out)
    deep = [(laid_out / "snapshots" / revision, revision)] if revision else []
    return [*((path, None) for path in plain), *deep]


def _missing(bundle: Bundle, folder: Path) -> list[str]:
    return [f.name for f in bundle.files if f.needed and not (folder / f.name).is_file()]


def _check_own(bundle: Bundle, folder: Path, revision: str | None, cache: Path | None) -> Found:
    """Compare a bundle with the table, and with the record of a fetch where there is one.

    Raises:
        WeightsError: It lacks a file, or one has another hash.
    """
    _want_all(bundle, folder)
    pin = read_pin(folder / FILE_NAME)
    if pin is not None and bundle.revision in {None, pin.revision}:
        _compare(bundle, folder, pin, cache)
        return Found(folder, pin.revision)
    _compare(bundle, folder, None, cache)
    whole = all(file.sha256 for file in bundle.files if file.needed)
    return Found(folder, revision or (bundle.revision if whole else None))


def _want_all(bundle: Bundle, folder: Path) -> None:
    """Make sure that no file is missing.

    Raises:
        WeightsError: One is.
    """
    missing = _missing(bundle, folder)
    if missing:
        raise WeightsError(
            f"{folder} is not all of {bundle.name}: {', '.join(missing)} is not there",
            why=f"it wants {', '.join(f.name for f in bundle.files if f.needed)}",
            fix=f"put it there from {bundle.page}, or remove the folder",
        )


def _compare(bundle: Bundle, folder: Path, pin: Pin | None, cache: Path | None) -> None:
    """Compare each file with what the table and the record say.

    Raises:
        WeightsError: One has another hash.
    """
    recorded = pin.files if pin is not None else {}
    for file in bundle.files:
        wanted = {digest for digest in (file.sha256, recorded.get(file.name)) if digest}
        path = folder / file.name
        if not wanted or not path.is_file():
            continue
        digest = remembered_sha256(path, cache or default_cache())
        if wanted != {digest}:
            raise WeightsError(
                f"{path} is not {file.name} of {bundle.name}: sha256 {digest[:12]}..., wanted "
                f"{', '.join(f'{one[:12]}...' for one in sorted(wanted))}",
                why="weights of another origin give other results",
                fix=f"delete it and type: multiplane models pull {bundle.name}; for weights of "
                "your own, name their folder by its path instead",
            )
