"""Files of one item appear together: all of them once all are whole, or none."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from multiplane.core.atomic import PART_PREFIX, UNWRITABLE, explain_write_error
from multiplane.core.items import Item

FOLDER = f"{PART_PREFIX}writing"


@contextlib.contextmanager
def stage_files(item: Item, planes: tuple[str, ...]) -> Iterator[Path]:
    """Give a folder with one folder a plane in it; move what lies there into place in the end.

    It lies below the first plane's own folder, so that moving is renaming. What a killed run has
    left there is removed first.

    Args:
        item: Whose files they are.
        planes: Their planes.

    Yields:
        The folder; write to ``folder / plane / name``. A name may be that of a folder.

    Raises:
        OutputError: The place cannot be written, or the disk is full.
        OSError: Any other failure of the block, unchanged.
    """
    folder = item.place(planes[0], FOLDER)[1]
    try:
        _remove(folder)
        for plane in planes:
            (folder / plane).mkdir(parents=True)
        yield folder
        for plane in planes:
            for made in sorted((folder / plane).iterdir()):
                place = item.place(plane, made.name)[1]
                place.parent.mkdir(parents=True, exist_ok=True)
                _remove(place)
                made.replace(place)
    except OSError as error:
        if error.errno in UNWRITABLE:
            told = explain_write_error(folder.parent, error)
            raise told from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
