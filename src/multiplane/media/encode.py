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
from numpy.typing import NDArray
from PIL import Image

from multiplane.media.png import chunk, encode_png
from multiplane.media.tiff import encode_tiff

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

XMP_KEYWORD = b"XML:com.adobe.xmp"
"""Under which a PNG holds its XMP packet."""
TEXT_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
JPEG_XMP_BYTES = 65502
"""A longer packet does not fit a marker of JPEG, and is left out there."""
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
        xmp: The XMP packet; empty when absent.
        text: Keyword and text of the entries that a PNG shows to readers.
    """

    exif: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None
    png_chunks: tuple[tuple[bytes, bytes], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    xmp: bytes = b""
    text: tuple[tuple[str, str], ...] = ()


NO_TAGS = Tags()
_DEFAULTS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 95, "subsampling": 0},
    "webp": {"lossless": True, "quality": 50, "method": 2, "exact": True},
    "bmp": {},
}


def encode(array: NDArray[Any], kind: str, tags: Tags = NO_TAGS) -> bytes:
    """Encode a picture.

    Args:
        array: uint8 (or uint16 for PNG and TIFF), (H, W) grey, (H, W, 2) grey and alpha (PNG and
            TIFF; in a TIFF of 16 bits it becomes RGBA), (H, W, 3) RGB or (H, W, 4) RGBA.
        kind: One of the values of :data:`KINDS`.
        tags: What the file shall say beside its pixels.

    Returns:
        The bytes of the file.
    """
    if kind == "png":
        return add_png_tags(encode_png(array), tags)
    if kind == "tiff":
        if array.ndim == 3 and array.shape[2] == 2 and array.dtype == np.uint16:
            array = array[..., [0, 0, 0, 1]]  # no reader of ours takes it otherwise
        return encode_tiff(array, tags.exif, tags.icc, tags.dpi, tags.xmp)
    settings = {**_DEFAULTS[kind], **tags.settings}
    if tags.icc:
        settings["icc_profile"] = tags.icc
    if tags.exif:
        settings["exif"] = b"Exif\0\0" + tags.exif if kind == "jpeg" else tags.exif
    if tags.dpi and kind != "webp":
        settings["dpi"] = tags.dpi
    if tags.xmp and (kind != "jpeg" or len(tags.xmp) <= JPEG_XMP_BYTES):
        settings["xmp"] = tags.xmp
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
    texts = [_text_chunk(keyword, text) for keyword, text in tags.text]
    if tags.xmp:
        texts.append((b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + tags.xmp))
    ours = {body.partition(b"\0")[0] for _, body in texts}
    chunks = [
        (name, body)
        for name, body in tags.png_chunks
        if name not in TEXT_CHUNKS or body.partition(b"\0")[0] not in ours
    ]
    chunks += texts
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


def _text_chunk(keyword: str, text: str) -> tuple[bytes, bytes]:
    """A PNG's entry of text; keywords have 1 to 79 characters of Latin-1.

    Text that is not Latin-1 stands in UTF-8 in another chunk.
    """
    name = keyword.encode("latin-1", "replace").replace(b"\0", b" ").strip()[:79] or b"Comment"
    text = text.replace("\0", "\ufffd")
    try:
        return b"tEXt", name + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", name + b"\0\0\0\0\0" + text.encode(errors="replace")
