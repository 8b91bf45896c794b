"""Folders of planes that belong together by name, as the command line hands them in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from multiplane.core.errors import InputError
from multiplane.core.items import Planes
from multiplane.engine.recipe import Recipe, StageStep, stage_recipe
from multiplane.media.images import list_images, picture_size

SINGLE = {"camera": ".json"}
"""Planes that are one file for all frames, and its suffix."""


def footage_recipe(stage: str) -> Recipe:
    """The recipe that takes footage to one stage: its frames first, then the stage.

    Args:
        stage: A stage that needs a source, or nothing but frames.

    Returns:
        The checked recipe, named after the stage.

    Raises:
        ConfigError: Nobody offers that stage.
    """
    alone = stage_recipe(stage)
    (step,) = alone.stages
    if "source" in step.inputs:
        return alone
    shots = StageStep(id="shots", stage="split.shots", inputs={"source": "input.source"})
    taken = step.model_copy(update={"inputs": {"frames": "shots.frames"}})
    recipe = Recipe(name=stage, stages=(shots, taken))
    recipe.steps()
    return recipe


def planes_of_folders(folders: Mapping[str, Path]) -> list[Planes]:
    """Match the pictures of several folders by name.

    Folders are searched downward; each folder that holds frames is one set of planes (frames of
    one shot, or the pictures of one batch), and its files are matched with those at the same
    place below the other folders, by stem. Where only one set exists, the other folders may hold
    the files elsewhere. Frames of several sizes become a set a size. A frame that cannot be read,
    or whose partner cannot or has another size, becomes a set of its own, so that it fails alone.

    Args:
        folders: Plane name → folder; ``frames`` leads.

    Returns:
        Sets of planes, frames in natural order.

    Raises:
        InputError: A folder is absent or empty, or a frame has no partner; all are named.
    """
    frames = folders["frames"]
    groups = dict(_groups(frames))
    if not groups:
        raise InputError(
            f"no pictures in {frames}",
            why="frames are picture files in a folder",
            fix=f"multiplane split shots {frames} -o OUT takes a video apart into frames first",
        )
    found = []
    for place, names in groups.items():
        files = {"frames": list(map(str, names))}
        for plane, folder in folders.items():
            if plane != "frames":
                alone = len(groups) == 1
                files[plane] = _partners(plane, folder, place, names, alone=alone)
        name = frames.absolute().name if place == Path() else str(place)
        found += _by_size(name, names, files)
    return found


def _by_size(name: str, frames: list[Path], files: Mapping[str, list[str]]) -> list[Planes]:
    """Frames of one size together; those that something is wrong with alone."""
    sets: dict[str, list[int]] = {}
    for index, frame in enumerate(frames):
        partners = [names[index] for plane, names in files.items() if plane not in SINGLE]
        sets.setdefault(_size(partners) or frame.stem, []).append(index)
    ids = {key: name if len(sets) == 1 else f"{name}/{key}" for key in sets}
    return [
        Planes(
            ids[key],
            {
                plane: tuple(names if plane in SINGLE else (names[i] for i in indices))
                for plane, names in files.items()
            },
        )
        for key, indices in sets.items()
    ]


def _size(pictures: list[str]) -> str:
    """The size that all of them have; empty when one differs or cannot be read."""
    try:
        sizes = {picture_size(Path(picture)) for picture in pictures}
    except InputError:
        return ""
    return "{}x{}".format(*sizes.pop()) if len(sizes) == 1 else ""


def _groups(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Each folder at or below this one that holds pictures, with them in natural order.

    Raises:
        InputError: It is no folder.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder} is not a folder",
            why="planes are folders of pictures, one file a frame",
            fix="multiplane split shots VIDEO -o OUT takes a video apart into frames",
        )
    for place in sorted([folder, *(p for p in folder.rglob("*") if p.is_dir())]):
        names = [path.absolute() for path in list_images(place)]
        if names:
            yield place.relative_to(folder), names


def _partners(
    plane: str, folder: Path, place: Path, frames: list[Path], *, alone: bool
) -> list[str]:
    """The files of a plane that belong to these frames.

    Raises:
        InputError: A frame has no partner.
    """
    if plane in SINGLE:
        return [_single(plane, folder, place)]
    there = dict(_groups(folder))
    if place not in there and alone and len(there) == 1:
        place = next(iter(there))
    by_stem = {path.stem: path for path in there.get(place, [])}
    lost = [frame.name for frame in frames if frame.stem not in by_stem]
    if lost:
        shown = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
        raise InputError(
            f"{len(lost)} of {len(frames)} frames have no partner in {folder / place}: {shown}",
            why="planes are matched by file name without its suffix",
            fix=f"name each file of the {plane} like its frame, or move these frames away",
        )
    return [str(by_stem[frame.stem]) for frame in frames]


def _single(plane: str, folder: Path, place: Path) -> str:
    """The one file of a plane.

    Raises:
        InputError: There is none, or more than one.
    """
    candidates = (
        [folder] if folder.is_file() else sorted((folder / place).glob(f"*{SINGLE[plane]}"))
    )
    if len(candidates) != 1:
        raise InputError(
            f"{folder / place} has {len(candidates)} {SINGLE[plane]} files, wanted one",
            why=f"the plane {plane!r} is one file for all frames of a shot",
            fix=f"name the file itself: --{plane} FILE",
        )
    return str(candidates[0].absolute())
