"""The file that tells who is in a chunk: both eyes, a line a frame.

The plane ``people`` is one JSON file a chunk::

    {"version": 1, "eye_size": [3072, 3072], "work_size": [768, 768], "frames": [
     {"index": 0, "eyes": [[{"id": 1, "box_xyxy": [40, 80, 120.5, 400], "score": 0.9,
      "rle": {"size": [768, 768], "counts": "..."}}], [...]],
      "pairs": [{"id": 1, "agreement": 0.97, "raw_iou": 0.81, "scores": [0.9, 0.8],
      "corrected": "", "plane": [...]}]}
    ], "disagreements": [
     {"frame": 0, "id": 1, "agreement": 0.6, "scores": [0.9, 0.8], "did": "transfer", ...}
    ]}

``index`` counts the frames of the clip. Boxes are px of the full-size eye, masks are COCO run
lengths of the working size. Of a frame there are as many eyes as the clip has, the left first. It
is written and read a line at a time, so that memory does not grow with the chunk.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TextIO

from multiplane.core.atomic import write_beside
from multiplane.core.errors import InputError
from multiplane.core.instances import decode_rle, encode_rle
from multiplane.core.items import Json
from multiplane.split.stereo.masks import PackedMask, Person, scaled_box

VERSION = 1
MAX_LINE = 64_000_000
"""Letters; a frame of thousands of people stays below."""
MAX_PIXELS = 140_000_000
"""A mask is not larger."""

_WHY = "the file is checked where it enters, so that nothing behind it need be"
_FIX = "make it again: run the same command with --retry-failed, or delete it and run"


@dataclass(frozen=True)
class Pair:
    """One person as both eyes see them in one frame.

    Attributes:
        id: Who.
        agreement: IoU after the warp by the person's plane, in what both eyes see, after any
            correction; None where one eye does not see them or no plane was found.
        raw_iou: IoU without any warp; None where one eye does not see them.
        scores: How sure each eye is, left and right; 0 where it does not see them.
        corrected: What was done: "" nothing, else the method.
        plane: The person's plane as :meth:`Plane.to_json` tells it; None where there is none.
        hidden: "left" or "right" when that eye really does not see them.
    """

    id: int
    agreement: float | None
    raw_iou: float | None
    scores: tuple[float, float]
    corrected: str = ""
    plane: Json = None
    hidden: str = ""

    def to_json(self) -> dict[str, Json]:
        """What the file holds of it."""
        return {
            "id": self.id,
            "agreement": _short(self.agreement),
            "raw_iou": _short(self.raw_iou),
            "scores": [_short(score) for score in self.scores],
            "corrected": self.corrected,
            "plane": self.plane,
            "hidden": self.hidden,
        }


@dataclass(frozen=True)
class Disagreement:
    """A person of whom the eyes saw different things, and what was done about it.

    Attributes:
        frame: Index of the frame in the clip.
        id: Who.
        agreement: Before anything was done; None where one eye had missed them.
        scores: How sure each eye was, left and right; 0 where it had missed them.
        worse: "left" or "right", the eye that was found wrong; "" where nothing told.
        why: What told, in words.
        did: The method, or "none".
        after: Agreement after it; None where it still cannot be said.
    """

    frame: int
    id: int
    agreement: float | None
    scores: tuple[float, float]
    worse: str
    why: str
    did: str
    after: float | None

    def to_json(self) -> dict[str, Json]:
        """What the file holds of it."""
        return {
            "frame": self.frame,
            "id": self.id,
            "agreement": _short(self.agreement),
            "scores": [_short(score) for score in self.scores],
            "worse": self.worse,
            "why": self.why,
            "did": self.did,
            "after": _short(self.after),
        }


@dataclass(frozen=True)
class FramePeople:
    """Everybody in one frame.

    Attributes:
        index: Of the frame in the clip.
        eyes: Who each eye sees, the left first, by rising id; one eye when there is but one.
        pairs: How far the eyes agree, by rising id; none for one eye.
    """

    index: int
    eyes: tuple[tuple[Person, ...], ...]
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class PeopleFile:
    """A file of people that was opened; its lines are read as they are asked for.

    Attributes:
        path: The file.
        eye_size: (width, height) of an eye at full size.
        work_size: (width, height) of the masks.
    """

    path: Path
    eye_size: tuple[int, int]
    work_size: tuple[int, int]
    _frames_at: int = field(default=0, repr=False)

    def frames(self) -> Iterator[FramePeople]:
        """The frames in order.

        Yields:
            One frame after the other.

        Raises:
            InputError: A line is not as it should be.
        """
        before = -1
        for raw in self._lines("frames"):
            frame = _read(raw, self, f"{self.path}, frame after {before}")
            if frame.index <= before:
                _refuse(f"{self.path} has frame {frame.index} after {before}")
            before = frame.index
            yield frame

    def disagreements(self) -> Iterator[dict[str, Any]]:
        """What the eyes disagreed on, in the order of the frames, as the file holds it.

        Yields:
            Frame, id, both scores and what was done.
        """
        for raw in self._lines("disagreements"):
            if not isinstance(raw, dict):
                _refuse(f"{self.path} has a disagreement {raw!r:.60}")
            yield raw

    def _lines(self, part: str) -> Iterator[Any]:
        with _opened(self.path) as file:
            _line(file, self.path)
            now = "frames"
            while True:
                line = _line(file, self.path)
                if line == '], "disagreements": [':
                    now = "disagreements"
                elif line == "]}":
                    return
                elif now == part:
                    yield _parsed(line.removesuffix(","), self.path)


def write_people(
    path: Path,
    sizes: tuple[tuple[int, int], tuple[int, int]],
    frames: Iterable[FramePeople],
    disagreements: Iterable[Disagreement] = (),
) -> None:
    """Write who is in a chunk, whole or not at all; one frame is in memory at a time.

    Args:
        path: Where the file belongs.
        sizes: (width, height) of an eye at full size, and of the masks.
        frames: In order.
        disagreements: Taken once the frames are through.

    Raises:
        OutputError: It cannot be written.
    """
    eye, work = sizes
    head = {"version": VERSION, "eye_size": list(eye), "work_size": list(work)}
    with write_beside(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{json.dumps(head)[:-1]}, "frames": [')
        for number, frame in enumerate(frames):
            file.write(",\n " if number else "\n ")
            file.write(json.dumps(_told(frame, eye)))
        file.write('\n], "disagreements": [')
        for number, one in enumerate(disagreements):
            file.write(",\n " if number else "\n ")
            file.write(json.dumps(one.to_json()))
        file.write("\n]}\n")


def read_people(path: Path) -> PeopleFile:
    """Open a file of people; nothing but its first line is read.

    Args:
        path: A file of the plane ``people``.

    Returns:
        Its sizes, and its frames when they are asked for.

    Raises:
        InputError: It cannot be read or is no such file.
    """
    with _opened(path) as file:
        line = _line(file, path)
    if not line.endswith('"frames": ['):
        _refuse(f"{path} begins with {line[:60]!r}")
    head = _parsed(f"{line}]}}", path)
    if not isinstance(head, Mapping) or head.get("version") != VERSION:
        _refuse(f"{path} is no file of version {VERSION}")
    return PeopleFile(path, _size(head, "eye_size", path), _size(head, "work_size", path))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8") as file:
            yield file
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read {path}: {error}", why="it tells who is in a chunk", fix=_FIX
        ) from error


def _line(file: TextIO, path: Path) -> str:
    """The next line, stripped.

    Raises:
        InputError: There is none, or it is too long.
    """
    line = file.readline(MAX_LINE)
    if not line.endswith("\n"):
        _refuse(f"{path} breaks off, or has a line of {MAX_LINE} letters and more")
    return line.strip()


def _told(frame: FramePeople, eye_size: tuple[int, int]) -> dict[str, Json]:
    eyes: list[Json] = [[_person(one, eye_size) for one in eye] for eye in frame.eyes]
    pairs: list[Json] = [pair.to_json() for pair in frame.pairs]
    return {"index": frame.index, "eyes": eyes, "pairs": pairs}


def _person(person: Person, eye_size: tuple[int, int]) -> Json:
    mask = person.mask
    height, width = mask.shape
    return {
        "id": person.id,
        "box_xyxy": [*scaled_box(mask.box, (width, height), eye_size)],
        "score": _short(person.score),
        "rle": encode_rle(mask.unpack()),
    }


def _read(raw: Any, file: PeopleFile, name: str) -> FramePeople:  # noqa: ANN401 - parsed JSON
    """One line.

    Raises:
        InputError: It is not as it should be.
    """
    try:
        eyes = tuple(tuple(_who(one, file.work_size) for one in eye) for eye in raw["eyes"])
        pairs = tuple(_pair(one) for one in raw["pairs"])
        index = int(raw["index"])
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        _refuse(f"{name}: {type(error).__name__} {error}", error)
    if not 1 <= len(eyes) <= 2 or index < 0:
        _refuse(f"{name}: {len(eyes)} eyes, index {index}")
    return FramePeople(index, eyes, pairs)


def _who(raw: Any, work_size: tuple[int, int]) -> Person:  # noqa: ANN401 - parsed JSON
    number, score, rle = int(raw["id"]), float(raw["score"]), raw["rle"]
    if [int(side) for side in rle["size"]] != [work_size[1], work_size[0]]:
        _refuse(f"a mask of {rle['size']} among those of {work_size}")
    if number < 1 or not 0 <= score <= 1:
        _refuse(f"a person with id {number} and score {score}")
    return Person(number, PackedMask.of(decode_rle(rle)), score)


def _pair(raw: Any) -> Pair:  # noqa: ANN401 - parsed JSON
    left, right = (float(score) for score in raw["scores"])
    return Pair(
        int(raw["id"]),
        _maybe(raw["agreement"]),
        _maybe(raw["raw_iou"]),
        (left, right),
        str(raw["corrected"]),
        raw["plane"],
        str(raw.get("hidden", "")),
    )


def _size(head: Mapping[str, Any], key: str, path: Path) -> tuple[int, int]:
    """(width, height).

    Raises:
        InputError: It is none, or larger than any picture.
    """
    sides = head.get(key)
    whole = isinstance(sides, list) and len(sides) == 2 and all(type(v) is int for v in sides)
    if not whole or min(sides) < 1 or sides[0] * sides[1] > MAX_PIXELS:  # type: ignore[arg-type,index]
        _refuse(f"{path} has {key} {sides!r:.60}")
    return sides[0], sides[1]  # type: ignore[index]


def _parsed(text: str, path: Path) -> Any:  # noqa: ANN401 - parsed JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse(f"{path} has a line that is no JSON: {error}", error)


def _maybe(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]


def _short(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _refuse(told: str, error: Exception | None = None) -> NoReturn:
    """Say what is wrong.

    Raises:
        InputError: Always.
    """
    what = f"{told}; wanted a file that split.stereo wrote"
    raise InputError(what, why=_WHY, fix=_FIX) from error
