from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from multiplane.core.errors import InputError, OutputError
from multiplane.media import images

sides = st.integers(1, 20)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round") / "a.png"


@given(st.tuples(sides, sides, st.just(3)).flatmap(lambda s: arrays(np.uint8, s)))
def test_frames_come_back(place: Path, frame: np.ndarray[Any, Any]) -> None:
    images.write_frame(place, frame)
    assert np.array_equal(images.read_frame(place), frame)


@given(st.tuples(sides, sides).flatmap(lambda s: arrays(np.bool_, s)))
def test_masks_come_back(place: Path, mask: np.ndarray[Any, Any]) -> None:
    images.write_mask(place, mask)
    assert np.array_equal(images.read_mask(place), mask)


@given(st.tuples(sides, sides).flatmap(lambda s: arrays(np.uint8, s)))
def test_maps_come_back(place: Path, values: np.ndarray[Any, Any]) -> None:
    images.write_map(place, values)
    assert np.array_equal(images.read_map(place), values)


@given(st.tuples(sides, sides).flatmap(
    lambda s: arrays(np.float32, s, elements=st.floats(0, 1, width=32))))  # fmt: skip
def test_alphas_come_back_to_half_a_level(place: Path, alpha: np.ndarray[Any, Any]) -> None:
    images.write_alpha(place, alpha)
    assert np.abs(images.read_alpha(place) - alpha).max() <= 0.5 / 255 + 1e-6


def test_a_cutout_is_straight(tmp_path: Path) -> None:
    frame = np.full((4, 5, 3), (200, 100, 50), np.uint8)
    alpha = np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5)
    images.write_cutout(tmp_path / "a.png", frame, alpha)
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "RGBA"
        assert (np.asarray(image)[..., :3] == frame).all()
    assert np.abs(images.read_alpha(tmp_path / "a.png") - alpha).max() <= 0.5 / 255 + 1e-6
    with pytest.raises(InputError, match="frame is 5x4, alpha is 5x3") as caught:
        images.write_cutout(tmp_path / "a.png", frame, alpha[:3])
    assert "resize" in caught.value.fix


def test_a_16_bit_alpha_keeps_its_precision(tmp_path: Path) -> None:
    deep = np.full((3, 3, 3), 12345, np.uint16)
    images.write_deep(tmp_path / "a.png", deep)
    assert np.allclose(images.read_alpha(tmp_path / "a.png"), 12345 / 65535, atol=1e-6)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16"])
def test_masks_of_any_kind(tmp_path: Path, mode: str) -> None:
    grey = np.zeros((4, 6), np.uint8)
    grey[:, 3:] = 255
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(grey).convert("RGB").convert(mode)
    image.save(tmp_path / "a.png")
    assert np.array_equal(images.read_mask(tmp_path / "a.png"), grey > 0)


def test_threshold(tmp_path: Path) -> None:
    images.write_map(tmp_path / "a.png", np.array([[127, 128, 200]], np.uint8))
    assert images.read_mask(tmp_path / "a.png").tolist() == [[False, True, True]]
    assert images.read_mask(tmp_path / "a.png", 200).tolist() == [[False, False, True]]


@pytest.mark.parametrize("suffix", sorted(images.SUFFIXES))
def test_every_suffix_is_written(tmp_path: Path, suffix: str) -> None:
    frame = np.full((16, 16, 3), (10, 120, 230), np.uint8)
    images.write_frame(tmp_path / f"a{suffix.upper()}", frame)
    assert np.abs(images.read_frame(tmp_path / f"a{suffix.upper()}").astype(int) - frame).max() < 3


def test_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in '\.psd'") as caught:
        images.write_frame(tmp_path / "a.psd", np.zeros((2, 2, 3), np.uint8))
    assert caught.value.fix == "name it a.png"


@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a", "a.png.webp"])
def test_what_is_png_is_called_so(tmp_path: Path, name: str) -> None:
    grey = np.zeros((2, 2), np.float32)
    writers: list[Any] = [
        lambda path: images.write_mask(path, grey > 0),
        lambda path: images.write_alpha(path, grey),
        lambda path: images.write_cutout(path, np.zeros((2, 2, 3), np.uint8), grey),
        lambda path: images.write_map(path, grey.astype(np.uint8)),
    ]
    for write in writers:
        with pytest.raises(InputError, match=rf"{name} ends in .*, wanted '\.png'") as caught:
            write(tmp_path / name)
        assert caught.value.fix == f"name it {Path(name).stem}.png"
        write(tmp_path / "a.PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["a.PNG"]


def test_an_alpha_of_transparent_grey(tmp_path: Path) -> None:
    grey = np.array([[10, 50, 200]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.png", transparency=50)
    assert images.read_alpha(tmp_path / "a.png").tolist() == [[1, 0, 1]]


def test_sixteen_bits_need_png_or_tiff(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot hold 16 bits") as caught:
        images.write_deep(tmp_path / "a.jpg", np.zeros((2, 2, 3), np.uint16))
    assert "a.png or a.tif" in caught.value.fix
    with pytest.raises(InputError, match="wanted uint16") as caught:
        images.write_deep(tmp_path / "a.png", np.zeros((2, 2), np.uint16))
    assert "write_frame" in caught.value.fix


def test_what_is_not_a_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="frame is float64"):
        images.write_frame(tmp_path / "a.png", np.zeros((2, 2, 3)))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="mask is uint8"):
        images.write_mask(tmp_path / "a.png", np.zeros((2, 2), np.uint8))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="map is int64") as caught:
        images.write_map(tmp_path / "a.png", np.zeros((2, 2), np.int64))  # type: ignore[arg-type]
    assert "astype" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_and_leaves_what_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.png"
    place.write_bytes(b"old")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="no space left") as caught:
        images.write_frame(place, np.zeros((2, 2, 3), np.uint8))
    assert "free some space" in caught.value.fix
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


def test_size_without_decoding(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[274] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg", exif=tags)
    assert images.picture_size(tmp_path / "a.jpg") == (20, 30)


def test_listing_is_natural(tmp_path: Path) -> None:
    for name in ("frame10.png", "frame2.PNG", "frame1.jpg", ".part-1-frame3.png", ".hidden.png",
                 "notes.txt"):  # fmt: skip
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    names = [p.name for p in images.list_images(tmp_path)]
    assert names == ["frame1.jpg", "frame2.PNG", "frame10.png"]


def test_listing_what_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be listed: no such file") as caught:
        images.list_images(tmp_path / "no")
    assert "give a folder" in caught.value.fix


@given(st.lists(st.integers(0, 10**6), unique=True, max_size=20), st.booleans())
def test_numbers_sort_as_numbers(numbers: list[int], pad: bool) -> None:
    names = [f"shot 3 frame{n:07d}.png" if pad else f"shot 3 frame{n}.png" for n in numbers]
    ordered = sorted(names, key=images.natural_key)
    assert [int(n.split("frame")[1][:-4]) for n in ordered] == sorted(numbers)


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_names_can_be_ordered(names: list[str]) -> None:
    once = sorted(names, key=images.natural_key)
    assert sorted(reversed(names), key=images.natural_key) == once
