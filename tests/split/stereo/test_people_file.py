from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stereo_film import person

from multiplane.core.arrays import Mask
from multiplane.core.errors import InputError
from multiplane.split.stereo.people_file import (
    Disagreement,
    FramePeople,
    Pair,
    read_people,
    write_people,
)

EYE, WORK = (40, 40), (20, 20)


def blob(x: int) -> Mask:
    mask = np.zeros((20, 20), np.bool_)
    mask[4:12, x : x + 5] = True
    return mask


FRAMES = [
    FramePeople(
        7,
        ((person(blob(3)), person(blob(9), 2, 0.5)), (person(blob(2)),)),
        (
            Pair(1, 0.9712, 0.7, (0.9, 0.8), "transfer", [0.1, 0.0, 0.25]),
            Pair(2, None, None, (0.5, 0), hidden="right"),
        ),
    ),
    FramePeople(8, ((), ())),
]
TOLD = [Disagreement(7, 1, 0.61, (0.9, 0.8), "right", "the pictures", "transfer", 0.9712)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_people(tmp_path / "people.json", (EYE, WORK), iter(FRAMES), TOLD)
    return tmp_path / "people.json"


def test_what_is_written_is_read(path: Path) -> None:
    file = read_people(path)
    assert (file.eye_size, file.work_size) == (EYE, WORK)
    assert list(file.frames()) == FRAMES
    assert list(file.frames()) == FRAMES  # as often as one likes
    assert list(file.disagreements()) == [TOLD[0].to_json()]


def test_it_is_json_with_a_line_a_frame(path: Path) -> None:
    raw = json.loads(path.read_text())
    assert raw["version"] == 1
    first = raw["frames"][0]
    assert first["index"] == 7
    assert first["eyes"][0][0]["box_xyxy"] == [6, 8, 16, 24]  # px of the full eye
    assert first["eyes"][0][0]["rle"]["size"] == [20, 20]
    assert first["pairs"][0]["corrected"] == "transfer"
    assert raw["disagreements"][0]["did"] == "transfer"
    assert len(path.read_text().splitlines()) == 1 + len(FRAMES) + 1 + len(TOLD) + 1


def test_one_eye_and_nobody(tmp_path: Path) -> None:
    path = tmp_path / "mono.json"
    frames = [FramePeople(0, ((person(blob(1)),),)), FramePeople(1, ((),))]
    write_people(path, (EYE, WORK), frames)
    assert list(read_people(path).frames()) == frames
    write_people(path, (EYE, WORK), [])
    assert list(read_people(path).frames()) == []
    assert list(read_people(path).disagreements()) == []


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> Any:
        yield FRAMES[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_people(tmp_path / "people.json", (EYE, WORK), broken())
    assert list(tmp_path.iterdir()) == []


def mangled(path: Path, old: str, new: str) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version": 1', '"version": 2'),
        ('"eye_size": [40, 40]', '"eye_size": [40, 4e9]'),
        ('"work_size": [20, 20]', '"work_size": [999999, 999999]'),
        ('{"version"', '["version"'),
        ('"frames": [', '"frames": ['.upper()),
    ],
)
def test_another_head_is_refused(path: Path, old: str, new: str) -> None:
    with pytest.raises(InputError, match="that split.stereo wrote".replace(".", r"\.")) as told:
        read_people(mangled(path, old, new))
    assert "--retry-failed" in told.value.fix


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"index": 8', '"index": 7'),
        ('"index": 7', '"index": "x"'),
        ('"rle": {"size": [20, 20]', '"rle": {"size": [99999, 99999]'),
        ('"id": 1', '"id": 0'),
        ('"score": 0.9', '"score": 7'),
        ('"eyes": [[{', '"eyes": [[], [], [{'),
        ('"pairs"', '"pear"'),
        ('"counts": "', '"counts": "!'),
        ('"scores": [0.9, 0.8]', '"scores": [0.9]'),
        ('{"index": 8', '{"index": 8,,'),
    ],
)
def test_another_line_is_refused(path: Path, old: str, new: str) -> None:
    with pytest.raises(InputError):
        list(read_people(mangled(path, old, new)).frames())


def test_files_that_break_off(path: Path) -> None:
    whole = path.read_text()
    path.write_text(whole[: whole.index('"index": 8')])
    with pytest.raises(InputError, match="breaks off"):
        list(read_people(path).frames())
    with pytest.raises(InputError, match="cannot read") as told:
        read_people(path.with_name("none.json"))
    assert "--retry-failed" in told.value.fix
