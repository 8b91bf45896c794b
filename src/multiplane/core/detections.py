"""Boxes round what was found in the frames of a shot, and the file they travel in.

The plane ``boxes`` is one JSON file a shot, a line a frame::

    {"version": 1, "size": [1280, 720], "frames": [
     {"frame": "000123", "index": 0, "boxes": [
      {"box_xyxy": [10.5, 20, 110, 220.25], "score": 0.93, "label": "person", "id": null}]}]}

Frames are told by the stem of their file; ``index`` counts them from 0 within the shot. A frame
that is not listed was not looked at; one with no boxes was, and nobody was there.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

from multiplane.core.atomic import write_beside
from multiplane.core.errors import InputError
from multiplane.core.items import Json

VERSION = 1
MAX_BYTES = 256_000_000
"""A larger file is not read: a feature film of crowds stays far below."""
MAX_BOXES = 10_000
"""A frame has no more boxes."""
MAX_SIDE_PX = 65_536
MAX_TEXT = 255
"""Stems and labels are no longer."""

_WHY = "boxes are checked where they enter, so that nothing behind them need be"
_FIX = "write the file as docs/conventions.md tells, or make it anew: multiplane split detect"


@dataclass(frozen=True)
class Detection:
    """One box round something that was found in a frame.

    Attributes:
        box: (x0, y0, x1, y1) in px, half-open, within the frame; it may end between two pixels.
        score: Confidence in [0, 1].
        label: What it is, as the model calls it.
        id: The same number for the same object through a shot, from 1; None where nobody knows.
    """

    box: tuple[float, float, float, float]
    score: float
    label: str
    id: int | None = None

    @property
    def pixels(self) -> tuple[int, int, int, int]:
        """The pixels it touches, half-open: ``frame[y0:y1, x0:x1]``."""
        x0, y0, x1, y1 = self.box
        return math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)

    def to_json(self) -> dict[str, Json]:
        """What the file holds of it; hundredths of a px."""
        return {
            "box_xyxy": [_short(value, 2) for value in self.box],
            "score": _short(self.score, 4),
            "label": self.label,
            "id": self.id,
        }


@dataclass(frozen=True)
class FrameBoxes:
    """What was found in one frame.

    Attributes:
        frame: The stem of its file.
        index: Its number in the shot, from 0.
        boxes: The surest first; none where nobody is.
    """

    frame: str
    index: int
    boxes: tuple[Detection, ...]

    def to_json(self) -> dict[str, Json]:
        """A line of the file."""
        boxes: list[Json] = [box.to_json() for box in self.boxes]
        return {"frame": self.frame, "index": self.index, "boxes": boxes}


@dataclass(frozen=True)
class ShotBoxes:
    """What was found in a shot.

    Attributes:
        size: (width, height) of its frames.
        frames: Those that were looked at, by their index.
    """

    size: tuple[int, int]
    frames: tuple[FrameBoxes, ...]

    def by_index(self) -> dict[int, tuple[Detection, ...]]:
        """The boxes of each frame that was looked at."""
        return {frame.index: frame.boxes for frame in self.frames}

    def by_frame(self) -> dict[str, tuple[Detection, ...]]:
        """The boxes of each frame that was looked at, by the stem of its file."""
        return {frame.frame: frame.boxes for frame in self.frames}


def within(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float] | None:
    """The part of a box that is in the frame; None where nothing is.

    Args:
        box: (x0, y0, x1, y1) in px.
        size: (width, height) of the frame.
    """
    x0, x1 = (min(max(box[at], 0.0), float(size[0])) for at in (0, 2))
    y0, y1 = (min(max(box[at], 0.0), float(size[1])) for at in (1, 3))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def write_boxes(path: Path, size: tuple[int, int], frames: Iterable[FrameBoxes]) -> None:
    """Write the boxes of a shot, whole or not at all; one frame is in memory at a time.

    Args:
        path: Where the file belongs.
        size: (width, height) of the frames.
        frames: Those that were looked at, in order.

    Raises:
        OutputError: It cannot be written.
    """
    with write_beside(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"version": {VERSION}, "size": [{size[0]}, {size[1]}], "frames": [')
        for number, frame in enumerate(frames):
            file.write(",\n " if number else "\n ")
            file.write(json.dumps(frame.to_json()))
        file.write("\n]}\n")


def read_boxes(path: Path, size: tuple[int, int] | None = None) -> ShotBoxes:
    """Read the boxes of a shot.

    Args:
        path: A file of the plane ``boxes``.
        size: (width, height) that its frames have, when that is known.

    Returns:
        The boxes, checked.

    Raises:
        InputError: It cannot be read, is too large, is no such file, or of frames of another
            size.
    """
    told = shot_boxes(read_json(path), str(path))
    if size is not None and told.size != tuple(size):
        raise InputError(
            f"{path} is of frames of {told.size[0]}x{told.size[1]}, these are {size[0]}x{size[1]}",
            why="boxes are in pixels of the frame they were found in",
            fix="multiplane split detect on these frames",
        )
    return told


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Read a JSON file of bounded size in which no key stands twice.

    Args:
        path: The file.

    Raises:
        InputError: It cannot be read, is too large, or is no JSON.
    """
    text = read_bounded(path)
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except InputError:  # a ValueError too
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}", why=_WHY, fix=_FIX) from error


