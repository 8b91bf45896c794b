"""Files behind an address, for weights that no package and no model hub carries."""

from __future__ import annotations

import urllib.error
import urllib.request
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
        try:
            with urllib.request.urlopen(source.url, timeout=TIMEOUT_S) as answer:
                while chunk := answer.read(CHUNK_BYTES):
                    written += len(chunk)
                    if written > limit_bytes:
                        break
                    file.write(chunk)
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
            raise WeightsError(f"cannot fetch {source}", why=str(error)) from error
    if written > limit_bytes:
        raise WeightsError(
            f"{source} is larger than the {limit_bytes} bytes it should have",
            why="the server gave another file than the published one",
        )
