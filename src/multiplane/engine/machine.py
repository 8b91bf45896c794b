"""What a machine has: disk, memory, processors, GPU, codecs. Facts only, no judgement."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from multiplane.core.threads import cpu_count
from multiplane.media.colour import colour_for
from multiplane.media.config import NVENC, VideoOptions
from multiplane.media.encoders import Picture, try_encoder

CODECS = {
    "libx264": "H.264 video",
    "libx265": "H.265 video",
    "aac": "AAC sound",
    "ffv1": "lossless video with alpha",
    "prores_ks": "ProRes 4444, alpha for editors",
    "libvpx-vp9": "VP9, alpha for browsers",
}
"""The encoders that we write with, and what for."""
_CGROUPS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


@dataclass(frozen=True)
class Gpu:
    """A GPU as its driver names it."""

    name: str
    memory: str
    driver: str


def existing_parent(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists already."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return place


def disk_free_bytes(folder: Path) -> int:
    """How much may be written at a folder, which need not exist yet."""
    return shutil.disk_usage(existing_parent(folder)).free


def may_write(folder: Path) -> bool:
    """Whether files can be made at a folder, which need not exist yet."""
    place = existing_parent(folder)
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def memory_bytes() -> int | None:
    """The memory that this process may use: the machine's, or less in a container.

    None on machines that do not tell.
    """
    if sys.platform == "win32":
        return None
    found = []
    with contextlib.suppress(OSError, ValueError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in _CGROUPS:
        with contextlib.suppress(OSError, ValueError):
            found.append(int(limit.read_text(encoding="ascii")))
    positive = [size for size in found if size > 0]
    return min(positive) if positive else None


def processors() -> int:
    """How many processors this process may use."""
    return cpu_count()


def gpus() -> list[Gpu]:
    """The NVIDIA GPUs that the driver shows; none where there is no driver. Loads no torch."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            query, capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode:
        return []
    rows = [[part.strip() for part in line.split(",")] for line in done.stdout.splitlines()]
    return [Gpu(*row) for row in rows if len(row) == 3]


def no_nvenc() -> str:
    """Why no graphics card encodes H.265 here, in words; empty when one does."""
    picture = Picture((1920, 1080), Fraction(30), Fraction(1, 30), colour_for((1920, 1080)))
    options = VideoOptions(codec="libx265")
    return try_encoder(NVENC["libx265"], options, picture, "yuv420p") or ""


def encoder_there(codec: str) -> bool:
    """Whether this PyAV can write with a codec."""
    try:
        return av.Codec(codec, "w").is_encoder
    except ValueError:  # what PyAV raises for an unknown name derives from it
        return False
