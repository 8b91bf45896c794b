"""Pictures at their own depth, in and out, to the bit.

What a restoration did not touch must come back as it was: so 16 bits stay 16, alpha stays, and a
grey picture stays grey as long as its pixels are.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms, TiffImagePlugin

from multiplane.core.arrays import check_same_size
from multiplane.core.atomic import write_beside
from multiplane.core.errors import InputError
from multiplane.core.items import Json
from multiplane.media import inks, pixels, preserve
from multiplane.media.banded import Banded, banded
from multiplane.media.encode import KINDS, NO_TAGS, Tags, encode
from multiplane.media.ifd import without_thumbnail
from multiplane.media.pixels import MAX_PIXELS, Picture
from multiplane.media.png_stream import write_png
from multiplane.media.tiff import write_tiff
from multiplane.media.xmp import merge

EXACT = {"png": (8, 16), "tiff": (8, 16), "webp": (8,), "bmp": (8,)}
"""Kinds of pictures that lose nothing when we write them, and the depths they hold."""
_NO_ALPHA = frozenset({"bmp"})
_ORIENTATION, _EXTRA_SAMPLES, _PREMULTIPLIED = 274, 338, 1
_WITHOUT_COLOUR = frozenset({"1", "L", "LA", "La", "I", "F"})


@dataclass(frozen=True)
class Original:
    """A picture at its own depth, upright.

    Attributes:
        levels: uint8 or uint16 (H, W, 3) RGB, as the file codes it; grey is repeated.
        alpha: (H, W) of the same dtype, straight; None when it has none.
        bits: 8 or 16 a channel.
        kind: ``png``, ``jpeg``, ``webp``, ``tiff`` or ``bmp``, by content.
        profile_name: What its colour profile calls itself; None without one.
        turned: The EXIF orientation that was applied, 1 to 8.
        stored_size: (W, H) as it lies in the file.
        grey: Whether the file holds no colour.
        tags: What it says beside its pixels, orientation reset.
        notes: What else happened to it on the way in, in words.
        converted: That of the notes which changed colours everywhere; empty when none did.
    """

    levels: NDArray[Any]
    alpha: NDArray[Any] | None
    bits: int
    kind: str
    profile_name: str | None
    turned: int
    stored_size: tuple[int, int]
    grey: bool
    tags: Tags
    notes: tuple[str, ...]
    converted: str = ""


def read_levels(path: Path | str, max_pixels: int = MAX_PIXELS) -> Original:
    """Read a picture at its own depth.

    Fewer than 8 bits become 8, 12 become 16, a palette is looked up, CMYK and CIELAB become sRGB;
    what was changed that way is told in notes. The EXIF orientation is applied. Otherwise
    numbers are the file's own.

    Args:
        path: PNG, JPEG, WebP, TIFF or BMP.
        max_pixels: Larger pictures are refused before they are decoded.

    Returns:
        The picture.

    Raises:
        InputError: No such file, too large, or more than 16 bits a channel.
        DamagedFileError: Empty, cut off, or not a picture.
    """
    picture = pixels.open_picture(Path(path), max_pixels)
    turned, stored_size = _turned(picture)
    notes = [note for note in (_pages(picture),) if note]
    array = pixels.decode(picture)
    array, divided = _straight(array, picture)
    notes += [divided] if divided else []
    tags, found = _carried(picture)
    inked = found[0] if picture.image.mode in inks.MODES else ""
    alpha = pixels.alpha_of(array)
    return Original(
        levels=pixels.to_rgb(array),
        alpha=None if alpha is None else np.ascontiguousarray(alpha),
        bits=8 * array.dtype.itemsize,
        kind=picture.kind,
        profile_name=_profile_name(tags.icc),
        turned=turned,
        stored_size=stored_size,
        grey=_is_grey(picture),
        tags=tags,
        notes=(*notes, *found),
        converted=inked or divided,
    )


def write_levels(
    path: Path | str,
    levels: NDArray[Any],
    alpha: NDArray[Any] | None = None,
    like: Original | Path | str | None = None,
    xmp: Mapping[str, Json] | None = None,
    text: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Write a picture so that it reads back to the bit; the suffix of the path says as what.

    With ``like`` the file carries over EXIF, profile, resolution and XMP. When that was grey and
    the levels still are, it is written grey; with an alpha in a TIFF of 16 bits as RGBA.

    Args:
        path: Where to; .png, .tif, .tiff, .webp or .bmp. WebP and BMP hold 8 bits, BMP no alpha
            and nothing beside the pixels but the resolution.
        levels: uint8 or uint16 (H, W, 3) RGB.
        alpha: (H, W) of the same dtype, straight; None for none.
        like: What it was made from; an :class:`Original` saves reading it again.
        xmp: What to state in its XMP, see :func:`multiplane.media.xmp.build`.
        text: Keyword → text, shown by readers of PNG; left out of other kinds.

    Returns:
        What could not be carried over, in words.

    Raises:
        InputError: Levels or alpha of another dtype or shape, or a suffix that cannot hold them
            exactly; ``like`` cannot be read.
        OutputError: The place cannot be written, or the disk is full.
    """
    _check(levels, alpha)
    return write_banded(path, banded(levels, alpha), like, xmp, text)


