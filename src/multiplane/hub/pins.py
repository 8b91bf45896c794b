"""What was fetched, written down beside it: the commit, and the hash of each file.

A repository whose commit or hashes the table does not know is pinned when it is first pulled.
From then on this record is what its files are compared with, and what names them in a
fingerprint.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from multiplane.core.atomic import write_text

FILE_NAME = "pinned.json"
COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Pin:
    """What a folder held when it was fetched.

    Attributes:
        repository: ``owner/name``.
        revision: The full commit, 40 hex digits.
        files: Name → SHA-256; empty as long as nothing but the commit is known.
    """

    repository: str
    revision: str
    files: dict[str, str]


def read_pin(path: Path) -> Pin | None:
    """Read a record; None when there is none that can be understood.

    Args:
        path: The record.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        pin = Pin(held["repository"], held["revision"], dict(held["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    texts = (pin.repository, pin.revision, *pin.files, *pin.files.values())
    if not all(isinstance(text, str) for text in texts):
        return None
    whole = COMMIT.fullmatch(pin.revision) and all(map(_DIGEST.fullmatch, pin.files.values()))
    return pin if whole else None


def write_pin(path: Path, pin: Pin) -> None:
    """Write a record.

    Args:
        path: Where it belongs.
        pin: What it says.

    Raises:
        OutputError: It cannot be written.
    """
    record = {"repository": pin.repository, "revision": pin.revision, "files": pin.files}
    write_text(path, json.dumps(record, indent=1) + "\n")
