"""From an array to the bytes of a picture file, in memory.

Encoding before writing keeps a full disk an honest ``OSError``; OpenCV's own writer only returns
False.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from multiplane.media.png import chunk, encode_png

KINDS = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".bmp": "bmp",
}
"""Suffix, small letters → kind of picture."""

_PNG_SIGNATURE_AND_IHDR = 8 + 25


@dataclass(frozen=True)
class Tags:
    """What a picture file says beside its pixels.

    Attributes:
        exif: The TIFF structure of EXIF, without the ``Exif`` prefix of JPEG; empty when absent.
        icc: The colour profile; empty when absent.
        dpi: Dots an inch, across and down; None when unknown.
        png_chunks: Ancillary PNG chunks to copy as they are, (type, data).
        settings: Further arguments for Pillow's encoder of that kind.
    """

    exif: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None
    png_chunks: tuple[tuple[bytes, bytes], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


NO_TAGS = Tags()
_DEFAULTS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 95, "subsampling": 0},
    "webp": {"lossless": True, "quality": 50, "method": 2, "exact": True},
    "tiff": {"compression": "tiff_adobe_deflate"},
    "bmp": {},
}


def encode(array: NDArray[Any], kind: str, tags: Tags = NO_TAGS) -> bytes:
    """Encode a picture.

    Args:
        array: uint8 (or uint16 for PNG and TIFF), (H, W) grey, (H, W, 2) grey and alpha (PNG;
            TIFF at 8 bits), (H, W, 3) RGB or (H, W, 4) RGBA.
        kind: One of the values of :data:`KINDS`.
        tags: What the file shall say beside its pixels.

    Returns:
        The bytes of the file.
    """
    if kind == "png":
        return add_png_tags(_encode_png(array), tags)
    if array.dtype == np.uint16:
        return _encode_deep_tiff(array, tags)
    settings = {**_DEFAULTS[kind], **tags.settings}
    if tags.icc:
        settings["icc_profile"] = tags.icc
    if tags.exif:
        settings["exif"] = b"Exif\0\0" + tags.exif if kind == "jpeg" else tags.exif
    if tags.dpi and kind != "webp":
        settings["dpi"] = tags.dpi
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind.upper(), **settings)
    return buffer.getvalue()


def add_png_tags(data: bytes, tags: Tags) -> bytes:
    """Put EXIF, profile, resolution and further chunks behind the header of a PNG.

    Args:
        data: A PNG file without them.
        tags: What to add.

    Returns:
        The bytes of the new file; the same when there is nothing to add.
    """
    chunks = list(tags.png_chunks)
    have = {name for name, _ in chunks}
    if tags.icc and not have & {b"iCCP", b"sRGB"}:
        chunks.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(tags.icc)))
    if tags.dpi and b"pHYs" not in have:
        per_metre = (round(d / 0.0254) for d in tags.dpi)
        chunks.append((b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if tags.exif and b"eXIf" not in have:
        chunks.append((b"eXIf", tags.exif))
    packed = b"".join(chunk(name, body) for name, body in chunks)
    return data[:_PNG_SIGNATURE_AND_IHDR] + packed + data[_PNG_SIGNATURE_AND_IHDR:]


def _encode_png(array: NDArray[Any]) -> bytes:
    if array.ndim == 2 or array.shape[2] != 2:
        return encode_png(array)
    if array.dtype == np.uint16:  # Pillow cannot write it: the grey is repeated
        return encode_png(array[..., [0, 0, 0, 1]])
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def _encode_deep_tiff(array: NDArray[Any], tags: Tags) -> bytes:
    buffer = io.BytesIO()
    settings: dict[str, Any] = {"photometric": "minisblack" if array.ndim == 2 else "rgb"}
    if array.ndim == 3 and array.shape[2] == 4:
        settings["extrasamples"] = ["unassalpha"]
    if tags.icc:
        settings["iccprofile"] = tags.icc
    if tags.dpi:
        settings |= {"resolution": tags.dpi, "resolutionunit": "INCH"}
    tifffile.imwrite(buffer, array, compression="zlib", metadata=None, **settings)
    return buffer.getvalue()
