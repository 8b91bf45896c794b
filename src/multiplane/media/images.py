"""Pictures in and out: frames, masks, alphas, cut-outs and maps as files.

Whatever a file holds (grey, palette, RGBA, 16 bits, turned by its EXIF) comes in as one of the
arrays of :mod:`multiplane.core.arrays`, upright. Everything is encoded in memory, written beside
its place and renamed into it.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import (
    Alpha,
    Frame,
    Mask,
    check_alpha,
    check_frame,
    check_mask,
    check_same_size,
)
from multiplane.core.atomic import write_beside
from multiplane.core.errors import InputError
from multiplane.media import encode, pixels, png, preserve
from multiplane.media.pixels import MAX_PIXELS

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"})
"""What a picture file is called; small letters."""


def read_frame(path: Path | str, max_pixels: int = MAX_PIXELS) -> Frame:
    """Read any picture as a frame.

    Grey is repeated, a palette looked up, alpha dropped, 16 bits rounded to 8, the EXIF
    orientation applied. Colour numbers are the file's own: its profile is not applied, so that
    untouched pixels can be written back as they were.

    Args:
        path: PNG, JPEG, WebP, TIFF or BMP.
        max_pixels: Larger pictures are refused before they are decoded.

    Returns:
        uint8 (H, W, 3).

    Raises:
        InputError: No such file, too large, or more than 16 bits a channel.
        DamagedFileError: Empty, cut off, or not a picture.
    """
    array = pixels.decode(pixels.open_picture(Path(path), max_pixels))
    return pixels.to_rgb(pixels.to_eight(array))


def read_deep(path: Path | str, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint16]:
    """Read any picture at its full depth.

    Args:
        path: PNG, JPEG, WebP, TIFF or BMP.
        max_pixels: Larger pictures are refused before they are decoded.

    Returns:
        uint16 (H, W, 3) RGB; 8-bit pictures come multiplied by 257, so white is 65535.

    Raises:
        InputError: No such file, too large, or more than 16 bits a channel.
        DamagedFileError: Empty, cut off, or not a picture.
    """
    array = pixels.decode(pixels.open_picture(Path(path), max_pixels))
    return pixels.to_rgb(pixels.to_sixteen(array))


def read_mask(path: Path | str, threshold: int = 128, max_pixels: int = MAX_PIXELS) -> Mask:
    """Read any picture as a mask: True where its grey reaches the threshold.

    Args:
        path: PNG, JPEG, WebP, TIFF or BMP; the luma of colour, alpha dropped.
        threshold: From 0 to 255; brighter or equal is selected.
        max_pixels: Larger pictures are refused before they are decoded.

    Returns:
        bool (H, W).

    Raises:
        InputError: No such file, too large, or more than 16 bits a channel.
        DamagedFileError: Empty, cut off, or not a picture.
    """
    array = pixels.decode(pixels.open_picture(Path(path), max_pixels))
    mask: Mask = pixels.to_grey(pixels.to_eight(array)) >= threshold
    return mask


def read_alpha(path: Path | str, max_pixels: int = MAX_PIXELS) -> Alpha:
    """Read any picture as an alpha: its alpha channel when it has one, its grey otherwise.

    Args:
        path: PNG, JPEG, WebP, TIFF or BMP; 16 bits keep their precision.
        max_pixels: Larger pictures are refused before they are decoded.

    Returns:
        float32 (H, W) in [0, 1].

    Raises:
        InputError: No such file, too large, or more than 16 bits a channel.
        DamagedFileError: Empty, cut off, or not a picture.
    """
    array = pixels.decode(pixels.open_picture(Path(path), max_pixels))
    alpha = pixels.alpha_of(array)
    grey = pixels.to_grey(array) if alpha is None else alpha
    return grey.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)


def write_frame(path: Path | str, frame: Frame, like: Path | str | None = None) -> None:
    """Write a frame; the suffix of the path says as what.

    With ``like`` the new file carries over what its source had: EXIF (orientation reset, since it
    was applied on reading), colour profile and resolution; when both are of the same kind also
    bit depth, grey, alpha channel and the settings of the encoder. At 16 bits, pixels that still
    read the same as in the source get its full depth back; grey with alpha becomes RGBA there.

    Args:
        path: Where to; .png, .jpg, .jpeg, .webp, .tif, .tiff or .bmp.
        frame: uint8 (H, W, 3).
        like: The file the frame was read from.

    Raises:
        InputError: Not a frame, or a suffix we do not write; ``like`` cannot be read.
        OutputError: The place cannot be written, or the disk is full.
    """
    path, frame = Path(path), check_frame(frame)
    kind = _kind_for(path)
    if like is None:
        _write(path, encode.encode(frame, kind))
    else:
        _write(path, preserve.encode_like(frame, kind, pixels.open_picture(Path(like))))


def write_deep(
    path: Path | str, picture: NDArray[np.uint16], like: Path | str | None = None
) -> None:
    """Write 16 bits a channel.

    Args:
        path: Where to; .png, .tif or .tiff.
        picture: uint16 (H, W, 3) RGB.
        like: The file it was read from; its EXIF, profile and resolution are carried over.

    Raises:
        InputError: Another dtype or shape, or a suffix that cannot hold 16 bits.
        OutputError: The place cannot be written, or the disk is full.
    """
    path = Path(path)
    kind = _kind_for(path)
    if picture.dtype != np.uint16 or picture.ndim != 3 or picture.shape[2] != 3:
        raise InputError(
            f"picture is {picture.dtype} {picture.shape}, wanted uint16 (H, W, 3)",
            why="it is written with 16 bits a channel",
            fix="for 8 bits use write_frame",
        )
    if kind not in {"png", "tiff"}:
        raise InputError(
            f"{path.name} cannot hold 16 bits a channel",
            why="of the kinds we write only PNG and TIFF do",
            fix=f"name it {path.stem}.png or {path.stem}.tif",
        )
    tags = preserve.tags_of(pixels.open_picture(Path(like))) if like else encode.NO_TAGS
    _write(path, encode.encode(picture, kind, tags))


def write_mask(path: Path | str, mask: Mask) -> None:
    """Write a mask as an 8-bit grey PNG, 0 and 255.

    Args:
        path: Where to; .png.
        mask: bool (H, W).

    Raises:
        InputError: Not a mask, or another suffix.
        OutputError: The place cannot be written, or the disk is full.
    """
    _write_png(path, check_mask(mask).view(np.uint8) * np.uint8(255))


def write_alpha(path: Path | str, alpha: Alpha) -> None:
    """Write an alpha as an 8-bit grey PNG, rounded.

    Args:
        path: Where to; .png.
        alpha: float32 (H, W) in [0, 1].

    Raises:
        InputError: Not an alpha, or another suffix.
        OutputError: The place cannot be written, or the disk is full.
    """
    _write_png(path, _quantize(check_alpha(alpha)))


def write_cutout(path: Path | str, frame: Frame, alpha: Alpha) -> None:
    """Write straight colour with its alpha as an RGBA PNG.

    Args:
        path: Where to; .png.
        frame: uint8 (H, W, 3), colour not premultiplied.
        alpha: float32 (H, W) in [0, 1].

    Raises:
        InputError: Not a frame or an alpha, of different sizes, or another suffix.
        OutputError: The place cannot be written, or the disk is full.
    """
    check_same_size(check_frame(frame), check_alpha(alpha), ("frame", "alpha"))
    _write_png(path, np.dstack([frame, _quantize(alpha)]))


def write_map(path: Path | str, values: NDArray[np.uint8]) -> None:
    """Write numbers per pixel as an 8-bit grey PNG, exactly.

    Args:
        path: Where to; .png.
        values: uint8 (H, W).

    Raises:
        InputError: Another dtype, shape or suffix.
        OutputError: The place cannot be written, or the disk is full.
    """
    if values.dtype != np.uint8 or values.ndim != 2 or 0 in values.shape:
        raise InputError(
            f"map is {values.dtype} {values.shape}, wanted uint8 (H, W)",
            why="a map holds one number from 0 to 255 a pixel",
            fix="map = map.astype(np.uint8)",
        )
    _write_png(path, values)


def read_map(path: Path | str, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Read what :func:`write_map` wrote.

    Args:
        path: An 8-bit grey picture.
        max_pixels: Larger pictures are refused before they are decoded.

    Returns:
        uint8 (H, W).

    Raises:
        InputError: No such file, or too large.
        DamagedFileError: Empty, cut off, or not a picture.
    """
    array = pixels.decode(pixels.open_picture(Path(path), max_pixels))
    return np.asarray(pixels.to_grey(pixels.to_eight(array)), dtype=np.uint8)


