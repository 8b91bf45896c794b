"""Folders of planes that belong together by name, as the command line hands them in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from multiplane.core.errors import InputError
from multiplane.core.items import Planes
from multiplane.core.stage import gathered_by
from multiplane.engine.folder import is_run
from multiplane.engine.inputs import SOURCE, Known, kind_of
from multiplane.engine.names import Ids, is_text, listed, readable, unnameable
from multiplane.engine.pairs import pairs_of
from multiplane.engine.recipe import Recipe, StageStep
from multiplane.engine.report.read import read_run
from multiplane.engine.run import ItemFailure
from multiplane.engine.stages import find_stage
from multiplane.media.images import list_images, picture_size

SINGLE = {"camera": ".json", "boxes": ".json"}
"""Planes that are one file for all frames, and its suffix."""
FEEDERS = {
    "frames": "split.shots",
    "footage": "split.chunks",
    "alphas": "split.stereo",
    "people": "split.stereo",
}
"""Plane → the stage that makes it where all there is is footage."""
SHARED = {"masks"}
"""Planes of which one picture may stand for all frames."""


def footage_recipe(stage: str) -> Recipe:
    """The recipe that takes footage to one stage: what it needs first, then the stage.

    Args:
        stage: A stage that needs a source, or nothing but what :data:`FEEDERS` make of one.

    Returns:
        The checked recipe, named after the stage.

    Raises:
        ConfigError: Nobody offers that stage.
    """
    steps: dict[str, StageStep] = {}
    _feed(stage, steps)
    recipe = Recipe(name=stage, stages=tuple(steps.values()))
    recipe.steps()
    return recipe


def _feed(stage: str, steps: dict[str, StageStep]) -> str:
    """Add a stage behind those that make what it needs; gives the id of its step."""
    found = find_stage(stage)
    inputs = {}
    for plane in (*found.needs, *gathered_by(found)):
        if plane in FEEDERS:
            inputs[plane] = f"{_feed(FEEDERS[plane], steps)}.{plane}"
        elif plane == SOURCE:
            inputs[plane] = f"input.{plane}"
    name = stage.rpartition(".")[2]
    steps.setdefault(name, StageStep(id=name, stage=stage, inputs=inputs))
    return name


def planes_of_folders(folders: Mapping[str, Path], known: Known | None = None) -> list[Planes]:
    """Match the pictures of several folders by name.

    A run folder stands for what its last run left of the plane: a set a shot. Other folders are
    searched downward, hidden ones left out; each folder that holds frames is one set of planes
    (frames of one shot, or the pictures of one batch), and its files are matched with those at the
    same place below the other folders, by stem. Where the frames are one set, the other folders
    may hold the files elsewhere. Frames of several sizes become a set a size. A frame that cannot
    be read, or whose partner cannot or has another size, becomes a set of its own, so that it
    fails alone. One whose name is no text has no place here, see :func:`left_out`. Masks may also
    be called ``<frame>_mask001``, several a frame, see :mod:`multiplane.engine.pairs`; a frame is
    then there once a mask.

    Args:
        folders: Plane name → folder; ``frames`` leads. One picture of a plane of :data:`SHARED`
            is taken for all frames.
        known: What the run folder was given before; frames of other folders keep their ids.

    Returns:
        Sets of planes, frames in natural order. Their ids are the names of the folders, made safe
        and unique.

    Raises:
        InputError: A folder is absent or empty, a run folder has no such plane, a frame has no
            partner (all are named), or two files of a folder differ by nothing but their suffix.
    """
    frames = folders["frames"]
    groups = _sets("frames", frames)
    if not groups:
        _refuse_empty(frames)
    there = {
        plane: _sets(plane, folder)
        for plane, folder in folders.items()
        if plane != "frames"
        and (plane not in SINGLE or is_run(folder))
        and not _is_shared(plane, folder)
    }
    ids = Ids(_of_others(known or {}, groups))
    found = []
    for place, names in groups.items():
        _refuse_twins(names)
        at_hand = {plane: _at_hand(theirs, place, groups) for plane, theirs in there.items()}
        pairs = pairs_of(names, at_hand.get("masks", []))
        own = [frame for frame, _ in pairs] or names
        files = {"frames": list(map(str, own))}
        for plane, folder in folders.items():
            if plane in SINGLE:
                files[plane] = [_single(plane, folder, place, at_hand.get(plane, []))]
            elif pairs and plane == "masks":
                files[plane] = [str(mask) for _, mask in pairs]
            elif _is_shared(plane, folder):
                files[plane] = [str(folder.absolute())] * len(own)
            elif plane != "frames":
                files[plane] = _partners(plane, folder, at_hand[plane], own)
        parts = place.parts or (frames.absolute().name,)
        found += _by_size(ids, parts, own, files)
    return found


def _is_shared(plane: str, path: Path) -> bool:
    """Whether one picture stands for all of a plane."""
    return plane in SHARED and kind_of(path) == "file"


def _at_hand(
    theirs: Mapping[Path, list[Path]], place: Path, groups: Mapping[Path, list[Path]]
) -> list[Path]:
    """The files of a plane among which the partners of the frames at a place are."""
    found = theirs.get(place, [])
    if len(groups) == 1 and not found:
        return [path for paths in theirs.values() for path in paths]
    return found


def left_out(frames: Path, step: str) -> list[ItemFailure]:
    """The frames that have no part in the planes since their names are no text.

    Args:
        frames: The folder of the frames.
        step: The step they were meant for.

    Returns:
        One failure each, to be shown with those of the run.

    Raises:
        InputError: The folder is absent.
    """
    pictures = () if is_run(frames) else _pictures(frames)  # a run has no such names
    errors = [(path, unnameable(path)) for path in pictures if not _fits(path, frames)]
    return [
        ItemFailure(error.what, error.why, error.fix, step=step, item=readable(path.name))
        for path, error in errors
    ]


def _of_others(known: Known, groups: Mapping[Path, Sequence[Path]]) -> list[str]:
    """The ids of what was given before, unless it is frames of the same folders."""
    here = {str(path.parent) for paths in groups.values() for path in paths}
    return [
        name
        for name, files in known.items()
        if str(Path(files.get("frames", [""])[0]).parent) not in here
    ]


def _sets(plane: str, folder: Path) -> dict[Path, list[Path]]:
    """The sets of a plane: those of a run by the ids of its shots, else those below a folder.

    Raises:
        InputError: It is no folder, or a run without that plane.
    """
    if not is_run(folder):
        return _groups(folder)
    run = read_run(folder)
    sets = {Path(group): run.plane(plane, group) for group in run.groups()}
    found = {place: [path.absolute() for path in paths] for place, paths in sets.items() if paths}
    if not found:
        made = {
            name: None for step in run.steps for files in step.planes.values() for name in files
        }
        raise InputError(
            f"the run in {folder} has no {plane}",
            why=f"it has: {', '.join(made) or 'nothing yet'}",
            fix=f"name a folder that holds them: --{plane} FOLDER",
        )
    return found


def _by_size(
    ids: Ids, parts: Sequence[str], frames: list[Path], files: Mapping[str, list[str]]
) -> list[Planes]:
    """Frames of one size together; those that something is wrong with alone."""
    sets: dict[tuple[str, ...], list[int]] = {}
    for index, frame in enumerate(frames):
        partners = [names[index] for plane, names in files.items() if plane not in SINGLE]
        size = _size(partners)
        # two frames that fail never share a set, whatever they are called
        sets.setdefault((size,) if size else (frame.stem, str(index)), []).append(index)
    return [
        Planes(
            ids.take(*parts) if len(sets) == 1 else ids.take(*parts, key[0]),
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


def _groups(folder: Path) -> dict[Path, list[Path]]:
    """Each place at or below a folder that holds pictures, with them in natural order.

    Raises:
        InputError: It is no folder.
    """
    groups: dict[Path, list[Path]] = {}
    for path in _pictures(folder):
        if _fits(path, folder):
            groups.setdefault(path.parent.relative_to(folder), []).append(path.absolute())
    return groups


def _pictures(folder: Path) -> Iterator[Path]:
    """The pictures at or below a folder, a folder after the other.

    Raises:
        InputError: It is no folder.
    """
    kind = kind_of(folder)
    if not kind:
        raise InputError(
            f"not there: {folder}",
            why="planes are folders of pictures, one file a frame",
            fix="check the path; names with spaces need quotes",
        )
    if kind != "folder":
        raise InputError(
            f"{folder} is not a folder",
            why="planes are folders of pictures, one file a frame",
            fix="multiplane split shots VIDEO -o OUT takes a video apart into frames",
        )
    for place in sorted([folder, *(p for p in folder.rglob("*") if p.is_dir())]):
        if not any(part.startswith(".") for part in place.relative_to(folder).parts):
            yield from list_images(place)


def _fits(path: Path, folder: Path) -> bool:
    """Whether the name of a file below a folder is text."""
    return is_text(str(path.relative_to(folder)))


def _refuse_empty(frames: Path) -> None:
    """Say why there are no frames.

    Raises:
        InputError: Always.
    """
    for path in _pictures(frames):
        told = unnameable(path)
        raise told
    raise InputError(
        f"no pictures in {frames}",
        why="frames are picture files in a folder",
        fix=f"multiplane split shots {frames} -o OUT takes a video apart into frames first",
    )


def _refuse_twins(names: Sequence[Path]) -> None:
    """See that no two files of a folder have the same stem, whatever capitals are worth.

    Both would be matched with the same partner, and their results would have the same name.

    Raises:
        InputError: Some have.
    """
    seen: dict[str, Path] = {}
    twins = []
    for path in names:
        first = seen.setdefault(path.stem.casefold(), path)
        if first is not path:
            twins.append((first, path))
    if twins:
        first, second = twins[0]
        renamed = second.with_name(f"{second.stem}_{second.suffix[1:]}{second.suffix}")
        raise InputError(
            f"files of one name in {first.parent}: "
            + listed([f"{one.name} and {other.name}" for one, other in twins]),
            why="planes are matched, and results named, by file name without its suffix",
            fix="move one of each away, or rename it: "
            f"mv {shlex.quote(str(second))} {shlex.quote(str(renamed))}",
        )


def _partners(plane: str, folder: Path, files: Sequence[Path], frames: list[Path]) -> list[str]:
    """The files of a plane that belong to these frames.

    Raises:
        InputError: A frame has no partner, or more than one.
    """
    stems = {frame.stem for frame in frames}
    wanted = [path for path in files if path.stem in stems]
    _refuse_twins(wanted)
    by_stem = {path.stem: path for path in wanted}
    lost = [frame.name for frame in frames if frame.stem not in by_stem]
    if lost:
        raise InputError(
            f"{len(lost)} of {len(frames)} frames have no partner in {folder}: {listed(lost)}",
            why="planes are matched by file name without its suffix",
            fix=f"name each file of the {plane} like its frame, or move these frames away",
        )
    return [str(by_stem[frame.stem]) for frame in frames]


def _single(plane: str, folder: Path, place: Path, at_hand: Sequence[Path]) -> str:
    """The one file of a plane: of a run what is at hand, else what lies at a place.

    Raises:
        InputError: There is none, or more than one.
    """
    is_file = kind_of(folder) == "file"
    lying = [] if is_file or at_hand else sorted((folder / place).glob(f"*{SINGLE[plane]}"))
    candidates = [folder] if is_file else list(at_hand) or lying
    if len(candidates) != 1:
        raise InputError(
            f"{folder / place} has {len(candidates)} {SINGLE[plane]} files, wanted one",
            why=f"the plane {plane!r} is one file for all frames of a shot",
            fix=f"name the file itself: --{plane} FILE",
        )
    return str(candidates[0].absolute())
