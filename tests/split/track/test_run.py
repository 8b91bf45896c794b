from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_objects import BLUE, RED, Oracle, Scene, Thing, draw

from multiplane.core.atomic import write_text
from multiplane.core.config import parse_options
from multiplane.core.detections import Detection, FrameBoxes, ShotBoxes, write_boxes
from multiplane.core.errors import ConfigError, InputError
from multiplane.core.instances import Instance, box_of, decode_rle
from multiplane.core.items import Item, Planes, Record
from multiplane.engine import api
from multiplane.engine.recipe import stage_recipe
from multiplane.media.images import read_mask, write_frame, write_mask
from multiplane.motion.camera import still_path
from multiplane.split.segment.config import SegmentOptions
from multiplane.split.segment.run import Segment
from multiplane.split.segment.shot import Shot
from multiplane.split.track import run as stage
from multiplane.split.track.config import FlowOptions, TrackOptions
from multiplane.split.track.overlap import iou
from multiplane.split.track.run import Followers, Footage, Track, label_map, track_objects

FLOW = TrackOptions(backend=FlowOptions(work_px=160), every_frames=4, labels=True)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return draw([Thing(RED, lambda i: (20 + 4 * i, 30)), Thing(BLUE, lambda i: (120, 70 - i))], 10)


def together(scene: Scene, index: int) -> np.ndarray:
    return np.any([np.zeros((100, 160), np.bool_), *scene.truth[index]], axis=0)


def make_item(root: Path, scene: Scene, planes: str = "masks", shot: str = "0001") -> Item:
    files: dict[str, list[str]] = {"frames": []}
    for index, frame in enumerate(scene.frames):
        files["frames"].append(f"in/{shot}/frames/{index + 7:06d}.png")
        write_frame(root / files["frames"][-1], frame)
    if "masks" in planes:
        files["masks"] = [name.replace("/frames/", "/masks/") for name in files["frames"]]
        for index, name in enumerate(files["masks"]):
            write_mask(root / name, together(scene, index))
    if "boxes" in planes:
        files["boxes"] = [f"in/{shot}/boxes.json"]
        looked = [
            FrameBoxes(
                f"{index + 7:06d}",
                index,
                tuple(Detection(tuple(map(float, box_of(mask))), 0.9, "disc") for mask in
                      scene.truth[index]),
            )
            for index in (0, 4, 8)
        ]  # fmt: skip
        write_boxes(root / files["boxes"][0], (160, 100), looked)
    if "camera" in planes:
        files["camera"] = [f"in/{shot}/camera.json"]
        write_text(root / files["camera"][0], json.dumps(still_path(len(scene.frames)).to_json()))
    told = {plane: tuple(names) for plane, names in files.items()}
    return Item(f"clip/{shot}", root, "track", told)


def work(item: Item, options: TrackOptions = FLOW) -> Record:
    return pickle.loads(pickle.dumps(Track())).open(options).work(item)


@pytest.mark.parametrize("planes", ["masks", "boxes", "masks boxes camera"])
def test_the_stage_leaves_masks_labels_and_tracks(
    tmp_path: Path, scene: Scene, planes: str
) -> None:
    record = work(make_item(tmp_path, scene, planes))
    (made,) = record.outputs
    assert set(made.files) == {"masks", "labels"}
    assert [Path(name).name for name in made.files["masks"]][:2] == ["000007.png", "000008.png"]
    assert record.figures["backend"] == "flow"
    assert record.figures["why"] == "asked for"
    assert record.figures["looked_for"] == planes.split(maxsplit=1)[0]
    rows = record.figures["frames"]
    assert isinstance(rows, list)
    for index, row in enumerate(rows):
        assert isinstance(row, dict)
        assert row["frame"] == f"{index + 7:06d}"
        masks = {one["track_id"]: decode_rle(one["rle"]) for one in row["instances"]}
        assert sorted(masks) == [1, 2]
        for thing, truth in enumerate(scene.truth[index]):
            assert max(iou(mask, truth) for mask in masks.values()) > 0.8, (index, thing)
        mask = read_mask(tmp_path / made.files["masks"][index])
        np.testing.assert_array_equal(mask, masks[1] | masks[2])
        labels = cv2.imread(str(tmp_path / made.files["labels"][index]), cv2.IMREAD_UNCHANGED)
        assert labels.dtype == np.uint16
        np.testing.assert_array_equal(labels > 0, mask)
        assert set(np.unique(labels)) == {0, 1, 2}
    tracks = record.figures["tracks"]
    assert isinstance(tracks, list)
    assert [(row["track_id"], row["first"], row["last"], row["frames"]) for row in tracks] == [
        (1, 0, 9, 10), (2, 0, 9, 10),
    ]  # fmt: skip


