from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from multiplane.media import encode
from multiplane.media.png import encode_png


def test_tags_are_put_in_a_png() -> None:
    tags = encode.Tags(exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0", icc=b"profile", dpi=(300, 300))
    data = encode.add_png_tags(encode_png(np.zeros((2, 2), np.uint8)), tags)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.info["icc_profile"] == b"profile"
        assert round(image.info["dpi"][0]) == 300
        assert image.info["exif"].endswith(tags.exif)


def test_chunks_are_not_doubled() -> None:
    chunk = (b"iCCP", b"old\0\0" + zlib.compress(b"old"))
    tags = encode.Tags(icc=b"new", png_chunks=(chunk,))
    data = encode.add_png_tags(encode_png(np.zeros((2, 2), np.uint8)), tags)
    assert data.count(b"iCCP") == 1


def test_nothing_to_add_changes_nothing() -> None:
    data = encode_png(np.zeros((2, 2), np.uint8))
    assert encode.add_png_tags(data, encode.NO_TAGS) == data


@pytest.mark.parametrize("kind", ["webp", "tiff", "bmp"])
def test_other_kinds_are_exact_too(kind: str) -> None:
    array = np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype(np.uint8)
    with Image.open(io.BytesIO(encode.encode(array, kind))) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), array)
