from __future__ import annotations

import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.core.errors import InputError, WeightsError
from multiplane.core.instances import decode_rle
from multiplane.core.items import Item, Record
from multiplane.core.plugins import choose
from multiplane.hub import weights
from multiplane.media.images import read_frame, read_mask, write_frame
from multiplane.media.sequence import PictureFiles
from multiplane.motion.camera import CameraPath, still_path
from multiplane.split.segment import choice
from multiplane.split.segment.config import (
    CombinedOptions,
    MotionOptions,
    SalientOptions,
    SegmentOptions,
)
from multiplane.split.segment.refine import draw_mask
from multiplane.split.segment.run import Segment, segment

MOTION = SegmentOptions(backend=MotionOptions())
MEDIA = Path(__file__).resolve().parents[3] / "../shared/media"


@pytest.fixture
def salient(monkeypatch, reddish):
    """Asks the drawn scene's own predictor instead of the network."""

    def with_predictor(table, kind, group):
        backend = choose(table, kind, group)
        return backend if kind == "motion" else lambda options, compute: backend(options, reddish)

    monkeypatch.setattr(choice, "choose", with_predictor)
    monkeypatch.setattr(weights, "find", lambda name: None)
    return reddish


def make_item(root: Path, frames: list[np.ndarray], **extra: tuple[str, ...]) -> Item:
    names = []
    for number, frame in enumerate(frames):
        names.append(f"in/{number:06d}.png")
        write_frame(root / names[-1], frame)
    return Item("clip/0001", root, "split.segment", {"frames": tuple(names), **extra})


def run(item: Item, options: SegmentOptions) -> Record:
    worker = pickle.loads(pickle.dumps(Segment())).open(options)
    record = worker.save(item, worker.compute([item], [worker.load(item)])[0])
    worker.close()
    return record


def test_auto_finds_the_sprite_and_not_the_rock(scene, salient, overlap) -> None:
    found = segment(scene.frames)
    masks = [one.mask for one in found.frames]
    for mask, truth, rock in zip(masks, scene.masks, scene.rocks, strict=True):
        assert overlap(mask, truth) > 0.93
        assert np.mean(mask[rock]) < 0.02
    assert found.figures["backend"] == "combined"
    assert [row["frames"] for row in found.figures["tracks"]] == [len(scene.frames)]


def test_the_stage_leaves_masks_camera_and_figures(tmp_path, scene) -> None:
    record = run(make_item(tmp_path, scene.frames[:6]), MOTION)
    (planes,) = record.outputs
    assert set(planes.files) == {"masks", "camera"}
    masks = [read_mask(tmp_path / name) for name in planes.files["masks"]]
    assert [Path(name).stem for name in planes.files["masks"]][:2] == ["000000", "000001"]
    camera = CameraPath.from_json(json.loads((tmp_path / planes.files["camera"][0]).read_text()))
    assert len(camera) == 6
    for row, mask in zip(record.figures["frames"], masks, strict=True):
        together = np.zeros(mask.shape, bool)
        for instance in row["instances"]:
            together |= decode_rle(instance["rle"])
        assert np.array_equal(together, mask)
        assert row["coverage"] == pytest.approx(mask.mean(), abs=1e-6)
    assert record.figures["why"] == "asked for"
    assert set(record.timings) == {"look_s", "draw_s"}


def test_the_same_again_to_the_byte(tmp_path, scene, salient) -> None:
    options = SegmentOptions(backend=CombinedOptions())
    records = []
    for name in ("a", "b"):
        item = make_item(tmp_path / name, scene.frames[:8])
        records.append(run(item, options))
    assert json.dumps(records[0].figures) == json.dumps(records[1].figures)
    for first in (tmp_path / "a").rglob("*.*"):
        if first.is_dir():
            continue
        second = tmp_path / "b" / first.relative_to(tmp_path / "a")
        assert first.read_bytes() == second.read_bytes(), first


def test_a_known_camera_is_used(tmp_path, scene) -> None:
    (tmp_path / "camera.json").write_text(json.dumps(still_path(4).to_json()))
    item = make_item(tmp_path, [scene.frames[0]] * 4, camera=("camera.json",))
    assert run(item, MOTION).figures["camera_still"] is True