def test_without_labels_there_are_none(tmp_path: Path, scene: Scene) -> None:
    record = work(make_item(tmp_path, scene), FLOW.model_copy(update={"labels": False}))
    assert set(record.outputs[0].files) == {"masks"}
    assert not (tmp_path / "track" / "labels").exists()


def test_nothing_crosses_from_shot_to_shot(tmp_path: Path, scene: Scene) -> None:
    worker = Track().open(FLOW)
    other = draw([Thing(BLUE, lambda i: (40, 50))], 3)
    first, second = make_item(tmp_path, scene), make_item(tmp_path, other, shot="0002")
    worker.work(first)
    record = worker.work(second)
    alone = work(make_item(tmp_path / "alone", other, shot="0002"))
    assert record.figures == alone.figures
    assert record.figures["tracks"][0]["track_id"] == 1  # type: ignore[index,call-overload]


def test_one_frame_and_nobody(tmp_path: Path) -> None:
    one = work(make_item(tmp_path / "one", draw([Thing(RED, lambda i: (40, 50))], 1)))
    assert one.figures["empty_frames"] == 0
    nobody = work(make_item(tmp_path / "none", draw([], 4)))
    assert nobody.figures["empty_frames"] == 4
    assert nobody.figures["tracks"] == []
    assert len(nobody.outputs[0].files["masks"]) == 4


def test_chunks_are_nearly_the_whole(tmp_path: Path, scene: Scene) -> None:
    whole = work(make_item(tmp_path / "whole", scene))
    chunks = parse_options(
        TrackOptions,
        {**FLOW.model_dump(), "chunk_frames": 5, "overlap_frames": 2},
        "track",
    )
    parts = work(make_item(tmp_path / "parts", scene), chunks)
    for ours, theirs in zip(parts.figures["frames"], whole.figures["frames"], strict=True):  # type: ignore[arg-type]
        for one, other in zip(ours["instances"], theirs["instances"], strict=True):  # type: ignore[index,call-overload]
            assert one["track_id"] == other["track_id"]
            assert iou(decode_rle(one["rle"]), decode_rle(other["rle"])) >= 0.9


def test_somebody_else_may_carry(scene: Scene) -> None:
    oracle = Oracle(scene)
    boxes = ShotBoxes((160, 100), ())
    told: list[tuple[int, int | None]] = []
    found = Followers(TrackOptions(), oracle).follow(
        Footage(Shot(scene.frames), [together(scene, i) for i in range(10)], boxes),
        lambda done, total: told.append((done, total)),
    )
    frames = list(found.frames)
    assert all(iou(frames[9][n].mask, scene.truth[9][n]) == 1 for n in (0, 1))
    assert found.figures["why"] == "handed in"
    assert told[-1] == (10, 10)


def test_what_is_looked_for_has_to_be_there(tmp_path: Path, scene: Scene) -> None:
    for wanted in ("masks", "boxes"):
        with pytest.raises(ConfigError, match=f"there are no {wanted}") as told:
            track_objects(scene.frames, TrackOptions(backend=FlowOptions(), look_for=wanted))  # type: ignore[arg-type]
        assert "look_for: auto" in told.value.fix
    with pytest.raises(ConfigError, match="'flow' cannot look for everything") as everything:
        track_objects(scene.frames, TrackOptions(backend=FlowOptions(), look_for="everything"))
    assert everything.value.fix == "--backend sam2, or --look-for characters"


def test_sizes_that_differ(tmp_path: Path, scene: Scene) -> None:
    with pytest.raises(InputError, match="a shot without frames"):
        track_objects([], FLOW)
    frames = [*scene.frames[:2], np.zeros((50, 50, 3), np.uint8)]
    masks = [together(scene, i) for i in range(3)]
    with pytest.raises(InputError, match="frame 2 is 50x50") as told:
        list(track_objects(frames, FLOW, masks).frames)
    assert "split shots" in told.value.fix
    with pytest.raises(InputError, match="mask 0 is 30x20"):
        list(track_objects(scene.frames, FLOW, [np.zeros((20, 30), np.bool_)] * 10).frames)


