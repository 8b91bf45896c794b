"""Reads what is pointed at in a shot: on the command line, in a file, by another step."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from multiplane.core.arrays import Mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.core.items import Item
from multiplane.media.images import list_images, read_mask
from multiplane.split.segment.config import SegmentOptions
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.prompt_file import mask_files, prompts_of_file
from multiplane.split.segment.prompts import MaskOf, Prompt, fit_prompts
from multiplane.split.segment.typed import parse_boxes, parse_points, parse_text


def point_at(item: Item, options: SegmentOptions, size: tuple[int, int]) -> Pointed:
    """Read what the user points at in a shot.

    Args:
        item: The shot.
        options: Where prompts are typed, or the file of them named.
        size: (width, height) of its frames.

    Raises:
        InputError: They cannot be read, or do not fit the shot.
    """
    stems = [path.stem for path in item.paths("frames")]
    prompts: list[Prompt] = []
    masks: dict[int, MaskOf] = {}
    if options.prompts is not None:
        path = _there(Path(options.prompts))
        if path.is_dir():
            path, masks = _in_folder(path, item.id, stems, size)
        if path.is_file():
            prompts += prompts_of_file(path, item.id, stems, size)
    numbers = [prompt.object_id for prompt in prompts if prompt.object_id is not None]
    if options.boxes is not None:
        prompts += parse_boxes(options.boxes, max(numbers, default=0) + 1)
    numbers += [prompt.object_id for prompt in prompts if prompt.object_id is not None]
    if options.points is not None:
        prompts += parse_points(options.points, max(numbers, default=0) + 1)
    if options.text is not None:
        prompts += parse_text(options.text)
    return Pointed(fit_prompts(prompts, len(stems), size), masks)


def point_by_planes(item: Item, size: tuple[int, int]) -> Pointed:
    """Read what another step points at: its ``boxes`` or ``masks``.

    Args:
        item: The shot.
        size: (width, height) of its frames.

    Raises:
        InputError: They cannot be read, or do not fit the shot.
    """
    stems = [path.stem for path in item.paths("frames")]
    prompts: list[Prompt] = []
    for path in item.paths("boxes"):
        prompts += prompts_of_file(path, item.id, stems, size)
    rough = item.paths("masks")
    if len(rough) not in {0, len(stems)}:
        raise InputError(
            f"there are {len(stems)} frames and {len(rough)} masks",
            why="each frame is looked at with its own mask",
            fix="hand in one mask a frame, in the same order",
        )
    masks = {index: _reader(path, size) for index, path in enumerate(rough)}
    return Pointed(fit_prompts(prompts, len(stems), size), masks, asked=False)


def fingerprint(options: SegmentOptions) -> str:
    """What tells apart what the named file or folder of prompts holds; empty for none.

    Args:
        options: Which may name one.

    Raises:
        InputError: It is not there, or cannot be read.
    """
    if options.prompts is None:
        return ""
    path = _there(Path(options.prompts))
    files = [path, *mask_files(path)]
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
    digest = hashlib.sha256()
    try:
        for file in files:
            if file.is_file():
                name = str(file.relative_to(path)) if path.is_dir() else file.name
                digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode(
                    errors="surrogateescape"))  # fmt: skip
    except OSError as error:
        raise InputError(
            f"cannot read {error.filename}: {error.strerror}",
            why="what is pointed at decides what is found",
            fix="check who may read it: ls -l",
        ) from error
    return f"prompts@{digest.hexdigest()[:16]}"


def _there(path: Path) -> Path:
    """See that the prompts are there.

    Raises:
        InputError: They are not.
    """
    if path.exists():
        return path
    raise InputError(
        f"no prompts at {path}",
        why="they say what to look for",
        fix="check the path: --prompts FILE, or the folder of another step's boxes or masks",
    )


def _in_folder(
    folder: Path, shot: str, stems: Sequence[str], size: tuple[int, int]
) -> tuple[Path, dict[int, MaskOf]]:
    """The file or the rough masks that lie in a folder for a shot.

    Raises:
        InputError: Nothing does, or more than one file.
    """
    place = folder / shot
    files = sorted(place.glob("*.json")) if place.is_dir() else []
    if len(files) == 1:
        return files[0], {}
    numbers = {stem: number for number, stem in enumerate(stems)}
    pictures = list_images(place) if place.is_dir() and not files else []
    masks = {numbers[p.stem]: _reader(p, size) for p in pictures if p.stem in numbers}
    if not masks:
        raise InputError(
            f"{place} has {len(files)} .json files and no masks named like the frames, "
            "wanted one file, or masks",
            why="a folder of prompts has a folder for each shot",
            fix="name the folder of boxes or masks of an earlier run: --prompts OUT/segment/masks",
        )
    return place, masks


def _reader(path: Path, size: tuple[int, int]) -> MaskOf:
    """What reads a rough mask, which has to have the size of the frames."""

    def read() -> Mask:
        mask = read_mask(path)
        check_same_size(np.empty(size[::-1]), mask, ("frame", f"mask {path}"))
        return mask

    return read
