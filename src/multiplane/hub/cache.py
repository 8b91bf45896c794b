"""The folder that fetched files live in, and the memory of which were found whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from multiplane.core.atomic import write_text
from multiplane.core.errors import OutputError

logger = logging.getLogger(__name__)


_chosen: dict[str, Path] = {}
_OFF = Path()


def choose_cache(folder: Path | None) -> None:
    """Make a folder the default cache of this process; None goes back to the convention.

    Stages open their weights deep below the command line, which alone reads the environment; so
    this and :func:`choose_models` are what a process holds. A worker in another process calls
    them again.

    Args:
        folder: The cache.
    """
    _chosen.pop("cache", None)
    if folder is not None:
        _chosen["cache"] = folder


def default_cache() -> Path:
    """The chosen cache, or where this kind of machine keeps what can be fetched again."""
    if "cache" in _chosen:
        return _chosen["cache"]
    if sys.platform == "win32":
        return Path.home() / "AppData" / "Local" / "multiplane" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "multiplane"
    return Path.home() / ".cache" / "multiplane"


@contextlib.contextmanager
def keeping_in(cache: Path | None) -> Iterator[None]:
    """Fetch files into a cache; when it cannot be written, say which it is and how to name another.

    Args:
        cache: The cache; None for the default one.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        yield
    except OutputError as error:
        raise OutputError(
            error.what,
            why=f"{error.why}; fetched files are kept in {cache or default_cache()}",
            fix="name a folder for them that can be written: export MULTIPLANE_CACHE=FOLDER",
        ) from error


def choose_models(folder: Path | None) -> None:
    """Make a folder of the user's own weights the first place of this process to look at.

    Args:
        folder: The folder; None for none.
    """
    _chosen.pop("models", None)
    if folder is not None:
        _chosen["models"] = folder


def models_folder() -> Path | None:
    """The folder of the user's own weights, if one was chosen."""
    return _chosen.get("models")


def choose_shared(folder: Path | None, *, off: bool = False) -> None:
    """Say where the cache lies that ``huggingface_hub`` shares among programs.

    Args:
        folder: The cache, which is read and never written into; None for the convention,
            ``~/.cache/huggingface/hub``.
        off: Look into none.
    """
    _chosen.pop("shared", None)
    if off or folder is not None:
        _chosen["shared"] = _OFF if off or folder is None else folder


def shared_cache() -> Path | None:
    """The cache that other programs fill, unless this process is not to look there."""
    if "shared" in _chosen:
        return None if _chosen["shared"] is _OFF else _chosen["shared"]
    try:
        return Path.home() / ".cache" / "huggingface" / "hub"
    except RuntimeError:  # a user without a home, as in many containers
        return None


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_sha256(path: Path, cache: Path) -> str:
    """The SHA-256 of a file, read only once as long as size and time of change stay the same.

    Remembered in this process and, in a stamp below ``cache``, for the next one. A cache that
    cannot be written costs time, nothing else.
    """
    state = path.stat()
    return _remembered(path.resolve(), state.st_size, state.st_mtime_ns, cache)


@lru_cache(maxsize=256)
def _remembered(path: Path, size_bytes: int, changed_ns: int, cache: Path) -> str:
    stamp = cache / "stamps" / f"{hashlib.sha256(str(path).encode()).hexdigest()[:32]}.json"
    known = {"path": str(path), "size_bytes": size_bytes, "changed_ns": changed_ns}
    try:
        held = json.loads(stamp.read_text(encoding="utf-8"))
        if isinstance(held, dict) and known.items() <= held.items():
            return str(held["sha256"])
    except (OSError, ValueError, KeyError):
        pass
    digest = sha256_of(path)
    try:
        write_text(stamp, json.dumps(known | {"sha256": digest}))
    except (OSError, OutputError) as error:
        logger.debug("no stamp for %s: %s", path, error)
    return digest