def test_one_picture_goes_by_salience(tmp_path, scene, salient) -> None:
    record = run(make_item(tmp_path, scene.frames[:1]), SegmentOptions())
    assert record.figures["backend"] == "salient"
    assert "single picture" in str(record.figures["why"])
    assert record.outputs[0].files["camera"]


def test_nobody_in_the_shot_is_no_error(tmp_path) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    record = run(make_item(tmp_path, [frame] * 3), MOTION)
    assert record.figures["empty_frames"] == 3
    assert record.figures["tracks"] == []
    assert not read_mask(tmp_path / record.outputs[0].files["masks"][0]).any()


def test_cut_outs_when_asked_for(tmp_path, scene) -> None:
    options = MOTION.model_copy(update={"context": "transparent", "min_instance_px": 200})
    record = run(make_item(tmp_path, scene.frames[:6]), options)
    names = record.outputs[0].files["cutouts"]
    assert len(names) == sum(len(row["instances"]) for row in record.figures["frames"])
    cut = cv2.imread(str(tmp_path / names[0]), cv2.IMREAD_UNCHANGED)
    assert cut.shape[2] == 4
    assert set(np.unique(cut[..., 3])) == {0, 255}


def test_frames_of_other_sizes_fail_the_shot(tmp_path, scene) -> None:
    frames = [scene.frames[0], scene.frames[1][:100]]
    with pytest.raises(InputError, match="split shots"):
        run(make_item(tmp_path, frames), MOTION)
    with pytest.raises(InputError, match="leave the shot out"):
        run(Item("clip/0001", tmp_path, "split.segment", {"frames": ()}), MOTION)


def test_the_fingerprint_knows_the_weights() -> None:
    assert Segment().fingerprint(MOTION) == ""
    assert Segment().fingerprint(SegmentOptions()).startswith("u2netp@")
    large = SalientOptions(model="u2net")
    for backend in (large, CombinedOptions(salient=large)):
        assert Segment().fingerprint(SegmentOptions(backend=backend)).startswith("u2net@")
    for backend in (SalientOptions(), CombinedOptions()):
        assert Segment().fingerprint(SegmentOptions(backend=backend)).startswith("u2netp@")


def test_what_was_found_for_want_of_weights_is_found_again_with_them(monkeypatch) -> None:
    def absent(name):
        raise WeightsError("no network", why="offline", fix="multiplane models pull u2netp")

    with_weights = Segment().fingerprint(SegmentOptions())
    monkeypatch.setattr(weights, "find", absent)
    assert Segment().fingerprint(SegmentOptions()) == Segment().fingerprint(MOTION)
    assert Segment().fingerprint(SegmentOptions()) != with_weights


def test_a_frame_full_of_character_is_drawn_quietly(scene) -> None:
    masks, _ = draw_mask(np.ones((45, 80), np.float32), scene.frames[0], grabcut=True)
    assert masks.all()


def test_files_are_a_sequence(tmp_path, scene) -> None:
    item = make_item(tmp_path, scene.frames[:3])
    files = PictureFiles(item.paths("frames"), read_frame)
    assert len(files) == 3
    assert np.array_equal(files[1], scene.frames[1])
    assert len(files[1:]) == 2


@pytest.mark.slow
@pytest.mark.skipif(not (MEDIA / "vtest.avi").exists(), reason="no shared media")
def test_pedestrians_are_found_and_the_lamp_post_is_not(tmp_path) -> None:
    clip = cv2.VideoCapture(str(MEDIA / "vtest.avi"))
    frames = []
    for number in range(300):
        good, frame = clip.read()
        assert good
        if number % 15 == 0:
            frames.append(np.ascontiguousarray(frame[..., ::-1]))
    found = list(segment(frames, MOTION).frames)
    counts = [len(one.instances) for one in found]
    assert min(counts) >= 2
    covered = np.mean([one.mask for one in found], axis=0)
    assert covered[330:460, 410:450].max() == 0  # the tripod
    assert covered[40:180, 395:405].mean() < 0.05  # the lamp post
    assert 0.005 < np.mean([one.coverage for one in found]) < 0.05
    assert read_frame is not None
