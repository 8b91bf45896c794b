"""Colours as a browser shows them: through the picture's profile into sRGB.

Browsers paint what has no profile as sRGB. Turning numbers here, each by itself, keeps what is
the same in two pictures the same on the page, and needs no profile inside each of hundreds of
small pictures.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_SRGB = "srgb"


class Screen:
    """Turns the numbers of one picture into sRGB.

    Attributes:
        note: What was done to the colours, for whoever looks; empty: nothing.
    """

    def __init__(self, icc: bytes) -> None:
        """Make the transform.

        Args:
            icc: The picture's RGB profile; empty: its numbers are taken for sRGB.
        """
        self.note = ""
        self._transform: Any = None
        if not icc:
            return
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            name = ImageCms.getProfileDescription(profile).strip()
            if _SRGB in name.lower():
                return
            self._transform = ImageCms.buildTransform(
                profile,
                ImageCms.createProfile("sRGB"),
                "RGB",
                "RGB",
                ImageCms.Intent.RELATIVE_COLORIMETRIC,
                ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            self.note = "The colour profile cannot be read; this page shows the numbers as sRGB."
            return
        self.note = f"This page shows the colours of the profile {name} in sRGB."

    def show(self, colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn colours; the same number becomes the same number wherever it stands.

        Args:
            colours: uint8 (..., 3) RGB.

        Returns:
            The same shape.
        """
        if self._transform is None or not colours.size:
            return colours
        rows = colours.reshape(-1, colours.shape[-2] if colours.ndim > 2 else len(colours), 3)
        image = Image.fromarray(np.ascontiguousarray(rows))
        turned = ImageCms.applyTransform(image, self._transform)
        return np.asarray(turned).reshape(colours.shape)
