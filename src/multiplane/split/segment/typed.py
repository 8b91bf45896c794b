"""Prompts as they are typed on the command line: ``--boxes "10,20,110,220;..."``."""

from __future__ import annotations

from multiplane.split.segment.prompts import Prompt

MOST = 1000
"""More boxes or points than this are no longer typed."""


def parse_boxes(text: str, first: int = 1) -> list[Prompt]:
    """Boxes on the first frame, one object each.

    Args:
        text: ``x0,y0,x1,y1`` in px, boxes told apart by ``;``.
        first: The number of the first object.

    Raises:
        ValueError: It is something else.
    """
    prompts = []
    for number, part in enumerate(_split(text, ";"), start=first):
        numbers = _numbers(part)
        if len(numbers) != 4 or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
            raise ValueError(f"{part!r} is no box: write x0,y0,x1,y1 with x0 < x1 and y0 < y1")
        x0, y0, x1, y1 = numbers
        prompts.append(
            Prompt(object_id=number, box=(x0, y0, x1, y1), where=f"box {number - first + 1}")
        )
    return prompts


def parse_points(text: str, first: int = 1) -> list[Prompt]:
    """Points on the first frame.

    Args:
        text: ``x,y`` in px, ``x,y,0`` for what does not belong; points told apart by ``;``,
            objects by ``|``.
        first: The number of the first object.

    Raises:
        ValueError: It is something else.
    """
    prompts = []
    for number, group in enumerate(_split(text, "|"), start=first):
        points, labels = [], []
        for part in _split(group, ";"):
            numbers = _numbers(part)
            if len(numbers) not in {2, 3} or (len(numbers) == 3 and numbers[2] not in {0, 1}):
                raise ValueError(f"{part!r} is no point: write x,y or, beside the object, x,y,0")
            points.append((numbers[0], numbers[1]))
            labels.append(int(numbers[2]) if len(numbers) == 3 else 1)
        if 1 not in labels:
            raise ValueError(f"{group!r} has no point on the object")
        prompts.append(
            Prompt(object_id=number, points=tuple(points), labels=tuple(labels),
                   where=f"object {number - first + 1} of the points")
        )  # fmt: skip
    return prompts


def parse_text(text: str) -> list[Prompt]:
    """What is looked for in every frame, in words told apart by ``;``."""
    return [Prompt(index=None, text=part, where=f"text {part!r}") for part in _split(text, ";")]


def _split(text: str, mark: str) -> list[str]:
    """The parts of a text.

    Raises:
        ValueError: There is none, or far too many.
    """
    parts = [part.strip() for part in text.split(mark) if part.strip()]
    if not 1 <= len(parts) <= MOST:
        raise ValueError(f"{len(parts)} of them, wanted 1 to {MOST}")
    return parts


def _numbers(text: str) -> list[float]:
    """Finite numbers told apart by commas.

    Raises:
        ValueError: One is no number.
    """
    numbers = [float(part) for part in text.split(",")]
    if not all(abs(number) < 1e9 for number in numbers):
        raise ValueError(f"{text!r} holds a number that is no pixel")
    return numbers
