"""Tags in file names, by which players of VR video know what they play.

``clip_180_LR.mp4`` is half-equirectangular, left eye at the left. Tags stand between underscores
(or dots and hyphens), in any order and in letters of any size; the words are those DeoVR,
HereSphere, Skybox and Pigasus read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from multiplane.core.errors import InputError

Kind = Literal["sbs", "over_under", "mono"]

_KINDS: dict[str, tuple[Kind, bool]] = {
    "lr": ("sbs", False), "sbs": ("sbs", False), "3dh": ("sbs", False), "hsbs": ("sbs", False),
    "fsbs": ("sbs", False), "rl": ("sbs", True),
    "tb": ("over_under", False), "ou": ("over_under", False), "3dv": ("over_under", False),
    "hou": ("over_under", False), "bt": ("over_under", True),
    "mono": ("mono", False), "2d": ("mono", False),
}  # fmt: skip
"""Tag → how the eyes are joined, and whether the right one comes first."""
_FIELDS = {
    "180": "180", "180x180": "180", "360": "360", "fisheye": "fisheye190", "mkx200": "mkx200",
    "mkx220": "mkx220", "rf52": "rf52", "vrca220": "vrca220",
}  # fmt: skip
"""Tag → projection; all but 180 and 360 are fisheye lenses."""
_FISHEYE = re.compile(r"fisheye(\d{3})?")
_PARTS = re.compile(r"([_\-.]+)")
_KIND_TAGS: dict[tuple[str, bool], str] = {
    ("sbs", False): "LR", ("sbs", True): "RL",
    ("over_under", False): "TB", ("over_under", True): "BT",
}  # fmt: skip


@dataclass(frozen=True)
class NameTags:
    """What the tags of a name say; None where they say nothing.

    Attributes:
        kind: How the eyes are joined.
        swapped: Whether the right eye comes first (``_RL``, ``_BT``).
        field: The projection: ``180`` and ``360`` are equirectangular, others name a fisheye
            lens: ``fisheye190``, ``mkx200``, ``rf52``, ...
        alpha: Whether the picture holds packed alpha.
        found: The tags as they stand in the name.
    """

    kind: Kind | None = None
    swapped: bool = False
    field: str | None = None
    alpha: bool = False
    found: tuple[str, ...] = ()

    @property
    def fisheye(self) -> bool:
        """Whether the projection is that of a fisheye lens."""
        return self.field not in {None, "180", "360"}


def read_tags(name: str) -> NameTags:
    """Read the tags of a file name.

    Args:
        name: A file name with or without its suffix; folders before it are ignored.

    Returns:
        What they say; of two that contradict each other the last counts, as players do it.
    """
    kind: Kind | None = None
    swapped, field, alpha = False, None, False
    found = []
    words = _PARTS.split(Path(name).stem)[::2]
    for word in words[1:]:  # the first word is the name itself
        small = word.lower()
        if small in _KINDS:
            kind, swapped = _KINDS[small]
        elif _field(small):
            field = _field(small)
        elif small == "alpha":
            alpha = True
        else:
            continue
        found.append(word)
    return NameTags(kind, swapped, field, alpha, tuple(found))


def _field(word: str) -> str | None:
    fisheye = _FISHEYE.fullmatch(word)
    if fisheye:
        return f"fisheye{fisheye[1] or 190}"
    return _FIELDS.get(word)


def write_tags(name: str, tags: NameTags) -> str:
    """Give a file name these tags instead of those it has.

    Args:
        name: A file name with or without its suffix.
        tags: What its tags are to say.

    Returns:
        The name without its old tags, the new ones at its end, with its own suffix:
        ``dance_180_LR.mp4`` becomes ``dance_fisheye190_LR_alpha.mp4``.

    Raises:
        InputError: ``tags.field`` is a projection no player has a tag for.
    """
    if tags.field is not None and _field(tags.field) != tags.field:
        raise InputError(
            f"no player knows a name tag for the projection {tags.field!r}",
            why="players read the projection from the file name",
            fix=f"use one of {', '.join(sorted(set(_FIELDS.values())))} or fisheye with degrees",
        )
    path = Path(name)
    stem, suffix = plain_stem(path.name), path.suffix
    words = [stem]
    if tags.field:
        words.append(tags.field)
    if tags.kind and (tags.kind, tags.swapped) in _KIND_TAGS:
        words.append(_KIND_TAGS[tags.kind, tags.swapped])
    if tags.alpha:
        words.append("alpha")
    return str(path.with_name("_".join(words) + suffix))


def plain_stem(name: str) -> str:
    """The stem of a file name without its tags: ``dance_180_LR.mp4`` → ``dance``."""
    parts = _PARTS.split(Path(name).stem)
    kept = parts[:1]
    for mark, word in zip(parts[1::2], parts[2::2], strict=True):
        small = word.lower()
        if small not in _KINDS and not _field(small) and small != "alpha":
            kept += [mark, word]
    return "".join(kept)
