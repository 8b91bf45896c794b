from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from multiplane.core.errors import OutputError
from multiplane.media import tiff
from multiplane.media.banded import Banded
from multiplane.media.tiff import encode_tiff, write_tiff

shapes = st.tuples(st.integers(1, 8), st.integers(1, 8)).flatmap(
    lambda s: st.sampled_from([s, (*s, 2), (*s, 3), (*s, 4)])
)


@settings(deadline=None)
@given(st.one_of(arrays(np.uint8, shapes), arrays(np.uint16, shapes)),
       st.sampled_from([b"", b"II*\0\x08\0\0\0\0\0", b"MM\0*\0\0\0\x08\0\0"]))  # fmt: skip
def test_another_reader_finds_the_same(array: np.ndarray[Any, Any], exif: bytes) -> None:
    data = encode_tiff(array, exif)
    assert data[:2] == (exif[:2] or b"II")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        assert np.array_equal(page.asarray(), array)
        channels = array.shape[2] if array.ndim == 3 else 1
        assert [int(one) for one in page.extrasamples] == ([2] if channels in {2, 4} else [])
        assert page.photometric.name == ("RGB" if channels > 2 else "MINISBLACK")


def test_a_large_picture_has_many_strips() -> None:
    array = np.random.default_rng(0).integers(0, 65536, (300, 700, 3)).astype(np.uint16)
    data = encode_tiff(array)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert len(file.pages[0].dataoffsets) > 3
        assert np.array_equal(file.pages[0].asarray(), array)


def test_it_says_what_it_is_told() -> None:
    data = encode_tiff(
        np.zeros((3, 4), np.uint8), icc=b"a profile", dpi=(300.5, 72), xmp=b"<a packet/>"
    )
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["icc_profile"] == b"a profile"
        assert image.info["xmp"] == b"<a packet/>"
        assert [float(d) for d in image.info["dpi"]] == [300.5, 72]


def test_what_no_offset_reaches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff, "_MOST_BYTES", 10)
    with pytest.raises(OutputError, match="4x3") as caught:
        encode_tiff(np.zeros((3, 4), np.uint8))
    assert caught.value.fix == "write it as .png"


def test_a_strip_is_made_at_a_time() -> None:
    array = np.random.default_rng(0).integers(0, 65536, (300, 700, 3)).astype(np.uint16)
    asked: list[int] = []

    def rows(part: slice) -> np.ndarray[Any, Any]:
        asked.append(part.stop - part.start)
        return array[part]

    file = io.BytesIO()
    write_tiff(file, Banded(array.shape, array.dtype, rows))
    assert file.getvalue() == encode_tiff(array)
    assert sum(asked) == 300 and max(asked) * array[0].nbytes <= 2**18