def read_bounded(path: Path) -> str:
    """Read a text of bounded size.

    Raises:
        InputError: It cannot be read, or is too large.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_BYTES:
            raise InputError(
                f"{path} has {size_bytes} bytes, wanted {MAX_BYTES} at most",
                why="it is read whole",
                fix="one file a shot; leave out boxes of a low score",
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read {path}: {error}", why="boxes are a text file", fix="check the path"
        ) from error


def shot_boxes(raw: object, name: str) -> ShotBoxes:
    """Check what a file of boxes holds.

    Args:
        raw: Parsed JSON.
        name: What to call it in messages.

    Returns:
        The boxes.

    Raises:
        InputError: Anything about it is not as it should be.
    """
    if not isinstance(raw, Mapping):
        _refuse(name, f"{_brief(raw)}, wanted keys with values")
    if raw.get("version") != VERSION:
        _refuse(f"{name}: version", f"{_brief(raw.get('version'))}, wanted {VERSION}")
    size = _size(raw.get("size"), f"{name}: size")
    rows = raw.get("frames")
    if not isinstance(rows, list):
        _refuse(f"{name}: frames", f"{_brief(rows)}, wanted a list")
    frames = [_frame(row, size, f"{name}: frames[{at}]") for at, row in enumerate(rows)]
    for before, after in pairwise(frames):
        if after.index <= before.index:
            _refuse(f"{name}: frame {after.frame!r}", f"index {after.index} after "
                         f"{before.index}, wanted frames in order, each once")  # fmt: skip
    if len({frame.frame for frame in frames}) != len(frames):
        _refuse(name, "a frame that is listed twice, wanted each once")
    return ShotBoxes(size, tuple(frames))


def _frame(raw: object, size: tuple[int, int], name: str) -> FrameBoxes:
    """One entry of ``frames``.

    Raises:
        InputError: It is not as it should be.
    """
    if not isinstance(raw, Mapping):
        _refuse(name, f"{_brief(raw)}, wanted keys with values")
    stem = _stem(raw.get("frame"), f"{name}.frame")
    index = raw.get("index")
    if not _whole(index) or index < 0:
        _refuse(f"{name}.index", f"{_brief(index)}, wanted a whole number from 0")
    rows = raw.get("boxes")
    if not isinstance(rows, list) or len(rows) > MAX_BOXES:
        told = f"{len(rows)} boxes" if isinstance(rows, list) else _brief(rows)
        _refuse(f"{name}.boxes", f"{told}, wanted a list of {MAX_BOXES} boxes at most")
    boxes = [_detection(row, size, f"{name}.boxes[{at}]") for at, row in enumerate(rows)]
    return FrameBoxes(stem, index, tuple(boxes))


def _detection(raw: object, size: tuple[int, int], name: str) -> Detection:
    """One box.

    Raises:
        InputError: It is not as it should be.
    """
    if not isinstance(raw, Mapping):
        _refuse(name, f"{_brief(raw)}, wanted keys with values")
    box = box_xyxy(raw.get("box_xyxy"), f"{name}.box_xyxy")
    if within(box, size) != box:
        _refuse(f"{name}.box_xyxy", f"{list(box)}, wanted a box within {size[0]}x{size[1]}")
    score = raw.get("score")
    if not _real(score) or not 0 <= score <= 1:
        _refuse(f"{name}.score", f"{_brief(score)}, wanted a number from 0 to 1")
    number = raw.get("id")
    if number is not None and (not _whole(number) or number < 1):
        _refuse(f"{name}.id", f"{_brief(number)}, wanted a whole number from 1, or null")
    return Detection(box, float(score), _text(raw.get("label"), f"{name}.label"), number)


def box_xyxy(raw: object, name: str) -> tuple[float, float, float, float]:
    """Check four numbers that claim to be a box; it may reach out of the frame.

    Args:
        raw: Whatever a file holds.
        name: What to call it in messages.

    Raises:
        InputError: They are no box.
    """
    numbers = raw if isinstance(raw, list | tuple) else []
    if len(numbers) != 4 or not all(_real(value) for value in numbers):
        _refuse(name, f"{_brief(raw)}, wanted four numbers: [x0, y0, x1, y1] in px")
    x0, y0, x1, y1 = (float(value) for value in numbers)
    if not (x0 < x1 and y0 < y1):
        _refuse(name, f"{_brief(raw)}, wanted x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def _size(raw: object, name: str) -> tuple[int, int]:
    """(width, height).

    Raises:
        InputError: It is none.
    """
    sides = raw if isinstance(raw, list | tuple) else []
    if len(sides) != 2 or not all(_whole(v) and 1 <= v <= MAX_SIDE_PX for v in sides):
        _refuse(name, f"{_brief(raw)}, wanted [width, height] from 1 to {MAX_SIDE_PX} px")
    return int(sides[0]), int(sides[1])


def _stem(raw: object, name: str) -> str:
    """The name of a frame's file without its suffix.

    Raises:
        InputError: It is none.
    """
    good = isinstance(raw, str) and 0 < len(raw) <= MAX_TEXT and not {"/", "\0"} & set(raw)
    if not good:
        _refuse(name, f"{_brief(raw)}, wanted the name of a frame without its suffix")
    return str(raw)


def _text(raw: object, name: str) -> str:
    """A label.

    Raises:
        InputError: It is none.
    """
    if not isinstance(raw, str) or not 0 < len(raw) <= MAX_TEXT or not raw.isprintable():
        _refuse(name, f"{_brief(raw)}, wanted a text of {MAX_TEXT} letters at most")
    return raw


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keys with values.

    Raises:
        InputError: A key stands twice; JSON itself would keep the last.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        _refuse(f"the key {twice!r}", "two values, wanted one")
    return found


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _real(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e9  # NaN is not


def _short(value: float, digits: int) -> Json:
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refuse(name: str, told: str) -> NoReturn:
    """Say what stands where something else should.

    Raises:
        InputError: Always.
    """
    raise InputError(f"{name} has {told}", why=_WHY, fix=_FIX)
