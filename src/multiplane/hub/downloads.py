"""Files behind an address, for weights that no package and no model hub carries."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

from multiplane.core.errors import ConfigError, WeightsError
from multiplane.hub.repositories import SAFE_SUFFIXES
from multiplane.hub.sources import UrlSource

TIMEOUT_S = 60.0
"""How long the other side may keep silent."""
CHUNK_BYTES = 1 << 20


def fetch_url(source: UrlSource, target: Path, limit_bytes: int) -> None:
    """Bring one file from an address, through the proxies that the system is set up with.

    Args:
        source: Where it is.
        target: Where to write it; its folder exists. What it holds is not checked here.
        limit_bytes: The most it may hold.

    Raises:
        ConfigError: The address is not https, or the file could hold code.
        WeightsError: The file cannot be fetched or is too large.
        OSError: The file cannot be written.
    """
    if not source.url.startswith("https://"):
        raise ConfigError(
            f"{source.url} is no https address",
            why="what comes another way can be changed on the way",
            fix="name the https address of the same file",
        )
    if not (source.url.endswith(SAFE_SUFFIXES) or source.tensors_only):
        raise ConfigError(
            f"{source.url} is not one of {', '.join(SAFE_SUFFIXES)}",
            why="other formats can run code while they are read",
            fix="name a .safetensors file, or mark it tensors_only where its reader takes no code",
        )
    written = 0
    with target.open("wb") as file:
        for chunk in _chunks(source):
            written += len(chunk)
            if written > limit_bytes:
                break
            file.write(chunk)
    if written > limit_bytes:
        raise WeightsError(
            f"{source} is larger than the {limit_bytes} bytes it should have",
            why="the server gave another file than the published one",
        )


def _chunks(source: UrlSource) -> Iterator[bytes]:
    """What is behind an address, piece by piece.

    Raises:
        WeightsError: It cannot be fetched, or is sent from a place that is no https address.
    """
    try:
        with urllib.request.urlopen(source.url, timeout=TIMEOUT_S) as answer:
            if not answer.url.startswith("https://"):
                raise WeightsError(
                    f"cannot fetch {source}: it leads on to {answer.url}",
                    why="what comes another way than by https can be changed on the way",
                )
            while chunk := answer.read(CHUNK_BYTES):
                yield chunk
    except (OSError, HTTPException) as error:  # of the connection; who writes is outside
        raise WeightsError(f"cannot fetch {source}", why=str(error)) from error
