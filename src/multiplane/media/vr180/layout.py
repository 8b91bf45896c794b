"""How two eyes lie in one frame, and how that is found out.

A layout splits frames into eyes, left one first, and joins what was made of the eyes in the order
of the source. ``detect_layout`` asks, in this order: the user, the boxes of the file, the tags of
its name, and last the picture: its aspect, and whether its halves look alike.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from multiplane.core.errors import InputError
from multiplane.media.clip import Clip
from multiplane.media.vr180.halves import Halves
from multiplane.media.vr180.sidecar import find_spherical
from multiplane.media.vr180.spherical import STEREO, Spherical
from multiplane.media.vr180.tags import Kind, NameTags, read_tags

_log = logging.getLogger(__name__)

Flatness = Literal["half_equirect", "flat"]
Wanted = Literal["auto", "sbs", "over_under", "mono"]

ALIKE = 0.25
"""Halves that look alike by more show one scene: pairs of real stereo cameras reach 0.39 and more,
halves of pictures of one camera stay below 0.14."""
_SQUARE = 0.02
"""How far from 1 the aspect of a square eye may be."""
_WIDE, _TALL = 3.2, (0.8, 1.0)
"""The aspect of frames that hold two whole flat pictures: 16:9 twice is 3.56 or 0.89, 2:1 twice
is 1; phones' upright frames of 9:16 are none of them."""
_MAX_SIDE = 65_536


_FLAT_FIX = "to take it as flat pictures all the same: projection: flat"


