"""The cache that ``huggingface_hub`` shares among programs: read, never written into.

``models--OWNER--NAME/snapshots/COMMIT/...`` holds links to ``../../blobs/HASH``, and ``refs/main``
says at which commit the default branch stood. Blobs are called by what is in them: weights by
their SHA-256, small files by the hash that git gives them. Where links cannot be made (Windows
without its developer mode) the files themselves lie in the snapshot.
https://huggingface.co/docs/huggingface_hub/guides/manage-cache
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from multiplane.core.errors import WeightsError
from multiplane.hub.cache import default_cache, remembered_sha256, shared_cache
from multiplane.hub.layout import INDEX, MOST_JSON_BYTES, choose_weights, files_of, parts_of
from multiplane.hub.layout import read_index as read_index_of
from multiplane.hub.pins import COMMIT

logger = logging.getLogger(__name__)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OF_GIT = re.compile(r"[0-9a-f]{40}")
_PART_OF = re.compile(r"-\d{5}-of-(\d{5})")
_MOST_NAMES = 2000
"""No repository of a model has more files; in another one nothing is looked for."""
_MOST_LETTERS = 100
"""A commit has 40."""


@dataclass(frozen=True)
class Snapshot:
    """A commit of a repository, as another program has fetched it.

    Attributes:
        folder: Its files, under their names; not all of the repository need be there.
        revision: The commit.
        border: The folder of the repository, which no link may lead out of.
    """

    folder: Path
    revision: str
    border: Path


def snapshots(repository: str, revision: str | None, cache: Path | None) -> Iterator[Snapshot]:
    """Look for a commit of a repository where other programs keep them.

    Args:
        repository: ``owner/name``.
        revision: The full commit; None for where the default branch stood when it was fetched.
        cache: Our own cache, which may have been one of theirs (their option ``cache_dir``); None
            for the default one.
    """
    for place in (cache or default_cache(), shared_cache()):
        if place is None:
            continue
        border = place / f"models--{repository.replace('/', '--')}"
        commit = revision or branch(border)
        if commit is None or not COMMIT.fullmatch(commit):
            continue
        folder = border / "snapshots" / commit
        try:
            there = folder.is_dir()
        except OSError:  # a folder above it is closed to us
            continue
        if there:
            yield Snapshot(folder, commit, border)


def branch(border: Path) -> str | None:
    """The commit that the default branch of a repository stood at.

    Args:
        border: The folder of the repository in such a cache.
    """
    path = border / "refs" / "main"
    try:
        if path.is_file():  # a pipe would keep us waiting
            with path.open(encoding="utf-8") as file:
                return file.read(_MOST_LETTERS).strip() or None
    except (OSError, ValueError):
        pass
    return None


def files_of_pipeline(snapshot: Snapshot) -> list[str]:
    """The files of a pipeline of diffusers that are read, if all are there.

    Args:
        snapshot: Where they are.

    Returns:
        Their names with forward slashes; none where there is no pipeline, or part of one.

    Raises:
        WeightsError: Its index is no JSON object.
    """
    if not (snapshot.folder / INDEX).is_file():
        return []
    seen = (path for form in ("*", "*/*") for path in snapshot.folder.glob(form))
    names = [
        path.relative_to(snapshot.folder).as_posix()
        for path, _ in zip(seen, range(_MOST_NAMES), strict=False)
        if path.is_file()
    ]
    index = read_index_of(snapshot.folder)
    for part in parts_of(index):
        here = [name.rpartition("/")[2] for name in names if name.rpartition("/")[0] == part]
        weights, _ = choose_weights(here)
        counts = {int(match[1]) for name in weights if (match := _PART_OF.search(name))}
        if not here or counts - {len(weights)} or ("config.json" in here and not weights):
            return []
    return files_of(index, names)


def prove(snapshot: Snapshot, wanted: Mapping[str, str | None], cache: Path | None) -> bool:
    """Compare files with the hashes that are known of them, and with what their blobs are called.

    Args:
        snapshot: Where they are.
        wanted: Name → SHA-256, or None where nobody told it.
        cache: Where hashes are remembered; None for the default one.

    Returns:
        Whether each is known to be what the repository holds at this commit.

    Raises:
        WeightsError: A file is another one, or a link leads out of the repository's folder.
    """
    border = snapshot.border.resolve()
    proven = True
    for name, told in wanted.items():
        path = snapshot.folder / name
        real = path.resolve()
        if not real.is_relative_to(border):
            raise WeightsError(
                f"{path} is a link to {real}", why=f"nothing outside of {border} is read there"
            )
        called = real.name if real.parent == border / "blobs" else ""
        digests = {digest for digest in (told, called) if digest and _SHA256.fullmatch(digest)}
        if digests and digests != {remembered_sha256(path, cache or default_cache())}:
            raise WeightsError(
                f"{path} is not {name} of {snapshot.border.name} at {snapshot.revision[:12]}",
                why=f"its sha256 is not {' or '.join(sorted(one[:12] for one in digests))}...",
            )
        if not digests:
            proven = _is_of_git(path, called) and proven
    return proven


def _is_of_git(path: Path, called: str) -> bool:
    """Whether a small file is what its blob is called; large ones are never called so.

    Raises:
        WeightsError: It is another one.
    """
    if not _OF_GIT.fullmatch(called) or path.stat().st_size > MOST_JSON_BYTES:
        return False
    held = path.read_bytes()
    digest = hashlib.sha1(b"blob %d\0" % len(held) + held, usedforsecurity=False).hexdigest()
    if digest != called:
        raise WeightsError(f"{path} is not what it was", why=f"git would call it {digest[:12]}...")
    return True


@lru_cache(maxsize=256)
def tell(name: str, folder: Path) -> None:
    """Say once where a model is read from, since nobody named that place.

    Args:
        name: What the model is called.
        folder: Where it is.
    """
    logger.warning(
        "%s is read from %s, where another program keeps it; nothing is written there", name, folder
    )
