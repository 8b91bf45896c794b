"""Pictures and masks named as LaMa's own programs want them, mostly side by side in one folder.

``<name>.png`` with ``<name>_mask.png``, or with ``<name>_mask001.png``, ``<name>_mask002.png``, ...
(advimman/lama, ``bin/predict.py``). Every mask is a task of its own: one picture with three masks
gives three results.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from multiplane.core.errors import InputError
from multiplane.engine.names import listed

_MASK = re.compile(r"(?P<name>.+)_mask\d*", re.DOTALL)


def pairs_of(frames: Sequence[Path], masks: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Match pictures with masks that are named after them.

    A file is a mask when it is called like a picture that is there, with ``_mask`` and perhaps
    digits behind it. Where masks are called exactly like their frames, nothing is matched here.

    Args:
        frames: The pictures.
        masks: The files among which their masks are; the same files where all lie in one folder.

    Returns:
        (picture, mask), in the order of the masks.

    Raises:
        InputError: Some pictures have such masks and others do not.
    """
    by_stem = {path.stem: path for path in frames}
    if any(by_stem.get(mask.stem, mask) != mask for mask in masks):
        return []
    found = []
    for mask in masks:
        match = _MASK.fullmatch(mask.stem)
        owner = by_stem.get(match["name"]) if match else None
        if owner is not None:
            found.append((owner, mask))
    side_by_side = not set(frames).isdisjoint(masks)
    taken = {path for pair in found for path in pair}
    lost = [path for path in frames if path not in taken]
    if lost and (found or side_by_side):
        raise InputError(
            f"{len(lost)} pictures in {lost[0].parent} have no mask: "
            + listed([path.name for path in lost]),
            why="masks are told from pictures, and matched with them, by their names",
            fix=f"call the masks {lost[0].stem}_mask.png, or {lost[0].stem}_mask001.png and so on "
            "where there are several; or put them into a folder of their own",
        )
    return found
