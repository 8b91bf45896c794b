"""Where frames come from: a video, or a folder of pictures. What is broken is noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from multiplane.core.errors import DamagedFileError, InputError, MultiplaneError
from multiplane.core.items import Json
from multiplane.core.threads import map_ordered
from multiplane.media import pixels
from multiplane.media.images import SUFFIXES, list_images
from multiplane.media.video import Clip
from multiplane.split.shots.cuts import Picture

_ORIENTATION = 0x0112


@dataclass
class Findings:
    """What came up while a source was read.

    Attributes:
        bad_files: Files, or the one file, that could not be read wholly: what, why, fix.
        normalised: Pictures of which an 8-bit RGB copy is used, by file name.
    """

    bad_files: list[Json] = field(default_factory=list)
    normalised: list[Json] = field(default_factory=list)

    def add(self, name: str, error: MultiplaneError) -> None:
        """Note a file that could not be read."""
        self.bad_files.append(
            {"file": name, "what": error.what, "why": error.why, "fix": error.fix}
        )


def video_pictures(
    clip: Clip, start_s: float, stop_s: float | None, findings: Findings
) -> Generator[Picture]:
    """Stream the frames of a video.

    Args:
        clip: The video.
        start_s: Frames shown earlier are left out; counted from its first frame.
        stop_s: Frames shown then or later are left out; None is the end.
        findings: Takes note when the video is damaged from some point on.

    Yields:
        Its frames, numbered as in the whole video.

    Raises:
        InputError: None of its frames lies in the time wanted.
        DamagedFileError: Not one of its frames can be decoded.
    """
    count, zero_s = 0, None
    with clip.frames() as frames:
        try:
            for shown in frames:
                zero_s = shown.time_s if zero_s is None else zero_s
                if stop_s is not None and shown.time_s - zero_s >= stop_s:
                    break
                if shown.time_s - zero_s < start_s:
                    continue
                count += 1
                yield Picture(shown.index, shown.time_s, f"{shown.index:06d}", shown.frame)
        except DamagedFileError as error:
            if not count:
                raise
            findings.add(clip.path.name, error)
    if not count:
        until = "its end" if stop_s is None else f"{stop_s:g} s"
        raise InputError(
            f"{clip.path} has no frame between {start_s:g} s and {until}",
            why="a shot needs at least one frame",
            fix="choose another start_s and stop_s",
        )


def folder_pictures(paths: Sequence[Path], findings: Findings) -> Iterator[Picture]:
    """Stream pictures, read on several threads.

    Args:
        paths: The pictures, in order.
        findings: Takes note of those that cannot be read, and of those that need a copy.

    Yields:
        Those that can be read. A picture that is 8-bit RGB and upright keeps its file; another
        one is to be written as PNG.

    Raises:
        InputError: None can be read.
    """
    stems = _stems(paths)
    first_error: MultiplaneError | None = None
    count = 0
    for path, picture in zip(
        paths, map_ordered(_read, enumerate(zip(paths, stems, strict=True))), strict=True
    ):
        if isinstance(picture, MultiplaneError):
            first_error = first_error or picture
            findings.add(path.name, picture)
            continue
        count += 1
        if picture.own is None:
            findings.normalised.append(path.name)
        yield picture
    if not count and first_error:
        if len(paths) == 1:
            raise first_error
        raise InputError(
            f"none of the {len(paths)} pictures can be read; the first: {first_error.what}",
            why=first_error.why,
            fix=first_error.fix,
        )


def pictures_of(source: Path) -> list[Path] | None:
    """The pictures of a source, in natural order, or the one it is; None when it is a video.

    Args:
        source: A folder or a file.

    Raises:
        InputError: It is not there, or the folder cannot be listed or holds no pictures.
    """
    if not source.exists():
        raise InputError(
            f"{source} does not exist",
            why="it is what the shots are taken from",
            fix=f"check the spelling: ls {source.parent}",
        )
    if source.is_dir():
        paths = list_images(source)
        if not paths:
            raise InputError(
                f"{source} holds no pictures",
                why="PNG, JPEG, WebP, TIFF and BMP files are looked for, not in subfolders",
                fix="give the folder that directly holds them, or a video file",
            )
        return paths
    return [source] if source.suffix.lower() in SUFFIXES else None


def _read(job: tuple[int, tuple[Path, str]]) -> Picture | MultiplaneError:
    index, (path, stem) = job
    try:
        picture = pixels.open_picture(path)
        array = pixels.decode(picture)
    except MultiplaneError as error:
        return error
    frame = pixels.to_rgb(pixels.to_eight(array))
    plain = array.dtype == np.uint8 and picture.image.mode == "RGB" and _is_upright(picture)
    own = str(path.absolute()) if plain and stem == path.stem else None
    return Picture(index, None, stem, frame, own)


def _is_upright(picture: pixels.Picture) -> bool:
    return int(picture.image.getexif().get(_ORIENTATION, 1)) == 1


def _stems(paths: Sequence[Path]) -> list[str]:
    """Stems that are each used once, whatever the file system thinks of capitals."""
    counts = Counter(path.stem.casefold() for path in paths)
    return [
        path.stem
        if counts[path.stem.casefold()] == 1
        else f"{path.stem}_{path.suffix.lstrip('.')}_{number:06d}"
        for number, path in enumerate(paths)
    ]
