"""From a picture file to an array: what kind it is, how big, and its pixels, upright.

A file is told by its content, never by its name, and its size is bounded before a single pixel is
decoded. 16-bit pictures keep their depth until someone asks for eight bits.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media import deep, inks, png

MAX_PIXELS = 200_000_000
"""The largest picture that is decoded unless the caller allows more: 14,142 x 14,142."""
_BYTES_A_PIXEL = 16
"""Twice RGBA of 16 bits: room for the layers and pages that a TIFF may hold beside its picture."""
_BYTES_BESIDE = 64 * 2**20
"""Room for profiles, tags and previews, however small the picture."""


class _Tiff(TiffImagePlugin.TiffImageFile):
    """A TIFF that we bound, not Pillow: its own bound is lower, and warns from half of it on."""

    def load_prepare(self) -> None:
        if self._im is None:
            self.im = Image.new(self.mode, getattr(self, "_tile_size", self.size), None).im
        super().load_prepare()


_OPENERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpeg": JpegImagePlugin.JpegImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "tiff": _Tiff,
    "bmp": BmpImagePlugin.BmpImageFile,
}
_MAGIC = (
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("tiff", re.compile(rb"II[\x2a\x2b]\x00|MM\x00[\x2a\x2b]")),
    ("bmp", re.compile(rb"BM.{4}\x00\x00\x00\x00", re.DOTALL)),
)
_ORIENTATION = 0x0112
_BAND_NUMBERS = 2**18
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError,
           OverflowError, NotImplementedError, RuntimeError, MemoryError,
           UserWarning, struct.error, zlib.error)  # fmt: skip
"""What picture decoders raise on bytes that are not what they promise; Pillow warns of some."""


@dataclass(frozen=True)
class Picture:
    """An opened picture, bounded in size, not yet decoded.

    Attributes:
        path: Where it came from.
        kind: ``png``, ``jpeg``, ``webp``, ``tiff`` or ``bmp``, by content.
        data: The bytes of the file.
        image: Pillow's view of it.
        bits: Bits a channel: 1 to 16.
    """

    path: Path
    kind: str
    data: bytes
    image: ImageFile.ImageFile
    bits: int


def kind_of(head: bytes) -> str | None:
    """Tell the kind of a picture by its first 16 bytes; None when it is none we read."""
    return next((kind for kind, magic in _MAGIC if magic.match(head)), None)


def open_picture(path: Path, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a file and its header and refuse what cannot be decoded safely.

    Args:
        path: A PNG, JPEG, WebP, TIFF or BMP file, whatever its name.
        max_pixels: Larger pictures are refused before they are decoded.

    Returns:
        The picture, ready for :func:`decode`.

    Raises:
        InputError: No such file, a folder, unreadable, too large, or of a depth we do not read.
        DamagedFileError: Empty, not a picture, or a broken header.
    """
    kind, data = _read(path, max_pixels)
    if kind == "tiff":
        _check_tiff(path, data)
    try:
        if kind == "png":
            png.check(data)
        image = _OPENERS[kind](io.BytesIO(data))
    except Image.DecompressionBombError as error:  # Pillow's own bound on WebP
        raise InputError(
            f"{path} is a {kind.upper()} with more pixels than are read of one",
            why=f"decoding it could exhaust the memory: {error}",
            fix="scale it down first, or export it as PNG or TIFF",
        ) from error
    except DAMAGE as error:
        damage = _damaged(path, kind, error)
        raise damage from error
    width, height = image.size
    if width * height > max_pixels:
        raise InputError(
            f"{path} is {width}x{height} = {width * height / 1e6:.0f} megapixels, "
            f"at most {max_pixels / 1e6:.0f} are read",
            why="decoding it could exhaust the memory; its header alone was looked at",
            fix="scale it down first, or from Python: "
            f"read_frame(path, max_pixels={width * height})",
        )
    return Picture(path, kind, data, image, _bits(kind, data, image))


