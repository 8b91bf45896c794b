"""What the files of a restored picture are called, and writing them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from multiplane.core.items import Item, Json
from multiplane.media.levels import Original, write_banded
from multiplane.restore.candidates.candidate import Candidate
from multiplane.restore.candidates.composite import layer_bands, restored_bands
from multiplane.restore.candidates.record import Written, statement, texts

_LOSSLESS = {"png": (".png",), "tiff": (".tif", ".tiff"), "bmp": (".bmp",)}
"""Kinds of pictures that lose nothing, and their usual suffixes."""


def suffix_for(picture: Path, original: Original, wanted: Literal["lossless", "png", "tif"]) -> str:
    """As what a picture's restorations are written.

    Args:
        picture: The file of the picture.
        original: What was in it.
        wanted: The option.

    Returns:
        The suffix, with its dot: the picture's own, where such a file loses nothing of it.
    """
    if wanted != "lossless":
        return f".{wanted}"
    usual = _LOSSLESS.get(original.kind, (".png",))
    if usual == (".bmp",) and (original.alpha is not None or original.bits > 8):
        return ".png"
    own = picture.suffix.lower()
    return own if own in usual else usual[0]


def name_for(stem: str, candidate: Candidate) -> str:
    """What a candidate is called, without suffix: ``wall_r02_diffusion_1235``."""
    kind = re.sub(r"[^A-Za-z0-9-]+", "-", candidate.backend)
    seed = "" if candidate.seed is None else f"_{candidate.seed}"
    return f"{stem}_r{candidate.row:02d}_{kind}{seed}"


def write_candidate(
    item: Item, stem: str, candidate: Candidate, like: tuple[Original, str], record: dict[str, Json]
) -> Written:
    """Write a restored picture, and its repair alone as a PNG that can be laid over the original.

    Args:
        item: What is worked on.
        stem: The picture's name.
        candidate: The restoration.
        like: The picture as it was read, and the suffix to write it with.
        record: What is known of the picture.

    Returns:
        Where they lie.

    Raises:
        OutputError: A place cannot be written, or the disk is full.
    """
    original, suffix = like
    name = name_for(stem, candidate)
    stated = statement(record, candidate)
    picture, place = item.place("candidates", f"{name}{suffix}")
    ground = candidate.ground
    whole = restored_bands(ground.levels, ground.alpha, candidate.repair)
    notes = write_banded(place, whole, original, stated, texts(stated))
    layer, place = item.place("layers", f"{name}.png")
    alone = layer_bands(candidate.damage.hole.shape, candidate.repair)
    write_banded(place, alone, original, stated, texts(stated))
    return Written(picture, layer, notes)
