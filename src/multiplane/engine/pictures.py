"""Pictures with their masks, as the recipes for pictures take them: an item a picture."""

from __future__ import annotations

import logging
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import overload

from multiplane.core.errors import ConfigError, InputError
from multiplane.core.items import Planes
from multiplane.engine.check import Step
from multiplane.engine.inputs import Inputs, Known, kind_of
from multiplane.engine.names import Ids
from multiplane.engine.partners import (
    IMAGES,
    MASKS,
    Found,
    Partners,
    masks_beside,
    match_partners,
)
from multiplane.engine.run import ItemFailure
from multiplane.engine.search import find_masks, find_pictures
from multiplane.engine.unmatched import refuse_strangers, unmatched

log = logging.getLogger(__name__)

MODE = "mask_mode"
"""The option that says what colour is repaired, and the data of masks that say it themselves."""


class Pictures(Sequence[Planes]):
    """Pictures with their masks, to be handed to a run; what has no partner is told apart.

    Attributes:
        left_out: Pictures and masks that belong to nothing, with what to do about each.
    """

    def __init__(
        self, images: Path | Sequence[Path], masks: Path | None = None, known: Known | None = None
    ) -> None:
        """Look for them; see :func:`pair_pictures`."""
        self._images, self._masks = images, masks
        planes, left_out = pair_pictures(images, masks, known)
        self._planes = tuple(planes)
        self.left_out = tuple(left_out)

    def known_as(self, known: Known) -> Pictures:
        """The same, with the ids that a run folder has given them before."""
        return Pictures(self._images, self._masks, known)

    def __len__(self) -> int:
        """How many pictures there are; one that has several masks counts as many times."""
        return len(self._planes)

    @overload
    def __getitem__(self, index: int) -> Planes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Planes]: ...
    def __getitem__(self, index: int | slice) -> Planes | Sequence[Planes]:
        """The planes of a picture."""
        return self._planes[index]


def pictures(images: str | Path, masks: str | Path | None = None) -> Pictures:
    """Match pictures with their masks, for ``multiplane.run("restore-artwork", ...)``.

    Args:
        images: A picture, or a folder that is searched downward.
        masks: A mask, a folder of masks named like the pictures, or the folder of a run that
            made masks. None for stages that want pictures alone.

    Returns:
        Planes a picture. What has no partner is in ``left_out``, and is logged.

    Raises:
        InputError: One of them is absent, or no picture has a mask.
    """
    found = Pictures(Path(images), None if masks is None else Path(masks))
    for failure in found.left_out:
        log.warning("left out: %s; %s", failure.what, failure.fix)
    return found


def named(inputs: Inputs, known: Known) -> tuple[Inputs, tuple[ItemFailure, ...]]:
    """Inputs with the ids they had before, and what of them is left out."""
    if not isinstance(inputs, Pictures):
        return inputs, ()
    again = inputs.known_as(known)
    return again, again.left_out


def refuse_inverted(planes: Sequence[Planes], steps: Sequence[Step]) -> None:
    """See that masks that a run made, in which white is damage, are not read the other way round.

    Args:
        planes: The inputs.
        steps: The steps of the recipe.

    Raises:
        ConfigError: A step reads them as black is to be repaired.
    """
    told = any(entry.data.get(MODE) == "white" for entry in planes)
    for step in steps if told else ():
        if getattr(step.options, MODE, "white") == "black":
            raise ConfigError(
                f"{step.id}.{MODE} is black, and the masks are those of a run",
                why="in the masks that Multiplane makes white is to be repaired",
                fix="--mask-mode white",
            )


def pair_pictures(
    images: Path | Sequence[Path], masks: Path | None = None, known: Known | None = None
) -> tuple[list[Planes], list[ItemFailure]]:
    """Find pictures and, by name without suffix, their masks.

    Folders are searched downward; hidden files and the folders of runs are left out. The mask at
    the same place below its folder is taken, else the one of that name anywhere; it may also be
    called ``<picture>_mask``, or ``<picture>_mask001`` and so on where there are several, each
    then repaired by itself. Masks of those names may lie among the pictures. A single mask belongs
    to a single picture, whatever it is called.

    Args:
        images: A picture or a folder; several only where there are no masks.
        masks: A mask, a folder, or the folder of a run that made ``masks`` or ``damage``.
        known: What the run folder was given before: a picture keeps its id.

    Returns:
        Planes a picture, ``images`` and ``masks`` of one file each, in natural order; and what is
        left out since it has no partner, or more than one.

    Raises:
        InputError: One of them is absent, there are no pictures, several pictures for one mask,
            or no picture has a mask.
    """
    given = [images] if isinstance(images, Path) else list(images)
    found, unfit = find_pictures(given, apart=masks)
    if masks is None:
        if not found:
            raise InputError(unfit[0].what, why=unfit[0].why, fix=unfit[0].fix)
        return _as_planes([(picture, None) for picture in found], known or {}), unfit
    found = [one for one in found if one.path != masks.absolute()]
    theirs, bad, from_run = find_masks(masks, apart=given)
    shared = {one.path for one in found} & {one.path for one in theirs}
    if shared:
        beside = {one.path for one in masks_beside(found)}
        found = [one for one in found if one.path not in beside]
        theirs = [one for one in theirs if one.path not in {image.path for image in found}]
    partners = _partners(found, theirs, masks)
    alone = len(given) == 1 and kind_of(given[0]) == "file"  # of one picture other masks are not
    told = [*unfit, *bad, *unmatched(partners, masks, with_masks=not alone)]
    if not partners.pairs:
        refuse_strangers(found, theirs, given[0], masks, told)
    data = {MODE: "white"} if from_run else {}
    pairs: list[tuple[Found, Found | None]] = [*partners.pairs]
    return _as_planes(pairs, known or {}, data), told


def _partners(found: Sequence[Found], theirs: Sequence[Found], masks: Path) -> Partners:
    """Match them; a mask that was named alone belongs to the one picture there is.

    Raises:
        InputError: There are more.
    """
    if kind_of(masks) != "file":
        return match_partners(found, theirs)
    if len(found) > 1:
        raise InputError(
            f"one mask, {masks}, for {len(found)} pictures",
            why="each picture has its own damage",
            fix="--masks FOLDER with a mask for each picture, named like it; or name the one "
            f"picture: --image {shlex.quote(str(found[0].path))}",
        )
    return Partners([(picture, mask) for picture in found for mask in theirs])


def _as_planes(
    pairs: Sequence[tuple[Found, Found | None]], known: Known, data: dict[str, str] | None = None
) -> list[Planes]:
    """An item a pair; one that the run folder knows keeps its id."""
    ids = Ids(known)
    owners: dict[tuple[str, str], list[str]] = {}
    for name, files in known.items():
        image, its_mask = (next(iter(files.get(plane, ())), "") for plane in (IMAGES, MASKS))
        if image:
            for key in {(image, its_mask), (image, "")}:
                owners.setdefault(key, []).append(name)
    often = Counter(picture.path for picture, _ in pairs)
    planes, taken = [], set[str]()
    for picture, mask in pairs:
        several = mask is not None and often[picture.path] > 1
        key = (str(picture.path), str(mask.path) if mask and several else "")
        before = [name for name in owners.get(key, []) if name not in taken]
        own = mask.stem if mask and several else picture.stem
        name = before[0] if before else ids.take(*Path(picture.place).parts, own)
        taken.add(name)
        own_files = {IMAGES: (str(picture.path),)}
        if mask is not None:
            own_files[MASKS] = (str(mask.path),)
        planes.append(Planes(name, own_files, dict(data or {})))
    return planes
