"""From printing inks (CMYK) and CIELAB to sRGB: such numbers are no light that could be repaired.

Through the picture's own colour profile where it has a fitting one, by Little CMS; CMYK without
one by the plain rule of complements, which no press follows.
"""

from __future__ import annotations

import contextlib
import functools
import io

from PIL import Image, ImageCms

MODES = frozenset({"CMYK", "LAB"})
"""Pillow's names of what is converted here."""
_SPACES = {"CMYK": b"CMYK", "LAB": b"Lab "}
_DATE = slice(24, 36)


@functools.cache
def srgb_profile() -> bytes:
    """An sRGB profile; the same bytes at any time of day."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[_DATE] = bytes.fromhex("07d0 0001 0001 0000 0000 0000")
    return bytes(made)


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert a picture of inks or CIELAB.

    Args:
        image: Of one of the :data:`MODES`.

    Returns:
        The same in RGB.
    """
    transform = transform_of(image)
    if transform is None:
        return image.convert("RGB")
    return transform.apply(image)


def transform_of(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """What leads from a picture's numbers to sRGB; None where no profile says it.

    Args:
        image: Of one of the :data:`MODES`.
    """
    icc = image.info.get("icc_profile") or b""
    target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    if icc[16:20] == _SPACES[image.mode]:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            return ImageCms.buildTransform(source, target, image.mode, "RGB", intent, flags)
    if image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return ImageCms.buildTransform(lab, target, "LAB", "RGB", intent)
    return None
