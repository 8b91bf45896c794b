"""Keeping what a source says of its sphere, whatever container the result has."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from multiplane.media.vr180.boxes import is_movie
from multiplane.media.vr180.inject import inject_spherical
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.sidecar import find_spherical, write_sidecar
from multiplane.media.vr180.spherical import Spherical, stereo_box, vr180_boxes

_log = logging.getLogger(__name__)

_MODES = {"mono": 0, "over_under": 1, "sbs": 2}
_HOLDING = {".mp4", ".m4v"}
"""Suffixes of results that get the boxes themselves; players look for them in no others."""


def keep_spherical(
    source: Path, result: Path, layout: Layout, *, fisheye: bool = False
) -> list[str]:
    """Give a result the boxes of its source, where it can hold them, or a sidecar.

    The boxes are those of the source to the byte. When eyes were taken apart or joined in another
    way, ``st3d`` says the new way and ``sv3d`` stays to the byte. A source without any gets the
    boxes of VR180 when the layout is half-equirectangular.

    Args:
        source: The video file, or the folder of pictures, that it was made from.
        result: A finished video file, or a folder of pictures.
        layout: How eyes lie in the result.
        fisheye: Whether the result was re-projected to fisheye, of which no box can tell.

    Returns:
        What was done, a sentence each; empty when there is nothing to keep.

    Raises:
        InputError: A file cannot be read.
        DamagedFileError: The boxes of the source are not what they should be.
        OutputError: Result or sidecar cannot be written.
    """
    found = find_spherical(source)
    if fisheye:
        return [] if found is None else [
            f"{result.name} has no VR180 boxes: they cannot say fisheye; players read its name"
        ]  # fmt: skip
    notes = []
    boxes = found
    if boxes is None:
        if layout.projection != "half_equirect":
            return []
        boxes = vr180_boxes(_MODES[layout.kind])
        notes.append(f"{Path(source).name} has no VR180 boxes: {result.name} got new ones")
    elif (boxes.stereo_mode or 0) not in {_MODES[layout.kind], 3}:
        said = boxes.stereo_mode
        boxes = replace(boxes, st3d=stereo_box(_MODES[layout.kind]))
        boxes = Spherical.read(boxes.st3d, boxes.sv3d)
        notes.append(f"its st3d says {layout.kind} (that of the source: stereo mode {said})")
    if layout.swapped:
        notes.append("the right eye comes first, which no box can say: the name does, with _RL")
    if result.suffix.lower() in _HOLDING and result.is_file() and is_movie(result):
        inject_spherical(result, boxes)
        exact = boxes is found and (Path(source).is_dir() or is_movie(source))
        notes.append(f"{result.name} has the boxes of its source, byte for byte" if exact
                     else f"{result.name} has the boxes st3d and sv3d")  # fmt: skip
    else:
        place = write_sidecar(result, boxes, layout)
        notes.append(f"{result.name} cannot hold VR180 boxes: they stand in {place.name}")
    for note in notes:
        _log.info("%s", note)
    return notes
