from __future__ import annotations

import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle_people import Film, OraclePeople, film
from stereo_film import leg, near_scene
from stereo_scene import Scene, write_clip

from multiplane.core.config import parse_options
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json, Record
from multiplane.engine.stages import find_stage, options_model
from multiplane.hub import weights
from multiplane.media.clip import open_clip
from multiplane.media.matte_video import read_mattes
from multiplane.split.stereo.config import StereoOptions
from multiplane.split.stereo.edges_config import EdgesOptions
from multiplane.split.stereo.matter import Footage, Matter
from multiplane.split.stereo.people_file import read_people
from multiplane.split.stereo.run import Stereo, StereoWorker, matte_pairs

EDGES = EdgesOptions(edge_px=3)
RATE = Fraction(5)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "walk.mkv"
    scene = near_scene(size=192)
    return write_clip(path, scene, frames=5, rate=RATE, vfr=True, sound_tracks=0, codec="ffv1")


@pytest.fixture(scope="module")
def known(clip: Path) -> Film:
    from stereo_scene import times_of  # noqa: PLC0415

    return film(near_scene(size=192), [float(t) for t in times_of(5, RATE, vfr=True)])


def item(root: Path, clip: Path, known: Film, first: int = 0, stop: int = 5, **more: Any) -> Item:
    data: dict[str, Json] = {
        "clip": "walk",
        "chunk": {"index": 0, "count": 1, "first": first, "start": first, "stop": stop},
        "layout": known.layout.to_json(),
        "work_scale": 1.0,
    }
    return Item("walk/0001", root, "stereo", {"footage": (str(clip),)}, {**data, **more})


def work(one: Item, known: Film, wrong: Any = None, **options: Any) -> Record:
    oracle = OraclePeople(known, wrong) if wrong else OraclePeople(known)
    how = StereoOptions(edges=EDGES, **options)
    return StereoWorker(how, Matter(how, lambda: oracle)).work(one)


def test_a_chunk_leaves_alphas_and_people(tmp_path: Path, clip: Path, known: Film) -> None:
    record = work(item(tmp_path, clip, known, 1, 4), known, leg("right", [2]),
                  validation_threshold=0.9)  # fmt: skip
    (made,) = record.outputs
    assert made.files == {
        "alphas": ("stereo/alphas/walk/0001/alphas.mkv",),
        "people": ("stereo/people/walk/0001/people.json",),
    }
    mattes = list(read_mattes(tmp_path / made.files["alphas"][0]))
    source = list(open_clip(clip).frames())
    assert [pts for pts, _ in mattes] == [frame.pts for frame in source[1:4]]
    for index, (_, matte) in enumerate(mattes, start=1):
        truth = np.hstack([known.alphas["left"][index], known.alphas["right"][index]])
        assert matte.shape == truth.shape
        assert np.abs(matte / 255 - truth).mean() < 0.012
    people = read_people(tmp_path / made.files["people"][0])
    assert (people.eye_size, people.work_size) == ((192, 192), (192, 192))
    frames = list(people.frames())
    assert [frame.index for frame in frames] == [1, 2, 3]
    assert all([one.id for one in eye] == [1, 2] for frame in frames for eye in frame.eyes)
    assert [one["frame"] for one in people.disagreements()] == [2]
    assert frames[1].pairs[0].corrected == "transfer"
    assert set(record.timings) == {
        "decode", "people", "stereo", "edges", "encode", "total",
    }  # fmt: skip


def test_the_same_again_is_the_same_bytes(tmp_path: Path, clip: Path, known: Film) -> None:
    told = [
        work(item(tmp_path / name, clip, known, 0, 2), known, parallel_eyes=name == "b")
        for name in "ab"
    ]
    assert told[0].figures == told[1].figures
    for plane in ("alphas", "people"):
        one, two = (
            (tmp_path / name / told[0].outputs[0].files[plane][0]).read_bytes() for name in "ab"
        )
        assert one == two


def test_nobody_in_the_clip(tmp_path: Path) -> None:
    room = Scene(64, [])
    path = write_clip(tmp_path / "room.mkv", room, frames=2, sound_tracks=0, codec="ffv1")
    known = film(room, (0.0, 1001 / 30000))
    record = work(item(tmp_path, path, known, 0, 2), known)
    assert record.figures["people"] == []
    assert record.figures["empty_frames"] == 2
    (_, first), _ = read_mattes(tmp_path / record.outputs[0].files["alphas"][0])
    assert not first.any()
    frames = list(read_people(tmp_path / record.outputs[0].files["people"][0]).frames())
    assert [frame.eyes for frame in frames] == [((), ())] * 2


def test_boxes_of_a_person_are_followed(tmp_path: Path, clip: Path, known: Film) -> None:
    mask = known.truth["left"][0][2]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    boxes = tmp_path / "boxes.yaml"
    boxes.write_text(f"000000: [[{columns[0]}, {rows[0]}, {columns[-1]}, {rows[-1]}]]\n")
    record = work(item(tmp_path, clip, known, 0, 2), known, boxes=str(boxes))
    assert [row["id"] for row in record.figures["people"]] == [1]  # type: ignore[union-attr,index,call-overload]
    before = Stereo().fingerprint(StereoOptions(boxes=str(boxes)))
    boxes.write_text("000000: []\n")
    assert Stereo().fingerprint(StereoOptions(boxes=str(boxes))) != before


def test_chunks_that_are_none(tmp_path: Path, clip: Path, known: Film) -> None:
    for more in ({"chunk": {"first": 0}}, {"chunk": 3}, {"work_scale": "half"}):
        with pytest.raises(InputError, match="neither its frames nor its scale") as told:
            work(item(tmp_path, clip, known, **more), known)
        assert "chunks.footage" in told.value.fix
    with pytest.raises(InputError, match="had 9 frames and now 5"):
        work(item(tmp_path, clip, known, 0, 9), known)
    with pytest.raises(InputError, match="scale of 2"):
        work(item(tmp_path, clip, known, work_scale=2.0), known)
    assert list(tmp_path.rglob("*.mkv")) == []


def test_it_is_a_stage() -> None:
    found = find_stage("split.stereo")
    assert pickle.loads(pickle.dumps(found)).name == "split.stereo"
    assert options_model("split.stereo") is StereoOptions
    assert (found.needs, found.makes) == (("footage",), ("alphas", "people"))


def test_the_fingerprint_knows_what_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def ready(name: str) -> str:
        fetched.append(name)
        return f"{name}:abc"

    monkeypatch.setattr(weights, "ready", ready)
    motion = {"people": {"backend": "motion"}, "edges": {"method": "guided"}}
    assert Stereo().fingerprint(parse_options(StereoOptions, motion, "stereo")) == "motion guided"
    assert fetched == []
    network = {**motion, "edges": {"method": "vitmatte"}}
    options = parse_options(StereoOptions, network, "stereo")
    assert "vitmatte-small:abc" in Stereo().fingerprint(options)
    assert Stereo().weights(options) == ("vitmatte-small",)
    assert fetched == ["vitmatte-small"]


def test_a_stream_of_frames_is_enough(known: Film) -> None:
    footage = Footage(lambda: iter(known.frames[:2]), known.layout, 1.0)
    told = matte_pairs(footage, StereoOptions(edges=EDGES), lambda: OraclePeople(known))
    assert len(list(told.frames)) == 2
    assert told.figures["disagreements"] == 0