def write_banded(
    path: Path | str,
    picture: Banded,
    like: Original | Path | str | None = None,
    xmp: Mapping[str, Json] | None = None,
    text: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Write a picture that is made while it is written; see :func:`write_levels`.

    Args:
        path: Where to; as there.
        picture: uint8 or uint16 (H, W, 3) RGB or (H, W, 4) RGBA, straight.
        like: As there.
        xmp: As there.
        text: As there.

    Returns:
        What could not be carried over, in words.

    Raises:
        InputError: A suffix that cannot hold it exactly; ``like`` cannot be read.
        OutputError: The place cannot be written, or the disk is full.
    """
    path = Path(path)
    kind = _kind_for(path, picture)
    tags, grey, notes = NO_TAGS, False, []
    if isinstance(like, Original):
        tags, grey = like.tags, like.grey
    elif like is not None:
        most = max(MAX_PIXELS, picture.shape[0] * picture.shape[1])
        opened = pixels.open_picture(Path(like), most)
        tags, grey = _carried(opened)[0], _is_grey(opened)
    if grey and all(_has_no_colour(part) for part in picture.bands()):
        picture = picture.picked(0, *range(3, picture.shape[2]))
    tags, note = _fitting(tags, picture, kind)
    notes += [note] if note else []
    tags, note = _told(tags, xmp, text)
    notes += [note] if note else []
    with write_beside(path) as part, part.open("wb") as file:
        if kind == "tiff":
            if picture.dtype == np.uint16 and picture.shape[2:] == (2,):
                picture = picture.picked(0, 0, 0, 1)  # no reader of ours takes it otherwise
            write_tiff(file, picture, tags.exif, tags.icc, tags.dpi, tags.xmp)
        elif kind == "png":
            write_png(file, picture, tags)
        else:
            file.write(encode(picture.whole(), kind, tags))
    return tuple(notes)


def _check(levels: NDArray[Any], alpha: NDArray[Any] | None) -> None:
    """Refuse what is no picture.

    Raises:
        InputError: Levels or alpha of another dtype or shape.
    """
    if (
        levels.dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}
        or levels.ndim != 3
        or levels.shape[2] != 3
    ):
        raise InputError(
            f"levels are {levels.dtype} {levels.shape}, wanted uint8 or uint16 (H, W, 3)",
            why="they are written as they are",
            fix="levels = np.rint(values).clip(0, 255).astype(np.uint8)",
        )
    if alpha is not None:
        check_same_size(levels, alpha, ("levels", "alpha"))
        if alpha.dtype != levels.dtype or alpha.ndim != 2:
            raise InputError(
                f"alpha is {alpha.dtype} {alpha.shape}, wanted {levels.dtype} (H, W)",
                why="all channels of a file have one depth",
                fix="alpha = np.rint(share * np.iinfo(levels.dtype).max).astype(levels.dtype)",
            )


def _kind_for(path: Path, picture: Banded) -> str:
    """What kind of file it shall be.

    Raises:
        InputError: It cannot hold that.
    """
    kind = KINDS.get(path.suffix.lower(), "")
    bits, clear = 8 * picture.dtype.itemsize, picture.shape[2] == 4
    if bits not in EXACT.get(kind, ()) or (clear and kind in _NO_ALPHA):
        channels = "RGBA" if clear else "RGB"
        raise InputError(
            f"{path.name} cannot hold {bits} bits of {channels} to the bit",
            why="what was not repaired must come back as it was",
            fix=f"name it {path.stem}.png",
        )
    return kind


def _turned(picture: Picture) -> tuple[int, tuple[int, int]]:
    """The orientation, and (W, H) as the file has it, before Pillow turns a TIFF by itself."""
    image = picture.image
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        found = image.tag_v2.get(_ORIENTATION, 1)
        width, height = image.tag_v2.get(256, 0), image.tag_v2.get(257, 0)
        return _orientation(found), (int(width), int(height))
    found = 1
    with contextlib.suppress(*pixels.DAMAGE):
        found = image.getexif().get(_ORIENTATION, 1)
    return _orientation(found), image.size


def _orientation(found: object) -> int:
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _pages(picture: Picture) -> str:
    count = 1
    with contextlib.suppress(*pixels.DAMAGE):
        count = int(getattr(picture.image, "n_frames", 1))
    return f"the first of its {count} pictures was taken" if count > 1 else ""


def _straight(array: NDArray[Any], picture: Picture) -> tuple[NDArray[Any], str]:
    """Divide colour by alpha where a TIFF holds it multiplied; Pillow has done so at 8 bits."""
    image = picture.image
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or pixels.alpha_of(array) is None:
        return array, ""
    extra = image.tag_v2.get(_EXTRA_SAMPLES, ())
    if _PREMULTIPLIED not in (extra if isinstance(extra, tuple) else (extra,)):
        return array, ""
    if picture.bits > 8:
        most = np.iinfo(array.dtype).max
        alpha = array[..., -1:].astype(np.uint32)
        colour = array[..., :-1].astype(np.uint32) * most + alpha // 2
        colour = np.minimum(colour // np.maximum(alpha, 1), most)
        array = np.concatenate([colour.astype(array.dtype), array[..., -1:]], axis=2)
    return array, "its colour was multiplied by its alpha, and was divided by it"


def _carried(picture: Picture) -> tuple[Tags, list[str]]:
    """What goes into the new file, and notes on colours that were converted."""
    tags = preserve.tags_of(picture)
    tags = replace(tags, settings={}, exif=without_thumbnail(tags.exif))
    mode = picture.image.mode
    if mode not in inks.MODES:
        if tags.icc and tags.icc[16:20] not in {b"RGB ", b"GRAY"}:
            return replace(tags, icc=b""), ["its colour profile fits another kind of picture"]
        if tags.icc and _profile_name(tags.icc) is None:
            return tags, ["its colour profile cannot be read; it was carried over unread"]
        return tags, []
    name = "CMYK" if mode == "CMYK" else "CIELAB"
    if inks.transform_of(picture.image) is None:
        note = f"converted from {name} to RGB by the plain rule: it has no profile that fits"
        return replace(tags, icc=b""), [note]
    through = _profile_name(tags.icc) if tags.icc else None
    note = f"converted from {name} to sRGB" + (f" through its profile {through}" if through else "")
    return replace(tags, icc=inks.srgb_profile()), [note]


def _profile_name(icc: bytes) -> str | None:
    if not icc:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        name = ImageCms.getProfileDescription(profile).strip()
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return name or "without a name"


def _is_grey(picture: Picture) -> bool:
    if picture.kind == "png":
        return picture.data[25] in {0, 4}  # its colour type
    mode = picture.image.mode
    return mode in _WITHOUT_COLOUR or mode.startswith("I;")


def _has_no_colour(levels: NDArray[Any]) -> bool:
    red, green, blue = levels[..., 0], levels[..., 1], levels[..., 2]
    return bool(np.array_equal(red, green) and np.array_equal(green, blue))


def _fitting(tags: Tags, picture: Banded, kind: str) -> tuple[Tags, str]:
    """Leave out a profile that is for grey where there is colour, or the other way round."""
    channels = picture.shape[2] if len(picture.shape) == 3 else 1
    grey = channels < 3 and not (channels == 2 and kind == "tiff" and picture.dtype == np.uint16)
    if not tags.icc or tags.icc[16:20] == (b"GRAY" if grey and kind != "webp" else b"RGB "):
        return tags, ""
    chunks = tuple(c for c in tags.png_chunks if c[0] != b"iCCP")
    had, became = ("colour", "grey") if grey else ("grey", "colour")
    note = f"its profile for {had} was left out, as it is written as {became}"
    return replace(tags, icc=b"", png_chunks=chunks), note


def _told(
    tags: Tags, stated: Mapping[str, Json] | None, text: Mapping[str, str] | None
) -> tuple[Tags, str]:
    """Add what shall be said about the picture."""
    note = ""
    if stated:
        packet, note = merge(tags.xmp, stated)
        tags = replace(tags, xmp=packet)
    return replace(tags, text=tuple((text or {}).items())), note
