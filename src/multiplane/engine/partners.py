"""Which mask belongs to which picture, told by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from multiplane.engine.names import readable

IMAGES, MASKS = "images", "masks"
"""The planes that pictures and their masks become."""
_MASK = re.compile(r"(?P<name>.+)_mask\d*", re.DOTALL)


@dataclass(frozen=True)
class Found:
    """A picture or a mask that was found.

    Attributes:
        path: The file, absolute.
        place: The folder it lies in, below the one that was given; empty at its top.
        stem: What it is called without suffix.
        of: Of a mask out of a run: the picture that it was made for; else empty.
    """

    path: Path
    place: str = ""
    stem: str = ""
    of: str = ""

    @property
    def shown(self) -> str:
        """Where it lies below the folder that was given, as text."""
        return readable(f"{self.place}/{self.path.name}".lstrip("/"))

    @property
    def laid_out(self) -> tuple[str, str] | None:
        """Place and stem of the picture, of a mask that lies where runs put it; else None.

        What is made of ``a/wall.png`` lies at ``a/wall/wall.png``.
        """
        above, _, own = self.place.rpartition("/")
        return (above, self.stem) if own == self.stem else None

    @property
    def owner(self) -> str:
        """The picture that a mask says it is of, ``wall`` of ``wall_mask001``; empty if none."""
        match = _MASK.fullmatch(self.stem)
        return match["name"] if match else ""


@dataclass(frozen=True)
class Doubt:
    """Pictures and masks of one name, between which names cannot tell."""

    pictures: list[Found]
    masks: list[Found]


@dataclass
class Partners:
    """What matching by name came to.

    Attributes:
        pairs: (picture, mask); a picture with several masks is there once a mask.
        doubts: What has partners, but more than one.
        pictures: Pictures without mask.
        masks: Masks without picture.
    """

    pairs: list[tuple[Found, Found]] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    pictures: list[Found] = field(default_factory=list)
    masks: list[Found] = field(default_factory=list)


_Key: TypeAlias = Callable[[Found], Hashable]
"""What two files must have in common; None where a file has no such thing."""


def _low(text: str) -> str:
    return text.casefold()


_WAYS: tuple[tuple[_Key, _Key, bool], ...] = (
    (lambda one: str(one.path), lambda one: one.of or None, False),
    (lambda one: (one.place, one.stem), lambda one: (one.place, one.stem), False),
    (lambda one: (one.place, one.stem), lambda one: one.owner and (one.place, one.owner), True),
    (lambda one: (one.place, one.stem), lambda one: one.laid_out, False),
    (
        lambda one: (_low(one.place), _low(one.stem)),
        lambda one: (_low(one.place), _low(one.stem)),
        False,
    ),
    (
        lambda one: (_low(one.place), _low(one.stem)),
        lambda one: one.owner and (_low(one.place), _low(one.owner)),
        True,
    ),
    (lambda one: one.stem, lambda one: one.stem, False),
    (lambda one: one.stem, lambda one: one.owner or None, True),
    (lambda one: _low(one.stem), lambda one: _low(one.stem), False),
    (lambda one: _low(one.stem), lambda one: _low(one.owner) or None, True),
)
"""Ways to tell partners, the surest first: (of the picture, of the mask, may be several masks).

Same place before anywhere, the very name before ``<name>_mask``, and either before the same in
other capitals.
"""


def match_partners(pictures: Sequence[Found], masks: Sequence[Found]) -> Partners:
    """Match pictures with masks, the surest way first; each mask belongs to one picture.

    Args:
        pictures: In the order they are wanted back.
        masks: The files among which their masks are.

    Returns:
        Pairs in the order of the pictures, and all that is in no pair.
    """
    found = Partners(pictures=list(pictures), masks=list(masks))
    for of_picture, of_mask, several in _WAYS:
        wanted = _grouped(found.pictures, of_picture)
        there = _grouped(found.masks, of_mask)
        for key, owners in wanted.items():
            theirs = there.get(key, [])
            stems = {mask.stem for mask in theirs}
            if not theirs:
                continue
            if len(owners) == 1 and len(theirs) == (len(stems) if several else 1):
                found.pairs += [(owners[0], mask) for mask in theirs]
            else:
                found.doubts.append(Doubt(owners, theirs))
        _take_away(found)
    order = {picture: number for number, picture in enumerate(pictures)}
    found.pairs.sort(key=lambda pair: order[pair[0]])
    return found


def masks_beside(files: Sequence[Found]) -> set[Found]:
    """The files of a folder that are masks of others in it, by their names.

    Args:
        files: Pictures and ``<picture>_mask.png`` side by side.

    Returns:
        Those called like another at the same place, with ``_mask`` and perhaps digits behind it.
    """
    there = {(one.place, _low(one.stem)) for one in files}
    return {one for one in files if one.owner and (one.place, _low(one.owner)) in there}


def _grouped(files: Sequence[Found], key: _Key) -> dict[Hashable, list[Found]]:
    groups: dict[Hashable, list[Found]] = {}
    for one in files:
        value = key(one)
        if value:
            groups.setdefault(value, []).append(one)
    return groups


def _take_away(found: Partners) -> None:
    """Leave those that have partners, or could have several, out of what comes next."""
    settled = {one for pair in found.pairs for one in pair}
    settled |= {one for doubt in found.doubts for one in (*doubt.pictures, *doubt.masks)}
    found.pictures = [one for one in found.pictures if one not in settled]
    found.masks = [one for one in found.masks if one not in settled]
