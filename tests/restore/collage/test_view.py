from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.images import write_deep, write_frame, write_mask
from multiplane.media.levels import write_levels
from multiplane.restore.collage.view import chequers, read_shown, read_touched, read_view


@pytest.fixture
def frame() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (30, 44, 3), np.uint8)


def test_opaque_pictures_are_shown_as_they_are(tmp_path: Path, frame: np.ndarray) -> None:
    write_frame(tmp_path / "a.png", frame)
    view = read_view(tmp_path / "a.png")
    assert np.array_equal(view.frame, frame)
    assert (view.bits, view.transparent, view.notes) == (8, False, ())
    assert np.array_equal(read_shown(tmp_path / "a.png"), frame)
    write_levels(tmp_path / "b.png", frame, np.full((30, 44), 255, np.uint8))
    view = read_view(tmp_path / "b.png")
    assert np.array_equal(view.frame, frame)
    assert not view.transparent


def test_sixteen_bits_are_rounded(tmp_path: Path, frame: np.ndarray) -> None:
    deep = frame.astype(np.uint16) * 257
    deep[0, 0] = (128, 129, 65535)
    write_deep(tmp_path / "a.tif", deep)
    view = read_view(tmp_path / "a.tif")
    assert view.bits == 16
    assert view.frame[0, 0].tolist() == [0, 1, 255]
    assert np.array_equal(view.frame[1:], frame[1:])
    assert np.array_equal(read_shown(tmp_path / "a.tif"), view.frame)


@pytest.mark.parametrize("most", [255, 65535])
def test_transparent_pictures_show_the_ground(tmp_path: Path, frame: np.ndarray, most: int) -> None:
    kind = np.uint8 if most == 255 else np.uint16
    alpha = np.zeros((30, 44), kind)
    alpha[5:10] = most
    write_levels(tmp_path / "a.png", frame.astype(kind) * kind(most // 255), alpha)
    view = read_view(tmp_path / "a.png")
    assert view.transparent
    assert np.array_equal(view.frame[5:10], frame[5:10])
    assert np.array_equal(view.frame[10:, :, 0], chequers((44, 30), slice(10, 30)))
    assert np.array_equal(read_shown(tmp_path / "a.png"), view.frame)
    assert np.array_equal(read_touched(tmp_path / "a.png"), alpha > 0)


def test_without_alpha_everything_is_touched(tmp_path: Path) -> None:
    write_mask(tmp_path / "a.png", np.zeros((3, 4), np.bool_))
    assert read_touched(tmp_path / "a.png").tolist() == [[True] * 4] * 3


def test_fields_grow_with_the_picture_and_do_not_depend_on_the_rows() -> None:
    small, large = chequers((80, 64), slice(0, 64)), chequers((6400, 10), slice(0, 10))
    assert len(np.unique(small)) == 2
    assert (small[:8, :8] == small[0, 0]).all()
    assert small[0, 8] != small[0, 0] == small[8, 8]
    assert (large[0, :100] == large[0, 0]).all()
    assert np.array_equal(chequers((80, 64), slice(20, 40)), small[20:40])


def test_a_profile_goes_along_where_it_fits(tmp_path: Path, frame: np.ndarray) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(frame).save(tmp_path / "a.png", icc_profile=icc, dpi=(300, 300))
    tags = read_view(tmp_path / "a.png").tags
    assert tags.icc == icc
    assert tags.dpi is not None
    assert round(tags.dpi[0]) == 300
    assert [name for name, _ in tags.png_chunks] == [b"iCCP"]
    grey = bytearray(icc)
    grey[16:20] = b"GRAY"
    Image.fromarray(frame[..., 0]).save(tmp_path / "g.png", icc_profile=bytes(grey))
    tags = read_view(tmp_path / "g.png").tags
    assert (tags.icc, tags.png_chunks) == (b"", ())


def test_bad_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    for read in (read_view, read_shown, read_touched):
        with pytest.raises(DamagedFileError):
            read(tmp_path / "a.png")
        with pytest.raises(InputError):
            read(tmp_path / "b.png")
