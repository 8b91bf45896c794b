"""Pictures of a shot as files: read when asked for, written in the format that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from multiplane.core.arrays import Frame
from multiplane.core.atomic import write_beside
from multiplane.core.errors import InputError
from multiplane.media.encode import KINDS, NO_TAGS, Tags, encode
from multiplane.media.images import picture_size, write_frame
from multiplane.media.pixels import open_picture
from multiplane.media.preserve import tags_of
from multiplane.restore.inpaint.config import InpaintOptions

_LOSSY: dict[str, dict[str, Any]] = {
    "jpeg": {"subsampling": 0},
    "webp": {"lossless": False, "method": 4},
}


def one_size(frames: Sequence[Path], planes: dict[str, Sequence[Path]]) -> bool:
    """Check that each frame's planes have its size, from the headers of the files.

    Args:
        frames: The frames.
        planes: Name → one picture a frame.

    Returns:
        Whether all frames are of one size as well.

    Raises:
        InputError: Some differ; every one is named.
    """
    sizes = [picture_size(path) for path in frames]
    wrong = []
    for name, paths in planes.items():
        for path, frame, size in zip(paths, frames, sizes, strict=True):
            found = picture_size(path)
            if found != size:
                wrong.append(
                    f"{name} {path.name} is {found[0]}x{found[1]}, "
                    f"frame {frame.name} {size[0]}x{size[1]}"
                )
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise InputError(
            "; ".join(wrong[:5]) + more,
            why="frames, masks and plates are matched pixel by pixel",
            fix="resize these masks to their frames (nearest neighbour), or move the frames away",
        )
    return len(set(sizes)) == 1


def stem_for(frame: Path, mask: Path) -> str:
    """What the results of a frame are called: like the frame.

    Where the mask is called ``<frame>_mask...`` the frame may have several of them: then like it.
    """
    return mask.stem if mask.stem.startswith(f"{frame.stem}_mask") else frame.stem


def name_for(source: Path, stem: str, options: InpaintOptions) -> str:
    """The file name of the background of a frame."""
    return f"{stem}{source.suffix if options.format == 'same' else f'.{options.format}'}"


def write_background(
    path: Path, background: Frame, like: Path | None, options: InpaintOptions
) -> None:
    """Write a background.

    Args:
        path: Where to; the suffix says as what.
        background: (H, W, 3) RGB.
        like: The user's own frame, whose EXIF, profile and settings are carried over.
        options: Quality.

    Raises:
        OutputError: The place cannot be written.
    """
    kind = KINDS[path.suffix.lower()]
    if kind not in _LOSSY or options.quality == 0:
        write_frame(path, background, like)
        return
    settings = _LOSSY[kind] | {"quality": options.quality}
    tags = tags_of(open_picture(like)) if like else NO_TAGS
    icc = tags.icc if tags.icc[16:20] == b"RGB " else b""
    data = encode(background, kind, Tags(tags.exif, icc, tags.dpi, settings=settings))
    with write_beside(path) as part:
        part.write_bytes(data)
