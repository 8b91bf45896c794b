"""The timestamps of pictures in a folder: a file beside them, so that a changing rate survives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from multiplane.core.atomic import write_text
from multiplane.core.errors import DamagedFileError, InputError

NAME = "timestamps.json"
"""What the file is called."""
_MOST_BYTES = 400_000_000
"""Of a file of timestamps that is read; some hundred hours of frames."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    version: int = Field(ge=1, le=1)
    time_base: str = Field(pattern=r"^[1-9][0-9]{0,11}/[1-9][0-9]{0,11}$")
    sound: str | None = Field(pattern=r"^[^/\\]{1,200}$")
    sound_delay: int = Field(ge=0)
    frames: list[tuple[str, int]]


@dataclass(frozen=True)
class Timestamps:
    """When the pictures of a folder are shown.

    Attributes:
        time_base: Seconds a unit of pts.
        files: Their names, in order.
        pts: Their timestamps.
        sound: The name of the file with the sound, in the same folder; None without.
        sound_delay: How much later the sound lies in that file than in the source, in units of
            the time base: Matroska holds nothing before 0.
    """

    time_base: Fraction
    files: tuple[str, ...]
    pts: tuple[int, ...]
    sound: str | None = None
    sound_delay: int = 0


def write_timestamps(folder: Path, timestamps: Timestamps) -> None:
    """Write the file, a line a frame.

    Args:
        folder: Where the pictures are.
        timestamps: What to write.

    Raises:
        OutputError: It cannot be written.
    """
    base = timestamps.time_base
    lines = ",\n".join(
        f"  [{json.dumps(name)}, {pts}]"
        for name, pts in zip(timestamps.files, timestamps.pts, strict=True)
    )
    text = (
        f'{{"version": 1, "time_base": "{base.numerator}/{base.denominator}", '
        f'"sound": {json.dumps(timestamps.sound)}, "sound_delay": {timestamps.sound_delay}, '
        f'"frames": [\n{lines}\n]}}\n'
    )
    write_text(folder / NAME, text)


def read_timestamps(folder: Path) -> Timestamps:
    """Read the file.

    Args:
        folder: Where the pictures are.

    Returns:
        What it says.

    Raises:
        InputError: There is none.
        DamagedFileError: It is not what it should be.
    """
    path = folder / NAME
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DamagedFileError(
                f"{path} has {path.stat().st_size} bytes, at most {_MOST_BYTES} are read",
                why="it has a line of a few bytes a frame",
                fix="write the pictures again",
            )
        found = _File.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(
            f"{folder} has no {NAME}",
            why="it says when each picture is shown",
            fix="write the pictures again with multiplane.media.png_sequence.PngSequenceWriter",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DamagedFileError(
            f"{path}: {place or 'it'} is no list of timestamps: {first['msg'].lower()}",
            why="it says when each picture is shown",
            fix="write the pictures again",
        ) from error
    odd = next((name for name, _ in found.frames if "/" in name or "\\" in name), None)
    if odd is not None:
        raise DamagedFileError(
            f"{path} names {odd[:80]!r}",
            why="pictures lie in the same folder",
            fix="write the pictures again",
        )
    return Timestamps(
        time_base=Fraction(found.time_base),
        files=tuple(name for name, _ in found.frames),
        pts=tuple(stamp for _, stamp in found.frames),
        sound=found.sound,
        sound_delay=found.sound_delay,
    )
