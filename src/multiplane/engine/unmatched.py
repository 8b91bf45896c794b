"""Says of each picture and mask without partner what is wrong, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from multiplane.core.config import nearest
from multiplane.core.errors import InputError
from multiplane.engine.names import listed, quoted
from multiplane.engine.partners import Doubt, Found, Partners
from multiplane.engine.run import ItemFailure

STEP = "pairs"
"""What stands in the place of a step where pictures are left out before any step."""
NEAR_LOOKS = 20_000
"""So many pairs of names are held against each other at most, to say what was meant."""
_BY_NAME = "pictures and masks are matched by file name without its suffix"


def left_out(item: str, error: InputError) -> ItemFailure:
    """A picture or mask that is left out before any step, as a failure to show at the end.

    Args:
        item: Where it lies below the folder that was given.
        error: Why.
    """
    return ItemFailure(error.what, error.why, error.fix, "InputError", step=STEP, item=item)


def unmatched(partners: Partners, masks: Path, with_masks: bool) -> Iterator[ItemFailure]:
    """What is in no pair.

    Args:
        partners: What matching came to.
        masks: The folder of the masks.
        with_masks: Whether masks without picture are told, too.

    Yields:
        A failure for each, with something to type.
    """
    for doubt in partners.doubts:
        yield from _doubtful(doubt, masks)
    few = len(partners.pictures) * len(partners.masks) <= NEAR_LOOKS
    for picture in partners.pictures:
        near = _near(picture, partners.masks) if few else None
        rename = ""
        if near:
            like = near.path.with_name(picture.stem + near.path.suffix)
            rename = f"mv {quoted(near.path)} {quoted(like)}"
        yield left_out(picture.shown, InputError(
            f"the picture {picture.shown} has no mask",
            why=_BY_NAME,
            fix=rename or f"name its mask {picture.stem}.png and put it into {masks}",
        ))  # fmt: skip
    for mask in partners.masks if with_masks else ():
        near = _near(mask, partners.pictures) if few else None
        meant = f"; is it the mask of {near.shown}?" if near else ""
        yield left_out(mask.shown, InputError(
            f"the mask {mask.shown} has no picture{meant}",
            why=_BY_NAME,
            fix="name it like its picture, or move it away",
        ))  # fmt: skip


def _near(one: Found, others: Sequence[Found]) -> Found | None:
    """Whichever is called nearly so."""
    stems = {other.stem: other for other in others}
    guess = nearest(one.stem, list(stems))
    return stems[guess] if guess else None


def _doubtful(doubt: Doubt, masks: Path) -> Iterator[ItemFailure]:
    """A failure for each picture whose partner cannot be told."""
    names = listed([mask.shown for mask in doubt.masks])
    for picture in doubt.pictures:
        twins = [one for one in doubt.pictures if one.place == picture.place and one is not picture]
        if twins:
            renamed = f"{picture.stem}_{picture.path.suffix[1:]}"
            error = InputError(
                f"{picture.shown} has the name of {listed([one.shown for one in twins])}",
                why=f"{_BY_NAME}, and both results would be {picture.stem}_collage.png",
                fix=f"mv {quoted(picture.path)} "
                f"{quoted(picture.path.with_name(renamed + picture.path.suffix))}, and name its "
                "mask likewise; or move one of them away",
            )
        elif len(doubt.pictures) > 1:
            others = listed([one.shown for one in doubt.pictures if one is not picture])
            own = masks / picture.place
            error = InputError(
                f"{picture.shown} has the name of {others}, and which of them {names} belongs to "
                "cannot be told",
                why=f"{_BY_NAME}, at the same place first",
                fix=f"put its mask at the same place: mkdir -p {quoted(own)} && mv "
                f"{quoted(doubt.masks[0].path)} {quoted(own)}/",
            )
        else:
            error = InputError(
                f"{picture.shown} has {len(doubt.masks)} masks: {names}",
                why="which of them shows the damage cannot be told",
                fix=f"leave one of them there; or name them {picture.stem}_mask001.png, "
                f"{picture.stem}_mask002.png and so on, to have each repaired by itself",
            )
        yield left_out(picture.shown, error)


def refuse_strangers(
    found: Sequence[Found],
    theirs: Sequence[Found],
    images: Path,
    masks: Path,
    told: Sequence[ItemFailure],
) -> None:
    """Say that no picture has a mask, with some names of both sides.

    Args:
        found: The pictures.
        theirs: The masks.
        images: Where the pictures were looked for.
        masks: Where the masks were.
        told: What was said of each.

    Raises:
        InputError: Always.
    """
    ours = listed([one.shown for one in found]) or "none"
    others = listed([one.shown for one in theirs]) or "none"
    reason = next((failure for failure in told if "has no" not in failure.what), None)
    raise InputError(
        f"no picture of {images} has a mask in {masks}: pictures {ours}; masks {others}",
        why=reason.what if reason else _BY_NAME,
        fix=reason.fix if reason else "name each mask like its picture, or <picture>_mask.png",
    )
