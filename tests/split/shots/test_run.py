from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from multiplane.core.errors import InputError
from multiplane.core.items import Item, Record
from multiplane.media.images import read_frame
from multiplane.split.shots.config import ShotsOptions
from multiplane.split.shots.run import Shots


def run(source: Path, root: Path, options: ShotsOptions | None = None) -> Record:
    item = Item("clip", root, "split.shots", {"source": (str(source),)})
    return pickle.loads(pickle.dumps(Shots())).open(options or ShotsOptions()).work(item)


def test_a_video_becomes_a_plane_a_shot(scene, film, tmp_path) -> None:
    frames = scene(1, 12) + scene(2, 10)
    record = run(film(frames), tmp_path / "run")
    assert [planes.id for planes in record.outputs] == ["clip/0001", "clip/0002"]
    second = record.outputs[1]
    assert second.files["frames"][0] == "split.shots/frames/clip/000012.png"
    assert second.data == {
        "clip": "clip",
        "rate": "25/1",
        "times": [round(n * 0.04, 6) for n in range(12, 22)],
        "indices": list(range(12, 22)),
        "size": [64, 48],
    }
    for number, name in enumerate(second.files["frames"], start=12):
        assert np.array_equal(read_frame(tmp_path / "run" / name), frames[number])
    assert record.figures["frames"] == 22
    assert record.figures["bad_files"] == []


def test_doing_it_again_gives_the_same_bytes(scene, film, tmp_path) -> None:
    path = film(scene(1, 12) + scene(2, 10))
    first, second = run(path, tmp_path / "a"), run(path, tmp_path / "b")
    assert first.outputs == second.outputs
    assert first.figures == second.figures
    for planes in first.outputs:
        for name in planes.files["frames"]:
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_frames_of_different_sizes_become_shots_of_their_own(scene, tmp_path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, frame in enumerate(scene(1, 6)):
        part = frame if number < 4 else frame[:24]
        Image.fromarray(part).save(folder / f"{number}.png")
    record = run(folder, tmp_path / "run")
    assert [planes.data["size"] for planes in record.outputs] == [[64, 48], [64, 24]]
    assert record.outputs[0].files["frames"] == tuple(str(folder / f"{n}.png") for n in range(4))
    assert record.outputs[0].data["rate"] is None
    assert record.outputs[0].data["times"] == []
    assert not (tmp_path / "run").exists()


def test_unrelated_pictures_are_shots_of_one(scene, tmp_path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(scene(number, 1)[0]).save(folder / f"{number}.png")
    record = run(folder, tmp_path / "run")
    assert [len(planes.files["frames"]) for planes in record.outputs] == [1, 1, 1, 1]


def test_a_grey_picture_gets_a_copy_and_the_figures_say_so(tmp_path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("L", (9, 7), 90).save(folder / "grey.png")
    record = run(folder, tmp_path / "run")
    (name,) = record.outputs[0].files["frames"]
    assert name == "split.shots/frames/clip/grey.png"
    assert (read_frame(tmp_path / "run" / name) == 90).all()
    assert record.figures["normalised"] == ["grey.png"]


@pytest.mark.parametrize("content", [b"", b"not a video at all"], ids=["empty", "text"])
def test_what_is_no_video_fails(tmp_path, content: bytes) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        run(path, tmp_path / "run")
    assert caught.value.fix
