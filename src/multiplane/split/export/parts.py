"""The chunks of a clip as those before left them: frames, alphas and people, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json
from multiplane.media.vr180.layout import Layout


@dataclass(frozen=True)
class Part:
    """One chunk.

    Attributes:
        id: Of its planes.
        first: The first frame it has alphas of; up to ``start`` the chunk before has them too.
        start: The first frame that is its own.
        stop: After its last frame.
        alphas: The video of its alphas, laid out like the source.
        people: The file of who is in it.
    """

    id: str
    first: int
    start: int
    stop: int
    alphas: Path
    people: Path


def read_parts(item: Item) -> tuple[Layout, list[Part]]:
    """Take the chunks of an item out of what was gathered.

    Args:
        item: With ``parts`` in its data: id, files and data of each chunk, in order.

    Returns:
        Where the eyes are, and the chunks.

    Raises:
        InputError: Something is missing, or the chunks do not follow one another.
    """
    raw = item.data.get("parts")
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        _refuse(item.id, "has no chunks")
    parts = [_part(item, entry) for entry in raw]
    layouts = [_data(item, entry).get("layout") for entry in raw]
    if any(layout != layouts[0] for layout in layouts):
        _refuse(item.id, "has chunks of different layouts")
    for before, part in pairwise(parts):
        if part.start != before.stop or not before.first < part.first <= part.start:
            _refuse(
                item.id,
                f"has chunk {part.id} of frames {part.start} to {part.stop} after one that "
                f"ends at {before.stop}",
            )
    if parts[0].first != parts[0].start:
        _refuse(item.id, f"begins with a chunk that is not the first: {parts[0].id}")
    return Layout.from_json(layouts[0]), parts


def _part(item: Item, entry: Json) -> Part:
    chunk = _data(item, entry).get("chunk")
    files = entry.get("files") if isinstance(entry, Mapping) else None
    if not isinstance(chunk, Mapping) or not isinstance(files, Mapping):
        _refuse(item.id, "has a chunk that does not say which frames it has")
    first, start, stop = (chunk.get(key) for key in ("first", "start", "stop"))
    if not (
        isinstance(first, int)
        and isinstance(start, int)
        and isinstance(stop, int)
        and 0 <= first <= start < stop
    ):
        _refuse(item.id, f"has a chunk of frames {first}, {start}, {stop}")
    name = str(entry.get("id")) if isinstance(entry, Mapping) else ""
    return Part(
        name,
        first,
        start,
        stop,
        item.root / _only(item, files, "alphas"),
        item.root / _only(item, files, "people"),
    )


def _data(item: Item, entry: Json) -> Mapping[str, Json]:
    data = entry.get("data") if isinstance(entry, Mapping) else None
    if not isinstance(data, Mapping):
        _refuse(item.id, "has a chunk without data")
    return data


def _only(item: Item, files: Mapping[str, Json], plane: str) -> str:
    names = files.get(plane)
    if not isinstance(names, Sequence) or isinstance(names, str) or len(names) != 1:
        _refuse(item.id, f"has a chunk with {names!r:.60} as {plane}, wanted one file")
    return str(names[0])


def _refuse(name: str, told: str) -> NoReturn:
    """Say what is wrong with the chunks.

    Raises:
        InputError: Always.
    """
    raise InputError(
        f"{name} {told}",
        why="alphas and people of all chunks are put together frame by frame",
        fix="take them from split.stereo in one recipe: inputs: {alphas: stereo.alphas, people: "
        "stereo.people}",
    )