@dataclass(frozen=True)
class Layout:
    """Where the eyes are.

    Attributes:
        kind: ``sbs`` side by side, ``over_under`` one above the other, ``mono`` one eye.
        size: (W, H) of a frame.
        eye_size: (W, H) of an eye.
        swapped: Whether the right eye stands first (left, or above).
        projection: ``half_equirect`` or ``flat``.
        reasons: How it was found out, a sentence each.
    """

    kind: Kind
    size: tuple[int, int]
    eye_size: tuple[int, int]
    swapped: bool = False
    projection: Flatness = "flat"
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        kind: Kind,
        size: tuple[int, int],
        swapped: bool = False,
        projection: Flatness = "flat",
        reasons: Sequence[str] = (),
    ) -> Self:
        """Lay out frames of a size.

        Raises:
            InputError: The frame cannot be cut into two equal eyes.
        """
        width, height = size
        across, down = _check_even(kind, size)
        eye = (width // across, height // down)
        return cls(kind, size, eye, swapped and kind != "mono", projection, tuple(reasons))

    @property
    def eyes(self) -> int:
        """How many there are."""
        return 1 if self.kind == "mono" else 2

    def split(self, picture: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Cut a frame, or what was made of one at any size, into its eyes.

        Args:
            picture: (H, W) or (H, W, C).

        Returns:
            Views of the eyes, left one first; of one eye itself.

        Raises:
            InputError: It cannot be cut into two equal eyes.
        """
        height, width = picture.shape[:2]
        _check_even(self.kind, (width, height))
        if self.kind == "mono":
            return (picture,)
        if self.kind == "sbs":
            eyes = (picture[:, : width // 2], picture[:, width // 2 :])
        else:
            eyes = (picture[: height // 2], picture[height // 2 :])
        return eyes[::-1] if self.swapped else eyes

    def join(self, eyes: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Put eyes together as the source has them; the inverse of :meth:`split`.

        Args:
            eyes: (H, W) or (H, W, C) each, left one first, of one shape.

        Returns:
            A new array; of one eye itself.

        Raises:
            InputError: Too many or too few, or they differ in shape.
        """
        if len(eyes) != self.eyes or any(eye.shape != eyes[0].shape for eye in eyes):
            shapes = ", ".join(str(eye.shape) for eye in eyes) or "none"
            raise InputError(
                f"eyes of shape {shapes}, wanted {self.eyes} of one shape",
                why=f"the frames are {self.kind}",
                fix="hand over what split gave, in the same order",
            )
        if self.kind == "mono":
            return eyes[0]
        order = eyes[::-1] if self.swapped else eyes
        return np.concatenate(list(order), axis=1 if self.kind == "sbs" else 0)

    def to_json(self) -> dict[str, Any]:
        """As keys with values, for records and files."""
        return {
            "kind": self.kind,
            "size": list(self.size),
            "eye_size": list(self.eye_size),
            "swapped": self.swapped,
            "projection": self.projection,
            "reasons": list(self.reasons),
        }

    @classmethod
    def from_json(cls, raw: object) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            InputError: It is something else.
        """
        values = raw if isinstance(raw, Mapping) else {}
        kind, size, projection = (values.get(key) for key in ("kind", "size", "projection"))
        swapped, reasons = values.get("swapped", False), values.get("reasons", [])
        good = (
            kind in get_args(Kind)
            and projection in get_args(Flatness)
            and isinstance(swapped, bool)
            and isinstance(reasons, list)
            and all(isinstance(reason, str) for reason in reasons)
            and isinstance(size, list | tuple)
            and len(size) == 2
            and all(type(side) is int and 1 <= side <= _MAX_SIDE for side in size)
        )
        made = None
        if good:
            sides = (int(size[0]), int(size[1]))  # type: ignore[index]
            made = cls.of(kind, sides, swapped, projection, reasons)  # type: ignore[arg-type]
        if made is None or list(values.get("eye_size", made.eye_size)) != list(made.eye_size):
            raise InputError(
                f"{str(raw)[:80]} is no layout of eyes",
                why="kind, size [W, H], eye_size, swapped and projection are wanted",
                fix="run split.chunks again: it writes them",
            )
        return made


def _check_even(kind: Kind, size: tuple[int, int]) -> tuple[int, int]:
    """Into how many parts a frame is cut across and down.

    Raises:
        InputError: It cannot be cut into equal parts.
    """
    width, height = size
    across, down = {"sbs": (2, 1), "over_under": (1, 2), "mono": (1, 1)}[kind]
    if width % across or height % down:
        side, given = ("width", width) if across == 2 else ("height", height)
        raise InputError(
            f"a frame of {width}x{height} cannot be cut into two equal eyes: "
            f"its {side} {given} is odd",
            why=f"{kind} joins two eyes of one size",
            fix=f"crop or export it with the {side} {given - 1} or {given + 1}, "
            "or take it as one picture: layout: mono",
        )
    return across, down


def detect_layout(
    clip: Clip,
    wanted: Wanted = "auto",
    projection: Literal["auto", "half_equirect", "flat"] = "auto",
    swapped: bool | None = None,
    spherical: Spherical | None = None,
) -> Layout:
    """Find out where the eyes of a clip are.

    Args:
        clip: The clip; a few of its frames are decoded when nothing else tells.
        wanted: What the user says; ``auto`` for what file, name and picture say.
        projection: What the user says of it.
        swapped: Whether the right eye stands first; None for what file and name say.
        spherical: Its boxes where they are known already; None to read them from
            the file, or the sidecar beside it.

    Returns:
        The layout, with the reasons for it.

    Raises:
        InputError: What the user or the file says cannot be, a fisheye picture, or one that
            cannot be cut into two equal eyes.
        DamagedFileError: The boxes of the file are not what they should be.
    """
    boxes = spherical or find_spherical(clip.path)
    tags = read_tags(clip.path.name)
    if projection != "flat":
        _refuse_lenses(clip, boxes, tags)
    halves = Halves(clip)
    kind, reasons = _kind(clip, wanted, (boxes, tags), halves)
    flatness, reason = _flatness(clip, kind, projection, (boxes, tags))
    if swapped is None:
        named = tags.swapped and tags.kind == kind
        swapped = named or (boxes is not None and boxes.swapped)
        if swapped:
            said = f"its name: {', '.join(tags.found)}" if named else "the file"
            reasons.append(f"the right eye comes first, says {said}")
    layout = Layout.of(kind, clip.size, swapped, flatness, [*reasons, reason])
    _log.info("%s: %s, %s: %s", clip.path, kind, flatness, "; ".join(layout.reasons))
    return layout


Told = tuple[Spherical | None, NameTags]


def _kind(clip: Clip, wanted: Wanted, told: Told, halves: Halves) -> tuple[Kind, list[str]]:
    """How the eyes are joined, and why.

    Raises:
        InputError: The user wants two eyes in a picture that shows one.
    """
    boxes, tags = told
    if wanted != "auto":
        if not _fits(wanted, clip, halves):
            raise InputError(
                f"{clip.path} has frames of {clip.width}x{clip.height}, layout {wanted} wanted, "
                f"but the aspect says mono and the halves are not alike "
                f"({halves.alike(wanted):.2f}, wanted {ALIKE:g})",
                why="two different pictures would be taken for the two eyes of one scene",
                fix="take it as one picture: layout: mono; or give the side-by-side file",
            )
        return wanted, [f"layout {wanted} was asked for"]
    if boxes and boxes.stereo_mode in {0, 1, 2}:
        if clip.rotation % 180 and boxes.stereo_mode:
            raise InputError(
                f"{clip.path} is turned by {clip.rotation} degrees, and its box st3d speaks of two "
                "eyes",
                why="the box describes the picture as it is stored, so turned it would be cut "
                "across both eyes",
                fix="write it upright, without rotation; or say how the eyes lie once it is "
                "turned: layout: sbs, over_under or mono",
            )
        said = STEREO[boxes.stereo_mode]
        kind: Kind = "sbs" if said == "sbs" else "over_under" if said == "over_under" else "mono"
        return kind, [f"the box st3d says {kind}"]
    reasons = []
    if tags.kind:
        if _fits(tags.kind, clip, halves):
            return tags.kind, [f"its name says {tags.kind}: {', '.join(tags.found)}"]
        reasons.append(f"its name says {tags.kind}, but aspect and picture do not")
    kind, reason = _seen(clip, halves)
    return kind, [*reasons, reason]


def _fits(kind: Kind, clip: Clip, halves: Halves) -> bool:
    return kind == "mono" or _shaped(kind, clip.size) or halves.alike(kind) >= ALIKE


def _shaped(kind: Kind, size: tuple[int, int]) -> bool:
    """Whether the aspect alone makes two eyes likely: square ones, or two whole wide pictures."""
    width, height = size
    if kind == "sbs":
        return abs(width / (2 * height) - 1) <= _SQUARE or width / height >= _WIDE
    return abs(height / (2 * width) - 1) <= _SQUARE or _TALL[0] <= width / height <= _TALL[1]


def _seen(clip: Clip, halves: Halves) -> tuple[Kind, str]:
    size = f"{clip.width}x{clip.height}"
    pairs: tuple[Kind, ...] = ("sbs", "over_under")
    for kind in pairs:
        if halves.alike(kind) < ALIKE:
            continue
        if _shaped(kind, clip.size):
            return kind, f"frames of {size} with halves that are alike ({halves.alike(kind):.2f})"
        return "mono", (
            f"frames of {size} say mono, though the halves are alike "
            f"({halves.alike(kind):.2f}): if these are two squeezed eyes, say layout: {kind}"
        )
    alike = max(halves.alike(kind) for kind in pairs)
    return "mono", f"frames of {size} whose halves are not alike ({alike:.2f}) are one picture"


def _flatness(clip: Clip, kind: Kind, asked: str, told: Told) -> tuple[Flatness, str]:
    """The projection, and why.

    Raises:
        InputError: Two eyes of a whole sphere.
    """
    boxes, tags = told
    if asked != "auto":
        return ("flat" if asked == "flat" else "half_equirect"), f"projection {asked} was asked for"
    around = (boxes is not None and boxes.whole) or (tags.field == "360" and not boxes)
    if around and kind != "mono":
        raise InputError(
            f"{clip.path} shows 360 degrees to two eyes, wanted 180",
            why="the geometry between the eyes is worked out for half a sphere",
            fix=f"cut out the front half: ffmpeg -i IN -vf v360=e:hequirect:in_stereo={_V360[kind]}"
            f":out_stereo=sbs OUT_180_LR.mp4; {_FLAT_FIX}",
        )
    eye = Layout.of(kind, clip.size).eye_size
    square = abs(eye[0] / eye[1] - 1) <= _SQUARE
    if boxes and boxes.projection:
        if boxes.half and (square or kind != "mono"):
            return "half_equirect", "the box sv3d says half a sphere, equirectangular"
        return "flat", f"taken as flat: the box sv3d says {boxes.words()}"
    if tags.field == "180" and kind != "mono":
        return "half_equirect", f"its name says 180 degrees: {', '.join(tags.found)}"
    if kind != "mono" and square:
        return "half_equirect", f"eyes of {eye[0]}x{eye[1]} are square, as half-spheres are"
    return "flat", "nothing speaks of a sphere"


_V360 = {"sbs": "sbs", "over_under": "tb"}


def _refuse_lenses(clip: Clip, boxes: Spherical | None, tags: NameTags) -> None:
    """Refuse pictures as a lens made them.

    Raises:
        InputError: It is one.
    """
    if boxes and boxes.projection == "mesh":
        told = "its box mshp holds a mesh, as of a camera's fisheye lenses"
    elif boxes and boxes.projection == "cubemap":
        told = "its box cbmp says the sides of a cube"
    elif tags.fisheye and not (boxes and boxes.projection == "equirectangular"):
        told = f"its name says fisheye: {tags.field}"
    else:
        return
    raise InputError(
        f"{clip.path} is no half-equirectangular VR180: {told}",
        why="the two eyes are compared on half-equirectangular pictures",
        fix="convert it first, with the angle of your lens: ffmpeg -i IN -vf "
        "v360=fisheye:hequirect:ih_fov=190:iv_fov=190:in_stereo=sbs:out_stereo=sbs "
        f"OUT_180_LR.mp4, or publish it from the camera's own program; {_FLAT_FIX}",
    )
