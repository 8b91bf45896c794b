"""Boxes that a person drew: they know better than a network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from multiplane.core.detections import (
    MAX_BOXES,
    Detection,
    box_xyxy,
    read_bounded,
    read_json,
    shot_boxes,
    within,
)
from multiplane.core.errors import InputError

_WHY = "boxes of your own are read before anything runs"
_FORM = "write a line a frame, e.g. 000123: [[10, 20, 110, 220]]; [] says that nobody is there"
_YAML_LIMIT = 4_000_000
"""Letters; a longer file is better JSON, which is read much faster."""


@dataclass(frozen=True)
class Overrides:
    """Boxes of a person by frame.

    Attributes:
        name: The file they are from, for messages.
        boxes: Frame → boxes. A frame is named by its stem, or by the id of its clip or shot, a
            slash and its stem, where several have frames of that name.
        size: (width, height) the boxes are of, where the file says so.
    """

    name: str
    boxes: Mapping[str, tuple[Detection, ...]]
    size: tuple[int, int] | None = None

    def of(self, shot: str, stem: str, size: tuple[int, int]) -> tuple[Detection, ...] | None:
        """The boxes of a frame, cut to it.

        Args:
            shot: The id of its shot, e.g. ``clip/0001``.
            stem: The stem of its file.
            size: (width, height) of the frame.

        Returns:
            Boxes; none where a person says so; None where no person says anything.

        Raises:
            InputError: A box is nowhere in the frame, or they are of frames of another size.
        """
        key = next((key for key in _keys(shot, stem) if key in self.boxes), None)
        if key is None:
            return None
        if self.size not in {None, size}:
            assert self.size is not None
            raise InputError(
                f"{self.name} is of frames of {self.size[0]}x{self.size[1]}, "
                f"these are {size[0]}x{size[1]}",
                why="boxes are in pixels of the frame they were drawn on",
                fix="draw them anew, or scale them and write the new size into the file",
            )
        return tuple(self._cut(one, key, size) for one in self.boxes[key])

    def _cut(self, one: Detection, key: str, size: tuple[int, int]) -> Detection:
        """A box cut to the frame.

        Raises:
            InputError: Nothing of it is there.
        """
        part = within(one.box, size)
        x0, y0, x1, y1 = (round(value, 2) for value in part or (0, 0, 0, 0))
        if x0 == x1 or y0 == y1:
            raise InputError(
                f"{self.name}: frame {key}: {list(one.box)} is outside of the frame, which is "
                f"{size[0]}x{size[1]}",
                why="boxes are in pixels of the frame, counted from its top left",
                fix="give x0, y0, x1, y1 in pixels of the full-size frame",
            )
        return Detection((x0, y0, x1, y1), one.score, one.label, one.id)


def read_overrides(path: Path, label: str) -> Overrides:
    """Read boxes of a person.

    Args:
        path: JSON or YAML; either the form of the plane ``boxes``, or frames with lists of
            ``[x0, y0, x1, y1]``.
        label: What is in boxes that do not say it.

    Returns:
        The boxes.

    Raises:
        InputError: The file cannot be read, or is neither.
    """
    raw = read_json(path) if path.suffix.lower() == ".json" else _yaml(path)
    if not isinstance(raw, Mapping):
        raise InputError(f"{path} holds no frames", why=_WHY, fix=_FORM)
    if "version" in raw and "frames" in raw:
        told = shot_boxes(raw, str(path))
        return Overrides(str(path), told.by_frame(), told.size)
    return Overrides(
        str(path), {str(frame): _simple(rows, f"{path}: frame {frame}", label)
                    for frame, rows in raw.items()}
    )  # fmt: skip


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file of overrides, since the result depends on what it holds.

    Raises:
        InputError: It cannot be read.
    """
    return hashlib.sha256(read_bounded(path).encode()).hexdigest()


def _keys(shot: str, stem: str) -> Iterator[str]:
    """What a frame may be called, the closest first."""
    parts = shot.split("/")
    for length in range(len(parts), 0, -1):
        yield "/".join([*parts[:length], stem])
    yield stem


def _simple(raw: object, name: str, label: str) -> tuple[Detection, ...]:
    """The boxes of one frame in the simple form.

    Raises:
        InputError: They are none.
    """
    if not isinstance(raw, list) or len(raw) > MAX_BOXES:
        told = f"{len(raw)} boxes" if isinstance(raw, list) else repr(raw)[:60]
        raise InputError(f"{name} has {told}, wanted a list of {MAX_BOXES} boxes at most",
                         why=_WHY, fix=_FORM)  # fmt: skip
    return tuple(
        Detection(box_xyxy(row, f"{name}, box {number}"), 1.0, label)
        for number, row in enumerate(raw, start=1)
    )


class _Frames(yaml.SafeLoader):
    """Reads keys as they are written: 000123 is the name of a frame and no octal number.

    Anchors are refused, since a few of them can stand for gigabytes; so is a key that stands
    twice, of which YAML would keep the last.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - yaml's own
        """Refuse what stands for something else.

        Raises:
            YAMLError: It does.
        """
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("anchors are not taken here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Keys as text.

        Raises:
            YAMLError: A key stands twice, or is no text.
        """
        if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise yaml.YAMLError("a frame's name is a text")
        found = {
            str(key.value): self.construct_object(value, deep=True) for key, value in node.value
        }
        if len(found) < len(node.value):
            raise yaml.YAMLError("a frame stands twice")
        return found


def _mapping(loader: _Frames, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node)


_Frames.add_constructor("tag:yaml.org,2002:map", _mapping)


def _yaml(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Read YAML.

    Raises:
        InputError: It is none, or too long.
    """
    text = read_bounded(path)
    if len(text) > _YAML_LIMIT:
        raise InputError(
            f"{path} has {len(text)} letters, wanted {_YAML_LIMIT} at most",
            why="so much YAML takes minutes to read",
            fix="write it as JSON, in a file that ends in .json",
        )
    try:
        loader = _Frames(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f", line {mark.line + 1}"
        raise InputError(
            f"{path}{place} is no YAML that is taken here: "
            f"{getattr(error, 'problem', None) or error}",
            why=_WHY,
            fix=_FORM,
        ) from error
