"""The boxes of spherical video in a file beside what cannot hold them.

MOV files of editors, Matroska, WebM and folders of pictures get ``<name>.spherical.json``: the raw
boxes in base64, what they say in words, and how the eyes lie. Whoever makes an MP4 of them puts
the boxes back from there, byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol

from multiplane.core.atomic import write_text
from multiplane.core.errors import InputError
from multiplane.media.vr180.matroska import read_matroska
from multiplane.media.vr180.spherical import MAX_BYTES, STEREO, Spherical, read_spherical

VERSION = 1
SUFFIX = ".spherical.json"
_MAX_FILE = 4 * MAX_BYTES
_HOW = (
    "These boxes belong into the description of the picture of an MP4 file: "
    "python -c \"from multiplane.media.vr180 import inject_spherical, read_sidecar; "
    "inject_spherical('OUT.mp4', read_sidecar('{name}'))\""
)  # fmt: skip


class _Told(Protocol):
    """What can be told as keys with values: a layout."""

    def to_json(self) -> dict[str, Any]:
        """As keys with values."""


def sidecar_of(path: Path | str) -> Path:
    """Where the sidecar of a video file or a folder of pictures stands: beside it."""
    path = Path(path)
    return path.with_name(path.name + SUFFIX)


def write_sidecar(path: Path | str, spherical: Spherical, layout: _Told | None = None) -> Path:
    """Write the sidecar of a file or folder.

    Args:
        path: The video file or the folder of pictures; it need not be there yet.
        spherical: Its boxes.
        layout: How the eyes lie in it.

    Returns:
        The sidecar.

    Raises:
        OutputError: It cannot be written.
    """
    path = Path(path)
    told: dict[str, Any] = {
        "version": VERSION,
        "for": path.name,
        "says": says(spherical),
        "layout": layout.to_json() if layout else None,
        "st3d": base64.b64encode(spherical.st3d).decode(),
        "sv3d": base64.b64encode(spherical.sv3d).decode(),
        "how": _HOW.format(name=path.name),
    }
    place = sidecar_of(path)
    write_text(place, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return place


def says(spherical: Spherical) -> dict[str, Any]:
    """What boxes say, as keys with values."""
    mode = spherical.stereo_mode
    sides = ("top", "bottom", "left", "right")
    angles = ("yaw", "pitch", "roll")
    bounds = spherical.bounds
    return {
        "words": spherical.words(),
        "stereo_mode": mode,
        "stereo": None if mode is None else STEREO[mode],
        "projection": spherical.projection,
        "pose_deg": dict(zip(angles, spherical.pose_deg, strict=True)),
        "empty_share": dict(zip(sides, bounds, strict=True)) if bounds else None,
        "source": spherical.source,
    }


def read_sidecar(path: Path | str) -> Spherical | None:
    """Read the boxes out of the sidecar of a file or folder.

    Args:
        path: The video file or the folder of pictures, or the sidecar itself.

    Returns:
        The boxes; None when there is no sidecar.

    Raises:
        InputError: It is not what it should be.
        DamagedFileError: Its boxes are not.
    """
    path = Path(path)
    place = path if path.name.endswith(SUFFIX) else sidecar_of(path)
    if not place.is_file():
        return None
    if place.stat().st_size > _MAX_FILE:
        _refuse(place, f"has {place.stat().st_size} bytes, wanted at most {_MAX_FILE}")
    try:
        raw = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        _refuse(place, f"cannot be read: {error}")
    if not isinstance(raw, Mapping) or raw.get("version") != VERSION:
        _refuse(place, f"is no sidecar of version {VERSION}")
    return Spherical.read(_bytes(place, raw, "st3d"), _bytes(place, raw, "sv3d"))


def find_spherical(path: Path | str) -> Spherical | None:
    """Read the boxes of a file, or of the sidecar beside it.

    Args:
        path: A video file or a folder of pictures.

    Returns:
        The boxes of the file (those that say the same, of Matroska); when it has none, those of
        its sidecar; None without either.

    Raises:
        InputError: File or sidecar cannot be read.
        DamagedFileError: The boxes are not what they should be.
    """
    path = Path(path)
    own = None if path.is_dir() else read_spherical(path) or read_matroska(path)
    return own or read_sidecar(path)


def _bytes(place: Path, raw: Mapping[str, Any], key: str) -> bytes:
    """The bytes of a box.

    Raises:
        InputError: There are none.
    """
    text = raw.get(key)
    if not isinstance(text, str):
        _refuse(place, f"has no {key} in base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        _refuse(place, f"has a {key} that is no base64: {error}")


def _refuse(place: Path, told: str) -> NoReturn:
    """Say what is wrong with a sidecar.

    Raises:
        InputError: Always.
    """
    raise InputError(
        f"{place} {told}",
        why="the boxes that say how the picture lies on the sphere are read from it",
        fix=f"remove it, or make it anew from the source: rm '{place}'",
    )
