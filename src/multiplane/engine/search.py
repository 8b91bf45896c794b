"""Where pictures and masks lie: files, folders with all that is below them, folders of runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from multiplane.core.errors import InputError
from multiplane.engine.folder import is_run
from multiplane.engine.inputs import kind_of
from multiplane.engine.names import is_text, listed, quoted, readable, unnameable
from multiplane.engine.partners import IMAGES, MASKS, Found
from multiplane.engine.report.read import read_run
from multiplane.engine.run import ItemFailure
from multiplane.engine.unmatched import left_out
from multiplane.hub.own import foreign_path
from multiplane.media.images import SUFFIXES, natural_key

_UNREAD = frozenset({
    ".heic", ".heif", ".avif", ".gif", ".jp2", ".jxl", ".psd",
    ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2",
})  # fmt: skip
"""What photographs of kinds that are not read are called; they are told of, not passed by."""


def find_pictures(
    given: Sequence[Path], apart: Path | None = None
) -> tuple[list[Found], list[ItemFailure]]:
    """The pictures of several files and folders, each once.

    Args:
        given: Files, and folders that are searched downward.
        apart: A folder that is passed by where it lies below one of them: that of the masks.

    Returns:
        The pictures in natural order, and what cannot be taken, with the reason.

    Raises:
        InputError: One of them is absent or a run, or there are no pictures at all.
    """
    found: dict[Path, Found] = {}
    unfit: list[ItemFailure] = []
    for path in given:
        these, bad = _find(path, "pictures", [apart] if apart else [])
        found |= {one.path: one for one in these if one.path not in found}
        unfit += bad
    if not found and not unfit:
        raise InputError(
            f"no pictures in {listed([str(path) for path in given])}",
            why=f"pictures are files that end in {_kinds()}, at any depth; hidden ones and the "
            "folders of runs are left out",
            fix="name the folder in which they lie: --images FOLDER",
        )
    return list(found.values()), unfit


def find_masks(
    masks: Path, apart: Sequence[Path]
) -> tuple[list[Found], list[ItemFailure], bool]:  # fmt: skip
    """The masks at a path.

    Args:
        masks: A mask, a folder that is searched downward, or the folder of a run.
        apart: Folders that are passed by where they lie below it: those of the pictures.

    Returns:
        The masks, what cannot be taken, and whether a run has made them.

    Raises:
        InputError: It is absent, or there are none.
    """
    if kind_of(masks) == "folder" and is_run(masks):
        return _of_run(masks), [], True
    found, unfit = _find(masks, "masks", apart)
    if not found and not unfit:
        raise InputError(
            f"no masks in {masks}",
            why=f"masks are pictures, {_kinds()}, at any depth; hidden ones are left out",
            fix=f"multiplane restore damage {quoted(apart[0])} -o found draws masks to correct "
            "by hand",
        )
    return found, unfit, False


def _of_run(root: Path) -> list[Found]:
    """The masks that a run made: its damage, else its masks; never those it was given.

    Raises:
        InputError: It made none.
    """
    run = read_run(root)
    for plane in ("damage", MASKS):
        found = []
        for step in run.steps:
            for group, files in step.planes.items():
                images = run.given.get(group, {}).get(IMAGES, [])
                of = images[0] if len(images) == 1 and len(files.get(plane, [])) == 1 else ""
                place = str(Path(group).parent) if of else group
                for name in files.get(plane, []):
                    path = (root / name).absolute()
                    stem = Path(of).stem if of else path.stem
                    found.append(Found(path, "" if place == "." else place, stem, of))
        if found:
            return found
    raise InputError(
        f"the run in {root} has made no masks",
        why="of a run, the masks that restore.damage or the damage that restore-artwork left are "
        "taken",
        fix="--masks FOLDER with a mask for each picture, named like it",
    )


def _find(
    given: Path, what: str, apart: Sequence[Path]
) -> tuple[list[Found], list[ItemFailure]]:  # fmt: skip
    """The pictures at a path, in natural order, and what of them cannot be taken.

    Raises:
        InputError: There is nothing, or neither file nor folder, or a run.
    """
    kind = kind_of(given)
    if kind not in {"file", "folder"}:
        raise InputError(
            f"{given} is neither a file nor a folder" if kind else f"not there: {given}",
            why=f"{what} are looked for before anything runs",
            fix="check the path; names with spaces need quotes"
            + ("; here folders are parted by /" if foreign_path(str(given)) else ""),
        )
    if kind == "file":
        if not is_text(str(given)):
            told = unnameable(given)
            raise told
        return [Found(given.absolute(), "", given.stem)], []
    if is_run(given):
        raise InputError(
            f"{given} is the folder of a run, wanted the folder of the {what}",
            why="what a run made would be taken for pictures of yours",
            fix="name the folder in which your own pictures lie",
        )
    leave = {path.resolve() for path in apart} - {given.resolve()}
    found: list[Found] = []
    unfit: list[ItemFailure] = []
    for path in _walk(given, leave, unfit):
        place = path.parent.relative_to(given).as_posix()
        entry = Found(path.absolute(), "" if place == "." else place, path.stem)
        if not is_text(str(entry.path)):
            told = unnameable(entry.path)
            unfit.append(left_out(entry.shown, told))
        elif kind_of(path) != "file":
            unfit.append(left_out(entry.shown, InputError(
                f"{entry.shown} is no file that could be read",
                why="a link leads nowhere, or it is a pipe or a device",
                fix=f"ls -l {shlex.quote(str(entry.path))}",
            )))  # fmt: skip
        else:
            found.append(entry)
    return found, unfit


def _walk(top: Path, leave: set[Path], unfit: list[ItemFailure]) -> Iterator[Path]:
    """The pictures at and below a folder, those of a folder before those of the ones in it.

    Links are followed, each folder is entered once, and the folders of runs are passed by.
    """
    waiting, seen = [top], set[Path]()
    while waiting:
        folder = waiting.pop()
        real = folder.resolve()
        if real in leave or real in seen:
            continue
        seen.add(real)
        try:
            if folder != top and is_run(folder):
                continue
            inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
            below = [path for path in inside if path.is_dir()]
        except OSError as error:
            unfit.append(left_out(readable(str(folder)), InputError(
                f"{folder} cannot be listed: {(error.strerror or str(error)).lower()}",
                why="pictures are looked for in it",
                fix=f"chmod u+rx {shlex.quote(str(folder))}",
            )))  # fmt: skip
            continue
        files = {path for path in inside if path.suffix.lower() in SUFFIXES}.difference(below)
        foreign = {path for path in inside if path.suffix.lower() in _UNREAD}.difference(below)
        unfit += [_unread(path, top) for path in sorted(foreign, key=_in_order)]
        yield from sorted(files, key=_in_order)
        waiting += sorted(below, key=_in_order, reverse=True)


def _unread(path: Path, top: Path) -> ItemFailure:
    """A picture of a kind that is not read."""
    shown = readable(path.relative_to(top).as_posix())
    return left_out(shown, InputError(
        f"{shown} is of a kind that is not read",
        why=f"pictures are files that end in {_kinds()}",
        fix="export it as PNG or TIFF under that name, or move it away",
    ))  # fmt: skip


def _in_order(path: Path) -> tuple[list[str | int], str]:
    return natural_key(path.name)


def _kinds() -> str:
    return ", ".join(sorted(SUFFIXES))
