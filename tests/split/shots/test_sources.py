from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from multiplane.core.errors import InputError
from multiplane.media.video import open_clip
from multiplane.split.shots.sources import (
    Findings,
    folder_pictures,
    pictures_of,
    video_pictures,
)


def save(path: Path, mode: str = "RGB", size: tuple[int, int] = (8, 6), **more) -> Path:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).convert(mode).save(
        path, **more
    )
    return path


def bomb(path: Path) -> Path:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    return path


def read(folder: Path) -> tuple[list, Findings]:
    findings = Findings()
    paths = pictures_of(folder)
    assert paths is not None
    return list(folder_pictures(paths, findings)), findings


def test_plain_pictures_are_used_where_they_are_in_natural_order(tmp_path) -> None:
    for number in (10, 9, 1):
        save(tmp_path / f"shot{number}.png")
    save(tmp_path / "shot2.jpg")
    found, findings = read(tmp_path)
    assert [p.stem for p in found] == ["shot1", "shot2", "shot9", "shot10"]
    assert found[0].own == str(tmp_path / "shot1.png")
    assert [p.index for p in found] == [0, 1, 2, 3]
    assert findings.normalised == []
    assert findings.bad_files == []


def test_other_kinds_get_a_copy(tmp_path) -> None:
    save(tmp_path / "grey.png", "L")
    save(tmp_path / "palette.png", "P")
    save(tmp_path / "rgba.png", "RGBA")
    turned = Image.Exif()
    turned[0x0112] = 6
    save(tmp_path / "turned.jpg", exif=turned)
    Image.fromarray(np.full((6, 8), 40_000, np.uint16)).save(tmp_path / "deep.png")
    save(tmp_path / "plain.png")
    found, findings = read(tmp_path)
    assert {p.stem for p in found if p.own} == {"plain"}
    assert findings.normalised == ["deep.png", "grey.png", "palette.png", "rgba.png", "turned.jpg"]
    sizes = {p.stem: p.frame.shape for p in found}
    assert sizes["turned"] == (8, 6, 3)
    assert set(sizes.values()) == {(8, 6, 3), (6, 8, 3)}


def test_each_bad_file_is_noted_and_the_rest_goes_on(tmp_path) -> None:
    save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("I am no picture")
    (tmp_path / "c.png").touch()
    bomb(tmp_path / "d.png")
    whole = save(tmp_path / "e.png", size=(64, 64)).read_bytes()
    (tmp_path / "e.png").write_bytes(whole[: len(whole) // 2])
    save(tmp_path / "f.png")
    found, findings = read(tmp_path)
    assert [p.stem for p in found] == ["a", "f"]
    assert [p.index for p in found] == [0, 5]
    assert [bad["file"] for bad in findings.bad_files] == ["b.png", "c.png", "d.png", "e.png"]
    words = ["not a picture", "empty", "900 megapixels", "damaged"]
    for bad, word in zip(findings.bad_files, words, strict=True):
        assert word in bad["what"]
        assert bad["why"]
        assert bad["fix"]


def test_none_that_can_be_read_is_an_error(tmp_path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(InputError, match=r"a\.png is empty"):
        read(tmp_path)
    (tmp_path / "b.png").touch()
    with pytest.raises(InputError, match=r"none of the 2 pictures can be read; .*a\.png") as caught:
        read(tmp_path)
    assert caught.value.fix.startswith("copy or export it again")


def test_an_empty_folder_is_an_error(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no pictures") as caught:
        pictures_of(tmp_path)
    assert "PNG" in caught.value.why
    assert "give the folder that directly holds them" in caught.value.fix


def test_what_is_not_there_is_an_error(tmp_path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        pictures_of(tmp_path / "nothing")
    assert caught.value.fix == f"check the spelling: ls {tmp_path}"


def test_one_picture_is_a_source(tmp_path) -> None:
    path = save(tmp_path / "one.webp", lossless=True)
    assert pictures_of(path) == [path]


def test_names_that_differ_in_suffix_only_are_told_apart(tmp_path) -> None:
    save(tmp_path / "a.png")
    save(tmp_path / "a.jpg")
    found, _ = read(tmp_path)
    assert len({p.stem for p in found}) == 2
    assert [p.own for p in found] == [None, None]


def test_times_are_the_videos_own(scene, film) -> None:
    times = [0, 40, 120, 130, 500]
    clip = open_clip(film(scene(1, 5), times))
    found = list(video_pictures(clip, 0, None, Findings()))
    assert [round(p.time_s * 1000) for p in found] == times
    assert np.array_equal(found[3].frame, scene(1, 5)[3])


def test_start_and_stop(scene, film) -> None:
    clip = open_clip(film(scene(1, 20)))
    found = list(video_pictures(clip, 0.2, 0.4, Findings()))
    assert [p.index for p in found] == [5, 6, 7, 8, 9]
    assert found[0].stem == "000005"


def test_no_frame_in_the_time_wanted(scene, film) -> None:
    clip = open_clip(film(scene(1, 5)))
    with pytest.raises(InputError, match="no frame between 9 s and its end") as caught:
        list(video_pictures(clip, 9, None, Findings()))
    assert caught.value.fix == "choose another start_s and stop_s"


def test_frames_up_to_the_damage_are_kept(scene, film) -> None:
    path = film(scene(1, 40))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    findings = Findings()
    found = list(video_pictures(open_clip(path), 0, None, findings))
    assert 10 < len(found) < 30
    (bad,) = findings.bad_files
    assert bad["file"] == "film.mkv"
    assert bad["why"]
    assert bad["fix"]