def decode(picture: Picture) -> NDArray[Any]:
    """Decode a picture, upright.

    Args:
        picture: From :func:`open_picture`.

    Returns:
        uint8 or uint16, (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4) RGBA;
        the EXIF orientation is applied. Colour numbers are the file's own: a profile travels with
        the file, it is not applied; but CMYK and CIELAB become sRGB.

    Raises:
        DamagedFileError: Cut off or broken.
    """
    image = picture.image
    try:
        plain = png.decode_plain(picture.data) if picture.kind == "png" else None
        if plain is not None:
            return plain
        image.load()
        orientation = int(image.getexif().get(_ORIENTATION, 1))
        if picture.bits > 8:  # what Pillow made of them tells that they are whole, no more
            image.im = Image.new(image.mode, (1, 1)).im
            array: NDArray[Any] = _deep(picture)
        else:
            array = _eight(image)
        array = _clear(array, picture)
    except DAMAGE as error:
        damage = _damaged(picture.path, picture.kind, error)
        raise damage from error
    return turn(array, orientation)


def turn(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Apply an EXIF orientation (1 to 8); any other number leaves the picture as it is.

    Args:
        array: (H, W) or (H, W, C).
        orientation: The tag's value.

    Returns:
        The upright picture, contiguous.
    """
    if orientation in {5, 6, 7, 8}:
        array = np.swapaxes(array, 0, 1)
    if orientation in {2, 3, 6, 7}:
        array = array[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        array = array[::-1]
    return np.ascontiguousarray(array)


def to_eight(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Bring uint16 to uint8, rounding; uint8 comes back as it is. Inverse of ``* 257``."""
    if array.dtype == np.uint8:
        return array
    eight = np.empty(array.shape, np.uint8)
    step = max(1, _BAND_NUMBERS * len(array) // max(1, array.size))
    for top in range(0, len(array), step):  # wider numbers of a few rows only
        part = array[top : top + step].astype(np.uint32)
        part += 128
        part //= 257
        eight[top : top + step] = part
    return eight


def to_sixteen(array: NDArray[Any]) -> NDArray[np.uint16]:
    """Bring uint8 to uint16 so that white stays white; uint16 comes back as it is."""
    if array.dtype == np.uint16:
        return array
    return array.astype(np.uint16) * np.uint16(257)


def upright_size(picture: Picture) -> tuple[int, int]:
    """Width and height once the EXIF orientation is applied, without decoding where possible.

    Args:
        picture: From :func:`open_picture`.

    Returns:
        (W, H) in pixels.

    Raises:
        DamagedFileError: Its tags cannot be read.
    """
    width, height = picture.image.size
    if picture.kind == "png" and not png.may_be_turned(picture.data):
        return width, height  # Pillow would decode it all in search of a tag
    try:
        orientation = int(picture.image.getexif().get(_ORIENTATION, 1))
    except DAMAGE as error:
        damage = _damaged(picture.path, picture.kind, error)
        raise damage from error
    turned = orientation in {5, 6, 7, 8} and picture.kind != "tiff"  # Pillow turned it already
    return (height, width) if turned else (width, height)


def to_rgb(array: NDArray[Any]) -> NDArray[Any]:
    """Bring any picture to (H, W, 3): grey is repeated, alpha is dropped."""
    if array.ndim == 2:
        array = array[..., None]
    if array.shape[2] < 3:
        return np.repeat(array[..., :1], 3, axis=2)
    return np.ascontiguousarray(array[..., :3])


def to_grey(array: NDArray[Any]) -> NDArray[Any]:
    """Bring any picture to (H, W): Rec. 601 luma of its colour, alpha is dropped."""
    if array.ndim == 2:
        return array
    if array.shape[2] < 3:
        return np.ascontiguousarray(array[..., 0])
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(array[..., :3]), cv2.COLOR_RGB2GRAY))


def alpha_of(array: NDArray[Any]) -> NDArray[Any] | None:
    """The alpha channel of a decoded picture, (H, W); None when it has none."""
    return array[..., -1] if array.ndim == 3 and array.shape[2] in {2, 4} else None


def packet_of(picture: Picture) -> bytes:
    """The XMP packet of a picture as it stands there; empty when it has none."""
    with contextlib.suppress(*DAMAGE):
        if picture.kind == "png" and "xmp" not in picture.image.info:
            picture.image.load()  # it may stand behind the pixels
    found = picture.image.info.get("xmp") or b""
    if isinstance(found, tuple):  # TIFF: bytes that were stored as numbers
        found = bytes(found) if all(isinstance(n, int) and 0 <= n < 256 for n in found) else b""
    return found.encode(errors="replace") if isinstance(found, str) else bytes(found)