def picture_size(path: Path | str, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Width and height of a picture as it stands upright, from its header.

    Args:
        path: PNG, JPEG, WebP, TIFF or BMP.
        max_pixels: Larger pictures are refused.

    Returns:
        (W, H) in pixels.

    Raises:
        InputError: No such file, or too large.
        DamagedFileError: Empty, or not a picture.
    """
    return pixels.upright_size(pixels.open_picture(Path(path), max_pixels))


def list_images(folder: Path | str) -> list[Path]:
    """List the pictures of a folder in natural order (frame2 before frame10).

    Hidden files and files still being written are left out; subfolders are not entered.

    Args:
        folder: Where to look.

    Returns:
        Paths of files with a picture's suffix; empty when there is none.

    Raises:
        InputError: No such folder, or not a folder, or not readable.
    """
    folder = Path(folder)
    try:
        found = [p for p in folder.iterdir() if not p.name.startswith(".")]
        files = [p for p in found if p.suffix.lower() in SUFFIXES and p.is_file()]
    except OSError as error:
        raise InputError(
            f"{folder} cannot be listed: {(error.strerror or str(error)).lower()}",
            why="pictures are looked for in it",
            fix="give a folder that holds pictures",
        ) from error
    return sorted(files, key=lambda p: natural_key(p.name))


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key under which numbers inside names count as numbers, whatever their zeros."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [int(p) if i % 2 else p for i, p in enumerate(parts)], name


def _quantize(alpha: Alpha) -> NDArray[np.uint8]:
    levels: NDArray[np.uint8] = np.rint(alpha * np.float32(255)).astype(np.uint8)
    return levels


def _kind_for(path: Path) -> str:
    kind = encode.KINDS.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"{path.name} ends in {path.suffix or 'nothing'!r}, wanted one of "
            f"{', '.join(sorted(SUFFIXES))}",
            why="the suffix says as what a picture is written",
            fix=f"name it {path.stem}.png",
        )
    return kind


def _write_png(path: Path | str, array: NDArray[np.uint8]) -> None:
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(
            f"{path.name} ends in {path.suffix or 'nothing'!r}, wanted '.png'",
            why="masks, alphas, cut-outs and maps are PNG, so that they come back exactly",
            fix=f"name it {path.stem}.png",
        )
    _write(path, png.encode_png(array))


def _write(path: Path, data: bytes) -> None:
    with write_beside(path) as part:
        part.write_bytes(data)