def test_who_is_smaller_is_in_front() -> None:
    large, small = np.ones((4, 4), np.bool_), np.zeros((4, 4), np.bool_)
    small[1:3, 1:3] = True
    owners = label_map([Instance(small, 9, 1, (1, 1, 3, 3)), Instance(large, 300, 1, (0, 0, 4, 4))],
                       (4, 4))  # fmt: skip
    assert owners.dtype == np.uint16
    assert owners[0, 0] == 300
    assert owners[1, 1] == 9
    assert not label_map([], (4, 4)).any()
    assert not label_map([Instance(large, 70_000, 1, (0, 0, 4, 4))], (4, 4)).any()


def test_each_shot_tells_of_its_own_want_of_memory(scene: Scene) -> None:
    oracle = Oracle(scene)
    oracle.notes.append("of the shot before")
    footage = Footage(Shot(scene.frames), [together(scene, n) for n in range(10)])
    followers = Followers(TrackOptions(), oracle)
    told = []
    for text in ("memory fell short", ""):
        found = followers.follow(footage)
        oracle.notes += [text] if text else []
        list(found.frames)
        told.append(found.figures.get("memory"))
    assert told == [["memory fell short"], None]


def test_the_fingerprint_knows_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(stage.weights, "find", fetched.append)
    monkeypatch.setattr(stage.weights, "fingerprint", lambda name: f"{name}:abc")
    sam = parse_options(TrackOptions, {"backend": "sam2", "look_for": "masks"}, "track")
    assert Track().fingerprint(sam) == "sam2 sam2.1-base-plus:abc"
    assert fetched == ["sam2.1-base-plus"]  # before anything runs
    assert Track().weights(sam) == ("sam2.1-base-plus",)
    flow = FLOW.model_copy(update={"look_for": "boxes"})
    assert Track().fingerprint(flow) == "flow"
    assert Track().weights(flow) == ()
    assert Track().weights(FLOW) == Segment().weights(SegmentOptions())  # it may come to that
    assert Track().fingerprint(FLOW).startswith("flow ")


def results(root: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted((root / "track").rglob("*")):
        if path.is_file() and path.name != "tracks_metadata.json":
            yield str(path.relative_to(root)), path.read_bytes()
    told = json.loads((root / "track" / "tracks_metadata.json").read_text())
    told.pop("timings", None)
    yield "metadata", json.dumps(told, sort_keys=True).encode()


def test_killed_and_run_again_is_run_once(
    tmp_path: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = draw([Thing(BLUE, lambda i: (40 + 2 * i, 50))], 6)
    planes = []
    for shot, drawn in (("0001", scene), ("0002", other), ("0003", scene)):
        item = make_item(tmp_path / "in", drawn, shot=shot)
        files = {name: tuple(map(str, item.paths(name))) for name in item.files}
        planes.append(Planes(item.id, files))
    recipe = stage_recipe("split.track").with_options(
        {"track.backend": {"kind": "flow", "work_px": 160}, "track.every_frames": 4}, {}
    )
    api.run(recipe, planes, tmp_path / "whole")
    wrote, count = stage.write_mask, 0

    def killed(path: Path, mask: np.ndarray) -> None:
        nonlocal count
        count += 1
        if count == 13:  # in the second shot
            raise KeyboardInterrupt
        wrote(path, mask)

    with monkeypatch.context() as patch:
        patch.setattr(stage, "write_mask", killed)
        with pytest.raises(KeyboardInterrupt):
            api.run(recipe, planes, tmp_path / "killed")
    seen: list[str] = []
    work = stage.TrackWorker.work

    def counted(self: stage.TrackWorker, item: Item) -> Record:
        seen.append(item.id)
        return work(self, item)

    monkeypatch.setattr(stage.TrackWorker, "work", counted)
    report = api.run(recipe, planes, tmp_path / "killed")
    assert report.exit_status == 0
    assert "clip/0001" not in seen
    assert "clip/0002" in seen
    assert dict(results(tmp_path / "killed")) == dict(results(tmp_path / "whole"))


def test_flow_keeps_the_masks_that_are_handed_in(scene: Scene) -> None:
    given = [together(scene, index) for index in range(len(scene.frames))]
    options = TrackOptions(backend=FlowOptions(work_px=160))
    told = list(track_objects(scene.frames, options, masks=given).frames)
    for mask, instances in zip(given, told, strict=True):
        everybody = np.any([one.mask for one in instances], axis=0)
        assert np.array_equal(everybody, mask)