def _read(path: Path, max_pixels: int) -> tuple[str, bytes]:
    """The kind and the bytes of a file, once its first bytes and its size allow to take it in.

    Raises:
        InputError: No such file, a folder, unreadable, no picture, or larger than one can be.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
            kind = _known_kind(path, head)
            _check_bytes(path, os.fstat(file.fileno()).st_size, max_pixels)
            file.seek(0)
            return kind, file.read()
    except FileNotFoundError as error:
        raise InputError(
            f"{path} does not exist", why="a picture is read from it", fix=f"ls '{path.parent}'"
        ) from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}",
            why="a picture is read from it",
            fix=f"give the path of a picture file you may read; see: ls -ld '{path}'",
        ) from error


def _known_kind(path: Path, head: bytes) -> str:
    if not head:
        raise DamagedFileError(
            f"{path} is empty (0 bytes)",
            why="its copy or its export was cut off",
            fix=f"copy or export it again, or remove it: rm {shlex.quote(str(path))}",
        )
    kind = kind_of(head)
    if kind is None:
        raise DamagedFileError(
            f"{path} is not a picture: it starts with {head[:8]!r}",
            why="PNG, JPEG, WebP, TIFF and BMP are read, told by content and not by name",
            fix=f"export it as PNG under that name, or remove it: rm {shlex.quote(str(path))}",
        )
    return kind


def _check_bytes(path: Path, size: int, max_pixels: int) -> None:
    most = _BYTES_A_PIXEL * max_pixels + _BYTES_BESIDE
    if size > most:
        raise InputError(
            f"{path} has {size / 1e6:.0f} MB, at most {most / 1e6:.0f} are read",
            why=f"no picture of {max_pixels / 1e6:.0f} megapixels, the most that are decoded, "
            "takes so many; reading them could exhaust the memory",
            fix="export it again as one picture, without layers or pages",
        )


def _damaged(path: Path, kind: str, error: BaseException) -> DamagedFileError:
    return DamagedFileError(
        f"{path} is a damaged {kind.upper()}: {str(error) or type(error).__name__}",
        why="it was cut off or changed after it was written; half a picture is not used",
        fix=f"copy or export it again, or remove it: rm {shlex.quote(str(path))}",
    )


def _check_tiff(path: Path, data: bytes) -> None:
    layout = None
    with contextlib.suppress(*DAMAGE):  # of damage Pillow will tell
        layout = deep.layout_of(data)
    if layout:
        deep.check_layout(path, layout)


def _bits(kind: str, data: bytes, image: ImageFile.ImageFile) -> int:
    if kind == "png":
        return data[24]
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return int(max(image.tag_v2.get(258, (1,))))
    return 8


def _eight(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in {"P", "PA"}:
        clear = image.mode == "PA" or "transparency" in image.info
        image = image.convert("RGBA" if clear else "RGB")
    elif image.mode in inks.MODES:
        image = inks.to_srgb(image)
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in {"L", "LA", "RGB", "RGBA"}:
        image = image.convert("RGB")
    return np.array(image)


def _clear(array: NDArray[Any], picture: Picture) -> NDArray[Any]:
    """Give a PNG whose transparency is one grey or one colour its alpha channel."""
    key = picture.image.info.get("transparency")
    if picture.kind != "png" or key is None or isinstance(key, bytes):
        return array  # bytes belong to a palette
    if array.ndim == 3 and array.shape[2] != 3:
        return array
    most = np.iinfo(array.dtype).max
    levels = 2**picture.bits - 1
    wanted = (np.atleast_1d(key) & levels) * (most // levels)
    channels = array if array.ndim == 3 else array[..., None]
    alpha = np.where((channels == wanted).all(axis=2), 0, most).astype(array.dtype)
    return np.dstack([array, alpha])


def _deep(picture: Picture) -> NDArray[np.uint16]:
    image = picture.image
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return deep.decode(picture.data)
    array, orientation = deep.decode_tiff(picture.data)
    if array.ndim == 3:
        array = array[..., : len(image.getbands())]  # further channels mean nothing
    return turn(array, orientation)
