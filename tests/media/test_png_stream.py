from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from multiplane.core.errors import InputError
from multiplane.media import banded, png_stream
from multiplane.media.encode import Tags, encode
from multiplane.media.images import read_frame
from multiplane.media.png import check, decode_plain
from multiplane.media.png_stream import write_png, write_png_strips


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 40),
    heights=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    seed=st.integers(0, 99),
)
def test_strips_come_back_as_one_picture(
    tmp_path_factory: pytest.TempPathFactory, width: int, heights: list[int], seed: int
) -> None:
    path = tmp_path_factory.mktemp("strips") / "a.png"
    rng = np.random.default_rng(seed)
    whole = rng.integers(0, 256, (sum(heights), width, 3), np.uint8)
    cuts = np.cumsum(heights)[:-1]
    size = write_png_strips(path, (width, len(whole)), iter(np.split(whole, cuts)))
    data = path.read_bytes()
    check(data)
    assert size == len(data)
    assert np.array_equal(decode_plain(data), whole)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image), whole)


def test_tags_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_png_strips(path, (2, 1), [np.zeros((1, 2, 3), np.uint8)], Tags(icc=b"x" * 200))
    with Image.open(path) as image:
        assert image.info["icc_profile"] == b"x" * 200
    assert read_frame(path).shape == (1, 2, 3)


def test_strips_that_do_not_fill_the_picture_leave_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    strip = np.zeros((3, 4, 3), np.uint8)
    for size, strips, fix in (
        ((4, 4), [strip], "4 rows together"),
        ((4, 2), [strip], "2 rows together"),
        ((5, 3), [strip], "5 pixels across"),
        ((4, 3), [strip.astype(np.uint16)], "4 pixels across"),
        ((0, 3), [], "smaller pictures"),
        ((2**31, 3), [], "smaller pictures"),
    ):
        with pytest.raises(InputError) as caught:
            write_png_strips(path, size, strips)  # type: ignore[arg-type]
        assert fix in caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_height(tmp_path: Path) -> None:
    strip = np.random.default_rng(0).integers(0, 256, (16, 500, 3), np.uint8)
    peaks = []
    for count in (80, 240):
        tracemalloc.start()
        write_png_strips(tmp_path / "a.png", (500, 16 * count), (strip for _ in range(count)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0] < strip.nbytes * 80 / 2


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 2), (9, 7, 3), (9, 7, 4)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_made_on_the_way_it_has_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, kind: type, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr(banded, "BAND_BYTES", 100)
    monkeypatch.setattr(png_stream, "_LARGE_BYTES", 0)
    array = np.random.default_rng(1).integers(0, 9, shape).astype(kind)
    tags = Tags(icc=b"x" * 200, text=(("Comment", "made up"),))
    file = io.BytesIO()
    write_png(file, banded.banded(array), tags)
    assert file.getvalue() == encode(array, "png", tags)
