"""What somebody points at: boxes, points, masks and words, by object and frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from multiplane.core.arrays import Mask
from multiplane.core.errors import InputError

Box: TypeAlias = tuple[float, float, float, float]
"""Half-open (x0, y0, x1, y1), px of the frame."""
Point: TypeAlias = tuple[float, float]
"""(x, y), px of the frame."""
MaskOf: TypeAlias = Callable[[], Mask]
"""Reads a rough mask; it is read when its frame is looked at, so that a shot of them costs no
memory."""

FIX = "multiplane/split/segment/README.md shows how prompts are written"


@dataclass(frozen=True, eq=False)
class Prompt:
    """Something to look for in a frame of a shot.

    Attributes:
        index: The frame's number in the shot, from 0; None means every frame.
        object_id: The object it is about, from 1; None leaves it to the stage which object of
            another frame is the same.
        box: Round the object.
        points: On it, or beside it.
        labels: One a point: 1 is on the object, 0 beside it.
        mask: bool (H, W), a rough mask of it.
        read: Reads the mask, instead.
        text: What it is, in words.
        score: How sure whoever points is, in [0, 1].
        where: How to call it in messages.
    """

    index: int | None = 0
    object_id: int | None = None
    box: Box | None = None
    points: tuple[Point, ...] = ()
    labels: tuple[int, ...] = ()
    mask: Mask | None = None
    read: MaskOf | None = None
    text: str = ""
    score: float = 1.0
    where: str = "a prompt"


def fit_prompts(prompts: Iterable[Prompt], count: int, size: tuple[int, int]) -> list[Prompt]:
    """See that prompts are about frames that are there, and within them.

    Args:
        prompts: Any.
        count: How many frames the shot has.
        size: (width, height) of its frames.

    Returns:
        The prompts; what of a box reaches out of its frame is cut off.

    Raises:
        InputError: A frame that is not there, a box or a point outside the picture, a mask of
            another size.
    """
    return [_fit(prompt, count, size) for prompt in prompts]


def of_frame(prompts: Sequence[Prompt], index: int) -> list[Prompt]:
    """The prompts of one frame, their masks read; what is said of one object stands together.

    Args:
        prompts: Of a shot.
        index: The frame's number in it.

    Returns:
        One prompt an object, in the order they came.
    """
    found: list[Prompt] = []
    places: dict[int, int] = {}
    for prompt in prompts:
        if prompt.index not in {index, None}:
            continue
        mask = prompt.mask if prompt.read is None else prompt.read()
        prompt = replace(prompt, index=index, mask=mask, read=None)  # noqa: PLW2901 - read
        place = None if prompt.object_id is None else places.get(prompt.object_id)
        if place is None:
            if prompt.object_id is not None:
                places[prompt.object_id] = len(found)
            found.append(prompt)
        else:
            found[place] = _merge(found[place], prompt)
    return found


def _merge(first: Prompt, second: Prompt) -> Prompt:
    return replace(
        first,
        box=second.box or first.box,
        points=first.points + second.points,
        labels=first.labels + second.labels,
        mask=first.mask if second.mask is None else second.mask,
        text=second.text or first.text,
    )


def _fit(prompt: Prompt, count: int, size: tuple[int, int]) -> Prompt:
    """One prompt, checked.

    Raises:
        InputError: It does not fit.
    """
    if prompt.index is not None and not 0 <= prompt.index < count:
        raise InputError(
            f"{prompt.where} is about frame {prompt.index}, the shot has {count}",
            why="frames of a shot are counted from 0",
            fix=f"write an index from 0 to {count - 1}",
        )
    for x, y in prompt.points:
        if not (0 <= x <= size[0] and 0 <= y <= size[1]):
            _outside(f"{prompt.where} has a point at ({x:g}, {y:g})", size)
    if prompt.mask is not None and prompt.mask.shape != size[::-1]:
        height, width = prompt.mask.shape
        raise InputError(
            f"{prompt.where} has a mask of {width}x{height}, the frames are {size[0]}x{size[1]}",
            why="a mask is laid on its frame pixel by pixel",
            fix="write a mask of the frame's size",
        )
    if prompt.box is None:
        return prompt
    x0, y0, x1, y1 = prompt.box
    if not all(map(math.isfinite, prompt.box)) or x0 >= x1 or y0 >= y1:
        raise InputError(
            f"{prompt.where} has the box {_told(prompt.box)}, wanted x0 < x1 and y0 < y1",
            why="a box is half-open: left, top, right, bottom in px",
            fix=FIX,
        )
    cut = (max(x0, 0.0), max(y0, 0.0), min(x1, float(size[0])), min(y1, float(size[1])))
    if cut[0] >= cut[2] or cut[1] >= cut[3]:
        _outside(f"{prompt.where} has the box {_told(prompt.box)}", size)
    return replace(prompt, box=cut)


def _outside(told: str, size: tuple[int, int]) -> None:
    """Refuse what lies beside the picture.

    Raises:
        InputError: Always.
    """
    raise InputError(
        f"{told}, outside the picture of {size[0]}x{size[1]}",
        why="nothing can be found where nothing is shown",
        fix="write px of the full-size frame, counted from the top left",
    )


def _told(box: Box) -> str:
    return ",".join(f"{value:g}" for value in box)
