"""Writing a picture like the one it was read from: EXIF, profile, depth, encoder settings."""

from __future__ import annotations

import contextlib
import logging
import struct
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, TiffImagePlugin

from multiplane.core.arrays import Frame
from multiplane.media import pixels
from multiplane.media.encode import TEXT_CHUNKS, XMP_KEYWORD, Tags, encode
from multiplane.media.pixels import Picture
from multiplane.media.tiff import LAYOUT_TAGS
from multiplane.media.xmp import upright as upright_packet

log = logging.getLogger(__name__)

_ORIENTATION = 0x0112
_COPIED_CHUNKS = frozenset({b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"cICP", b"pHYs", b"eXIf",
                            b"tEXt", b"zTXt", b"iTXt", b"tIME"})  # fmt: skip
_UNCOPIED_TEXT = frozenset({XMP_KEYWORD, b"Raw profile type exif", b"Raw profile type APP1",
                            b"Raw profile type xmp"})  # fmt: skip
"""Keywords whose text is handed on as EXIF or XMP, with the orientation reset."""
_INTEROPERABILITY = 40965
_DIRECTORIES = (34665, 34853)
"""Tags that point to what EXIF and GPS say."""
_MOST_DOTS = 1e6
"""An inch; what is more is no resolution, and 32 bits of a TIFF hold four times as many."""


def encode_like(frame: Frame, kind: str, source: Picture) -> bytes:
    """Encode a frame as its source was.

    Args:
        frame: uint8 (H, W, 3).
        kind: What to write; when it is the source's own kind, depth, grey, alpha channel and
            encoder settings are carried over too.
        source: The opened source.

    Returns:
        The bytes of the file.
    """
    tags = tags_of(source)
    if kind != source.kind:
        exif, icc = tags.exif, tags.icc if tags.icc[16:20] == b"RGB " else b""
        return encode(frame, kind, Tags(exif, icc, tags.dpi, xmp=tags.xmp))
    original = pixels.decode(source)
    same_size = original.shape[:2] == frame.shape[:2]
    array: NDArray[Any] = frame
    if source.bits > 8:
        array = _deepen(frame, original if same_size else None)
    if (original.ndim == 2 or original.shape[2] == 2) and _is_grey(frame):
        array = np.ascontiguousarray(array[..., 0])
    alpha = pixels.alpha_of(original)
    if alpha is not None and same_size and kind != "jpeg":
        array = np.dstack([array, alpha])
    wanted = b"GRAY" if array.ndim == 2 or array.shape[2] == 2 else b"RGB "
    if tags.icc[16:20] != wanted:
        chunks = tuple(c for c in tags.png_chunks if c[0] != b"iCCP")
        tags = replace(tags, icc=b"", png_chunks=chunks)
    return encode(array, kind, tags)


def tags_of(source: Picture) -> Tags:
    """What a picture says beside its pixels, with the orientation reset to upright.

    Args:
        source: The opened source.

    Returns:
        Its tags, and the encoder settings that can be told from the file.
    """
    image = source.image
    with contextlib.suppress(*pixels.DAMAGE):
        image.load()  # PNG and TIFF know some tags only then
    exif = upright(_raw_exif(source))
    chunks = _png_chunks(source.data) if source.kind == "png" else ()
    chunks = tuple((n, upright(b) if n == b"eXIf" else b) for n, b in chunks)
    icc = image.info.get("icc_profile") or b""
    packet = upright_packet(pixels.packet_of(source))
    return Tags(exif, icc, _dots(image), chunks, _settings(source), packet)


def upright(exif: bytes) -> bytes:
    """Reset the orientation inside EXIF bytes to 1 and leave every other byte alone.

    Args:
        exif: A TIFF structure; anything else comes back as it is.

    Returns:
        As many bytes.
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return exif
    patched = bytearray(exif)
    with contextlib.suppress(struct.error):
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            (tag,) = struct.unpack_from(order + "H", exif, entry)
            if tag == _ORIENTATION:
                struct.pack_into(order + "H", patched, entry + 8, 1)
    return bytes(patched)


def _dots(image: Image.Image) -> tuple[float, float] | None:
    """Dots an inch, across and down, where these are numbers that every kind of file can hold."""
    try:
        across, down = (float(one) for one in image.info.get("dpi") or ())
    except (TypeError, ValueError):  # none, or not of numbers
        return None
    told = 0 < across <= _MOST_DOTS and 0 < down <= _MOST_DOTS  # what is no number is not
    return (across, down) if told else None


def _raw_exif(source: Picture) -> bytes:
    if isinstance(source.image, TiffImagePlugin.TiffImageFile):
        exif = Image.Exif()
        for tag, value in source.image.tag_v2.items():
            if tag not in LAYOUT_TAGS and tag not in _DIRECTORIES:
                exif[tag] = value
        with contextlib.suppress(*pixels.DAMAGE):
            stored = source.image.getexif()
            for tag in _DIRECTORIES:
                if inner := stored.get_ifd(tag):
                    exif[tag] = {k: v for k, v in inner.items() if k != _INTEROPERABILITY}
        raw = _packed(exif)
    else:
        raw = source.image.info.get("exif") or _exif_of_text(source.image)
    return raw.removeprefix(b"Exif\0\0")


def _packed(exif: Image.Exif) -> bytes:
    """As bytes; without those tags of a damaged file whose values are of no type of theirs."""
    wrong = (*pixels.DAMAGE, AttributeError)  # Pillow asks no value what it is
    try:
        return exif.tobytes() if len(exif) else b""
    except wrong:
        whole = Image.Exif()
        for tag, value in exif.items():
            one = Image.Exif()
            one[tag] = value
            try:
                one.tobytes()
            except wrong:
                log.warning("EXIF tag %d is damaged and was left out", tag)
            else:
                whole[tag] = value
        return whole.tobytes() if len(whole) else b""


def _exif_of_text(image: Image.Image) -> bytes:
    """EXIF that ImageMagick once wrote into PNG as hexadecimal digits."""
    text = image.info.get("Raw profile type exif") if image.format == "PNG" else None
    if not isinstance(text, str):
        return b""
    with contextlib.suppress(ValueError):
        return bytes.fromhex("".join(text.split("\n")[3:]))
    return b""


def _png_chunks(data: bytes) -> tuple[tuple[bytes, bytes], ...]:
    found, place = [], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        name = data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + length]
        text = body.partition(b"\0")[0] if name in TEXT_CHUNKS else b""
        if name in _COPIED_CHUNKS and text not in _UNCOPIED_TEXT:
            found.append((name, body))
        place += 12 + length
    return tuple(found)


def _settings(source: Picture) -> dict[str, Any]:
    image = source.image
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        sampling = JpegImagePlugin.get_sampling(image)
        tables = {k: list(v) for k, v in image.quantization.items() if k < 2}
        return {"qtables": tables, "quality": -1, "subsampling": max(sampling, 0)}
    if source.kind == "webp" and b"VP8L" not in source.data[:64]:
        return {"lossless": False, "quality": 95, "method": 4}
    return {}


def _is_grey(frame: Frame) -> bool:
    red, green, blue = frame[..., 0], frame[..., 1], frame[..., 2]
    return bool((red == green).all() and (green == blue).all())


def _deepen(frame: Frame, original: NDArray[Any] | None) -> NDArray[np.uint16]:
    deep = frame.astype(np.uint16) * np.uint16(257)
    if original is None:
        return deep
    original = pixels.to_rgb(original)
    same = (pixels.to_eight(original) == frame).all(axis=2, keepdims=True)
    return np.where(same, original, deep).astype(np.uint16)
