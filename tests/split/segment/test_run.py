from __future__ import annotations

import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.core.detections import Detection, FrameBoxes, write_boxes
from multiplane.core.errors import InputError, WeightsError
from multiplane.core.instances import decode_rle
from multiplane.core.items import Item, Record
from multiplane.core.plugins import choose
from multiplane.hub import weights
from multiplane.media.images import read_frame, read_mask, write_frame
from multiplane.media.sequence import PictureFiles
from multiplane.motion.camera import CameraPath, still_path
from multiplane.split.segment import choice
from multiplane.split.segment.backend import Part, Segmentation
from multiplane.split.segment.config import (
    CombinedOptions,
    MotionOptions,
    SalientOptions,
    SamOptions,
    SegmentOptions,
)
from multiplane.split.segment.refine import draw_mask
from multiplane.split.segment.run import Segment, SegmentWorker, segment, segment_shot, shot_of
from multiplane.split.segment.shot import Shot

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
    return pickle.loads(pickle.dumps(Segment())).open(options).work(item)


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


def test_the_fingerprint_knows_the_weights(monkeypatch) -> None:
    monkeypatch.setattr(weights, "find", lambda name: None)
    assert Segment().fingerprint(MOTION) == ""
    assert Segment().fingerprint(SegmentOptions()).startswith("u2netp@")
    large = SalientOptions(model="u2net")
    for backend in (large, CombinedOptions(salient=large)):
        assert Segment().fingerprint(SegmentOptions(backend=backend)).startswith("u2net@")
    for backend in (SalientOptions(), CombinedOptions()):
        assert Segment().fingerprint(SegmentOptions(backend=backend)).startswith("u2netp@")


def test_weights_that_cannot_be_had_stop_everything_before_it_runs(monkeypatch) -> None:
    def absent(name):
        raise WeightsError(
            f"cannot get {name}", why="offline", fix=f"multiplane models pull {name}"
        )

    monkeypatch.setattr(weights, "find", absent)
    with pytest.raises(WeightsError, match=r"cannot get sam2\.1") as caught:
        Segment().fingerprint(SegmentOptions(backend=SamOptions()))
    assert caught.value.fix.startswith("multiplane models pull sam2.1")


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


class Telling:
    """Tells two objects apart; one of them leaves and comes back."""

    def __init__(self, numbered: bool) -> None:
        self.numbered = numbered

    def choose(self, frame_count: int, pointed: bool = False):
        return choice.Choice("telling", "for a test"), self

    def segment(self, shot, progress):
        figures = {}

        def parts():
            for index in range(len(shot)):
                first, second = np.zeros((2, *shot.size[::-1]), bool)
                first[10:60, 5 + index : 40 + index] = True
                second[20:30, 20 + index : 30 + index] = True  # in the first
                found = [Part(first, 0.9, 7 if self.numbered else None)]
                if index not in {2, 3}:
                    found.append(Part(second, 0.6, 4 if self.numbered else None))
                yield found
            figures["seen"] = len(shot)

        return Segmentation(parts=parts(), figures=figures)


@pytest.mark.parametrize("numbered", [True, False])
def test_objects_that_are_told_apart_already_are_taken_as_they_are(scene, numbered) -> None:
    options = SegmentOptions(min_instance_px=50, max_instance_px=4000)
    found = segment_shot(Shot(scene.frames[:6]), Telling(numbered), options)
    assert "seen" not in found.figures
    frames = list(found.frames)
    names = (7, 4) if numbered else (1, 2)
    for index, one in enumerate(frames):
        seen = {instance.track_id: instance for instance in one.instances}
        assert set(seen) == (set(names) if index not in {2, 3} else {names[0]})
        assert seen[names[0]].area_px == 50 * 35
        assert one.mask.sum() == 50 * 35
        assert seen[names[0]].score == 0.9
    assert found.figures["seen"] == 6
    assert [row["frames"] for row in found.figures["tracks"]] == ([4, 6] if numbered else [6, 4])
    small = SegmentOptions(max_instance_px=200)
    for one in segment_shot(Shot(scene.frames[:2]), Telling(numbered), small).frames:
        assert one.mask.sum() == 100


def test_the_fingerprint_knows_own_weights_and_prompts(tmp_path) -> None:
    folder = tmp_path / "net"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    prompts = tmp_path / "prompts.json"
    prompts.write_text('{"prompts": [{"points": [[1, 2]]}]}')
    sam = SamOptions(model=str(folder), who="everything")
    told = [Segment().fingerprint(SegmentOptions(backend=sam))]
    told.append(Segment().fingerprint(SegmentOptions(backend=sam, prompts=str(prompts))))
    assert told[0].startswith("own@")
    assert told[1].startswith(f"{told[0]} prompts@")
    (folder / "config.json").write_text("{ }")
    assert Segment().fingerprint(SegmentOptions(backend=sam)) != told[0]
    evidence = SamOptions(model=str(folder), evidence=SalientOptions())
    assert " u2netp@" in Segment().fingerprint(SegmentOptions(backend=evidence))


@pytest.mark.parametrize("planes", ["prompts", "evidence"])
def test_boxes_of_another_step_are_prompts_or_evidence(tmp_path, scene, planes) -> None:
    item = make_item(tmp_path, scene.frames[:2], boxes=("boxes.json",))
    boxes = [FrameBoxes("000001", 1, (Detection((1, 2, 30, 40), 0.9, "person"),))]
    write_boxes(tmp_path / "boxes.json", (192, 144), boxes)
    options = SegmentOptions(backend=SamOptions(planes=planes))
    shot = shot_of(item, options)
    told, nothing = (
        (shot.pointed, shot.hints) if planes == "prompts" else (shot.hints, shot.pointed)
    )
    assert [prompt.box for prompt in told.at(1)] == [(1, 2, 30, 40)]
    assert not nothing
    shot = shot_of(item, options.model_copy(update={"boxes": "5,5,20,20"}))
    assert [prompt.box for prompt in shot.pointed.at(0)] == [(5, 5, 20, 20)]


def test_what_another_step_points_at_is_left_aside_by_those_who_look_by_themselves(
    tmp_path, scene
) -> None:
    boxes = [FrameBoxes("000001", 1, (Detection((1, 2, 30, 40), 0.9, "person"),))]
    write_boxes(tmp_path / "boxes.json", (192, 144), boxes)
    record = run(make_item(tmp_path, scene.frames[:3], boxes=("boxes.json",)), MOTION)
    assert record.figures["backend"] == "motion"
    assert "boxes and masks of other steps are left aside" in str(record.figures["why"])


def test_a_shot_that_nothing_is_pointed_at_in_says_so(tmp_path, scene) -> None:
    prompts = tmp_path / "prompts.json"
    prompts.write_text('{"prompts": [{"shot": "elsewhere/0001", "points": [[1, 2]]}]}')
    item = make_item(tmp_path, scene.frames[:3])
    worker = SegmentWorker(MOTION)
    assert "other shots" not in str(worker.work(item).figures["why"])
    worker._options = SegmentOptions(backend=SamOptions(), prompts=str(prompts))
    record = worker.work(item)
    assert str(record.figures["why"]).endswith("; the prompts are about other shots")
