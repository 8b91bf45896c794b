"""The JSON file that prompts are written in; what it holds is checked here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from multiplane.core.config import Options, explain
from multiplane.core.detections import ShotBoxes, read_json, shot_boxes
from multiplane.core.errors import InputError
from multiplane.core.instances import decode_rle
from multiplane.media.images import picture_size, read_mask
from multiplane.split.segment.prompts import FIX, Box, MaskOf, Point, Prompt

MOST = 100_000
"""A file has no more prompts."""
_WHY = "prompts are checked before anything is looked for"
_Px = Annotated[float, Field(ge=-1e6, le=1e6)]


class RunLengths(Options):
    """A mask as COCO run lengths, as instances_metadata.json holds them."""

    size: tuple[Annotated[int, Field(ge=1, le=65_536)], Annotated[int, Field(ge=1, le=65_536)]] = (
        Field(description="[height, width] of the mask, that of the frame")
    )
    counts: str = Field(
        min_length=1, max_length=50_000_000, description="compressed runs, column by column"
    )


class PromptEntry(Options):
    """One thing that somebody points at."""

    id: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="the object it is about, kept as track_id; all entries have one, or none",
    )
    shot: str | None = Field(
        default=None, description="the shot, e.g. walk/0002; left out, every shot"
    )
    frame: str | None = Field(
        default=None, description="the frame, by the stem of its file, e.g. 000123"
    )
    index: int | None = Field(
        default=None, ge=0, description="the frame, by its number in the shot from 0"
    )
    box_xyxy: tuple[_Px, _Px, _Px, _Px] | None = Field(
        default=None, description="half-open [x0, y0, x1, y1] in px"
    )
    points: tuple[tuple[_Px, _Px], ...] = Field(
        default=(), max_length=1000, description="[x, y] in px, on the object or beside it"
    )
    labels: tuple[Literal[0, 1], ...] | None = Field(
        default=None,
        description="one a point: 1 on the object, 0 beside it; left out, all are on it",
    )
    mask: str | None = Field(
        default=None,
        min_length=1,
        max_length=1024,
        description="a rough mask: a picture beside the file or below it, 255 = the object",
    )
    rle: RunLengths | None = Field(default=None, description="a rough mask as run lengths")
    text: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        description="all that it describes is looked for, in every frame unless one is named",
    )

    @model_validator(mode="after")
    def _agree(self) -> PromptEntry:
        """See that the keys go together.

        Raises:
            ValueError: They do not.
        """
        if not (self.box_xyxy or self.points or self.mask or self.rle or self.text):
            raise ValueError("it points at nothing; write box_xyxy, points, mask, rle or text")
        if self.mask and self.rle:
            raise ValueError("it has a mask and an rle; write one of them")
        if self.frame is not None and self.index is not None:
            raise ValueError("it has a frame and an index; write one of them")
        if self.text and (self.box_xyxy or self.points or self.mask or self.rle or self.id):
            raise ValueError("it has a text and a place or an id; words find all they describe")
        if self.labels is not None and len(self.labels) != len(self.points):
            raise ValueError(f"{len(self.labels)} labels for {len(self.points)} points")
        alone = not (self.box_xyxy or self.mask or self.rle or self.id)
        if alone and self.labels and 1 not in self.labels:
            raise ValueError("it has no point on the object; label one 1, or write a box_xyxy")
        return self


class PromptFile(Options):
    """Prompts for the shots of a run."""

    version: Literal[1] = Field(default=1, description="of the format")
    prompts: tuple[PromptEntry, ...] = Field(max_length=MOST, description="what is pointed at")

    @model_validator(mode="after")
    def _number_all_or_none(self) -> PromptFile:
        """See that there are prompts, and that objects are numbered as a whole.

        Raises:
            ValueError: There is none, or some have numbers and some have none.
        """
        if not self.prompts:
            raise ValueError("no prompts; write one, or leave the file out")
        if len({entry.id is None for entry in self.prompts}) > 1:
            raise ValueError("some prompts have an id and some have none; give all one, or none")
        return self


def prompts_of_file(
    path: Path, shot: str, stems: Sequence[str], size: tuple[int, int]
) -> list[Prompt]:
    """Read what is pointed at in one shot.

    Args:
        path: A file of prompts, or of boxes as ``split.detect`` leaves it.
        shot: The id of the shot; entries about others are left out.
        stems: The names of its frames' files without suffix, in order.
        size: (width, height) of its frames.

    Returns:
        The prompts; they need not fit the frames yet, see
        :func:`multiplane.split.segment.prompts.fit_prompts`.

    Raises:
        InputError: It cannot be read, or something in it is not what it should be.
    """
    try:
        raw = read_json(path)
    except InputError as error:  # whose words are of boxes
        raise InputError(error.what, why=_WHY, fix=FIX) from error
    if isinstance(raw, dict) and "frames" in raw and "prompts" not in raw:
        return prompts_of_boxes(shot_boxes(raw, str(path)), stems, size, str(path))
    return [
        _prompt(entry, f"{path}: prompts[{number}]", path.parent, stems, size)
        for number, entry in enumerate(_parse(raw, path).prompts)
        if entry.shot in {None, shot}
    ]


def prompts_of_boxes(
    boxes: ShotBoxes, stems: Sequence[str], size: tuple[int, int], where: str
) -> list[Prompt]:
    """Take the boxes of a shot for prompts.

    Args:
        boxes: As ``split.detect`` found them.
        stems: The names of the shot's frames without suffix, in order.
        size: (width, height) of the frames.
        where: How to call the file in messages.

    Returns:
        One prompt a box.

    Raises:
        InputError: They are of frames of another size, or of a frame that the shot does not have.
    """
    if boxes.size != size:
        raise InputError(
            f"{where} is of frames of {boxes.size[0]}x{boxes.size[1]}, "
            f"the shot is {size[0]}x{size[1]}",
            why="boxes are in pixels of the frame they were found in",
            fix="multiplane split detect on these frames",
        )
    found = []
    numbered = all(box.id is not None for frame in boxes.frames for box in frame.boxes)
    for frame in boxes.frames:
        place = f"{where}: frame {frame.frame}"
        index = _index(frame.frame, place, stems)
        found += [
            Prompt(index, box.id if numbered else None, box.box, score=box.score,
                   where=f"{place}, box {number}")
            for number, box in enumerate(frame.boxes)
        ]  # fmt: skip
    return found


def mask_files(path: Path) -> list[Path]:
    """The pictures that a file of prompts names; what is wrong with it is told elsewhere."""
    try:
        entries = _parse(read_json(path), path).prompts
    except InputError:
        return []
    return [path.parent / entry.mask for entry in entries if entry.mask is not None]


def _parse(raw: Any, path: Path) -> PromptFile:  # noqa: ANN401 - whatever JSON holds
    """Check what a file holds.

    Raises:
        InputError: Something is not what it should be.
    """
    try:
        return PromptFile.model_validate(raw)
    except ValidationError as error:
        faults = explain(error, PromptFile)
        raise InputError(
            "\n".join(f"{path}: {_key(key)}{text}" for key, text, _ in faults[:20]),
            why=_WHY,
            fix=FIX,
        ) from error


def _key(dotted: str) -> str:
    """``prompts.3.points`` as ``prompts[3].points: ``."""
    parts = (f"[{part}]" if part.isdigit() else f".{part}" for part in dotted.split(".") if part)
    told = "".join(parts).lstrip(".")
    return f"{told}: " if told else ""


def _prompt(
    entry: PromptEntry, where: str, folder: Path, stems: Sequence[str], size: tuple[int, int]
) -> Prompt:
    index = entry.index
    if entry.frame is not None:
        index = _index(entry.frame, where, stems)
    elif index is None and not entry.text:
        index = 0
    box: Box | None = entry.box_xyxy
    points: tuple[Point, ...] = entry.points
    return Prompt(
        index=index,
        object_id=entry.id,
        box=box,
        points=points,
        labels=entry.labels or (1,) * len(points),
        read=_mask(entry, where, folder, size),
        text=entry.text or "",
        where=where,
    )


def _index(stem: str, where: str, stems: Sequence[str]) -> int:
    """The number of a frame in its shot.

    Raises:
        InputError: The shot has none of that name.
    """
    if stem in stems:
        return list(stems).index(stem)
    raise InputError(
        f"{where} is about frame {stem!r}, which the shot does not have",
        why=f"its frames are {stems[0]} to {stems[-1]}",
        fix="write the name of a frame's file without its suffix; of other shots, the shot too",
    )


def _mask(entry: PromptEntry, where: str, folder: Path, size: tuple[int, int]) -> MaskOf | None:
    """What reads the rough mask of an entry: as bits, those of a shot would fill the memory.

    Raises:
        InputError: It is not there, lies elsewhere, or has another size than the frames.
    """
    if entry.rle is not None:
        _same_size(entry.rle.size[::-1], size, f"{where}.rle")
        runs = entry.rle.model_dump()
        try:
            decode_rle(runs)
        except (InputError, ValueError, OverflowError, IndexError) as error:
            raise InputError(
                f"{where}.rle is no mask: {str(error).split(chr(10))[0]}",
                why="run lengths cover each pixel once",
                fix="take it out of an instances_metadata.json as it stands there",
            ) from error
        return partial(decode_rle, runs)
    if entry.mask is None:
        return None
    path = (folder / entry.mask).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InputError(
            f"{where}.mask is {entry.mask!r}, which leads out of {folder}",
            why="a file of prompts names pictures beside it or below it",
            fix="put the mask beside the file, and write its name",
        )
    if not path.is_file():
        raise InputError(
            f"{where}.mask is {entry.mask!r}, which is not there",
            why=f"it is looked for in {folder}",
            fix="check the name; it is counted from the folder of the file of prompts",
        )
    _same_size(picture_size(path), size, f"{where}.mask")
    return partial(read_mask, path)


def _same_size(got: tuple[int, int], wanted: tuple[int, int], where: str) -> None:
    """See that a mask has the size of the frames.

    Raises:
        InputError: It has another.
    """
    if tuple(got) != tuple(wanted):
        raise InputError(
            f"{where} is {got[0]}x{got[1]}, the frames are {wanted[0]}x{wanted[1]}",
            why="a mask is laid on its frame pixel by pixel",
            fix="write a mask of the frame's size",
        )
