"""Fingerprints: what a result depends on, as short text that is equal when the input is."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from multiplane.core.config import Options, decisive
from multiplane.core.stage import Stage
from multiplane.core.threads import map_ordered
from multiplane.engine.names import is_text

WHOLE_BYTES = 64 << 20
"""Files up to this size are read whole; of larger ones, three parts and the time of change."""
PART_BYTES = 1 << 20

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

Stamp = tuple[int, int, str]
"""Size in bytes, time of change in nanoseconds, digest."""


class FileDigests:
    """Digests of the user's own files, read once and then known by size and time of change."""

    def __init__(self, known: Mapping[str, Stamp]) -> None:
        """Start with what the ledger knows."""
        self._known = dict(known)
        self.fresh: dict[str, Stamp] = {}
        """What was read since, for the ledger to keep."""

    def read(self, names: Iterable[str]) -> dict[str, str]:
        """Digest files and folders.

        Args:
            names: Absolute paths. A folder stands for the files that lie directly in it.

        Returns:
            Name → digest; what is not there or cannot be read has none and is left out.
        """
        folders: dict[str, list[str]] = {}
        files: set[str] = set()
        for name in set(names):
            path = Path(name)
            if path.is_dir():
                folders[name] = [str(child) for child in _children(path)]
                files.update(folders[name])
            else:
                files.add(name)
        found = {name: self._remembered(name) for name in files}
        unread = sorted(name for name, digest in found.items() if digest is None)
        found.update(zip(unread, map_ordered(self._digest, unread), strict=True))
        digests = {name: digest for name, digest in found.items() if digest}
        for folder, children in folders.items():
            content = [[Path(child).name, found[child]] for child in children]
            digests[folder] = hash_json(content)
        return digests

    def _remembered(self, name: str) -> str | None:
        """The digest of a file that has not changed since it was read."""
        known = self._known.get(name)
        if known is None:
            return None
        try:
            stat = Path(name).stat()
        except OSError:
            return None
        size, mtime, digest = known
        return digest if (size, mtime) == (stat.st_size, stat.st_mtime_ns) else None

    def _digest(self, name: str) -> str:
        try:
            with Path(name).open("rb") as file:
                stat = os.fstat(file.fileno())
                digest = _hash_file(file, stat)
        except OSError:
            return ""
        if is_text(name):  # the ledger holds text; other names are read anew each time
            self.fresh[name] = (stat.st_size, stat.st_mtime_ns, digest)
        return digest


def hash_json(value: object) -> str:
    """SHA-256 of a JSON value in its canonical form."""
    return hashlib.sha256(_encode(value).encode()).hexdigest()


def stage_key(stage: Stage, options: Options, weights: str) -> str:
    """What the results of a stage depend on apart from its items.

    Args:
        stage: The stage; its name and version count.
        options: Its options; those that only cost time do not count.
        weights: What its ``fingerprint`` says.
    """
    return hash_json([stage.name, stage.version, decisive(options), weights])


def _children(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_file() and entry.name[0] != "."]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def _hash_file(file: BinaryIO, stat: os.stat_result) -> str:
    digest = hashlib.blake2b(digest_size=20)
    if stat.st_size <= WHOLE_BYTES:
        while part := file.read(PART_BYTES):
            digest.update(part)
        return digest.hexdigest()
    digest.update(f"{stat.st_size} {stat.st_mtime_ns}".encode())
    for start in (0, stat.st_size // 2, stat.st_size - PART_BYTES):
        file.seek(start)
        digest.update(file.read(PART_BYTES))
    return f"{digest.hexdigest()}-parts"
