"""Finding the folder of a bundle on this machine: local folder of models, then the cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from multiplane.core.errors import WeightsError
from multiplane.hub.cache import default_cache, models_folder, remembered_sha256
from multiplane.hub.entries import Bundle
from multiplane.hub.own import contents
from multiplane.hub.pins import FILE_NAME, Pin, read_pin


@dataclass(frozen=True)
class Found:
    """A bundle on this machine.

    Attributes:
        folder: Where its files are.
        revision: The commit they were compared with; None when nobody knows which they are of.
    """

    folder: Path
    revision: str | None


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
    return locate_in_cache(bundle, cache)


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
    names = tuple(f.name for f in bundle.files if (found.folder / f.name).is_file())
    return contents(found.folder, cache or default_cache(), names)


def _candidates(bundle: Bundle, models: Path) -> list[tuple[Path, str | None]]:
    """Where a folder of models may hold a bundle, and the commit that the place promises."""
    owner, _, name = bundle.repository.partition("/")
    plain = [models / bundle.name, models / f"{owner}--{name}", models / owner / name]
    shared = models / f"models--{owner}--{name}"
    revision = bundle.revision or _branch(shared)
    deep = [(shared / "snapshots" / revision, revision)] if revision else []
    return [*((path, None) for path in plain), *deep]


def _branch(shared: Path) -> str | None:
    """The commit that the default branch of a shared cache stood at."""
    try:
        return (shared / "refs" / "main").read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError):
        return None


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
