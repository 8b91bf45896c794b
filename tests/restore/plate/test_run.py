import json

import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.core.items import Item
from multiplane.media.images import read_frame, read_mask, write_frame, write_mask
from multiplane.motion.camera import CameraPath, camera_path
from multiplane.restore.plate.config import PlateOptions
from multiplane.restore.plate.hole import grow
from multiplane.restore.plate.run import Plate, plates

OPTIONS = PlateOptions(grow_px=4, source_margin_px=2, ring_px=24, threads=2)


@pytest.fixture(scope="module")
def moving(oracle):
    return oracle.draw(oracle.Scene(width=160, height=120, frames=12, pan_px=14, walk=0.5))


@pytest.fixture(scope="module")
def restored(moving):
    return list(plates(moving.frames, moving.masks, OPTIONS))


def psnr(plate, truth, where):
    off = plate[where].astype(float) - truth[where]
    return 10 * np.log10(255**2 / max(1e-9, np.square(off).mean()))


def test_what_was_seen_comes_back_within_33_decibels(moving, restored):
    for done, mask, truth in zip(restored, moving.masks, moving.backgrounds, strict=True):
        seen = grow(mask, 4) & ~done.unseen
        assert psnr(done.plate, truth, seen) > 38.5


def test_outside_the_grown_mask_nothing_changes(moving, restored):
    for done, mask, frame in zip(restored, moving.masks, moving.frames, strict=True):
        outside = ~grow(mask, 4)
        np.testing.assert_array_equal(done.plate[outside], frame[outside])
        assert not done.unseen[outside].any()


def test_only_what_some_frame_saw_counts_as_seen_and_most_of_it_does(oracle, moving, restored):
    hidden = [grow(mask, 4) for mask in moving.masks]
    for index, done in enumerate(restored):
        possible = oracle.seen_somewhere(moving, index, moving.masks) & hidden[index]
        seen = hidden[index] & ~done.unseen
        assert not (seen & ~possible).any()
        assert seen.sum() > 0.9 * (oracle.seen_somewhere(moving, index, hidden)
                                   & hidden[index]).sum()  # fmt: skip


def test_the_fill_does_not_flicker(oracle):
    scene = oracle.Scene(
        width=160, height=120, frames=10, pan_px=0, zoom=1, roll_degrees=0, walk=0.5, noise=1.0
    )
    drawn = oracle.draw(scene)
    done = list(plates(drawn.frames, drawn.masks, OPTIONS))
    both = grow(drawn.masks[4], 4) & grow(drawn.masks[5], 4)
    step = np.abs(done[5].plate.astype(int) - done[4].plate)[both].mean()
    truth = np.abs(drawn.backgrounds[5].astype(int) - drawn.backgrounds[4])[both].mean()
    assert step < truth + 0.3


def test_a_still_camera_in_steady_light_gives_the_exact_background(oracle):
    scene = oracle.Scene(
        width=160, height=120, frames=8, pan_px=0, zoom=1, roll_degrees=0, walk=0.7, light=0,
        noise=0,
    )  # fmt: skip
    drawn = oracle.draw(scene)
    for done, truth in zip(plates(drawn.frames, drawn.masks, OPTIONS), drawn.backgrounds,
                           strict=True):  # fmt: skip
        assert not done.unseen.any()
        assert np.abs(done.plate.astype(int) - truth).max() <= 1


def test_follows_parallax(oracle):
    scene = oracle.Scene(width=240, height=180, frames=10, parallax_px=2, walk=0.45, pan_px=10)
    drawn = oracle.draw(scene)
    quality = {}
    for refine in (False, True):
        options = OPTIONS.model_copy(update={"refine": refine})
        done = list(plates(drawn.frames, drawn.masks, options))
        holes = [grow(m, 4) & ~d.unseen for m, d in zip(drawn.masks, done, strict=True)]
        rows = zip(done, drawn.backgrounds, holes, strict=True)
        quality[refine] = np.mean([psnr(d.plate, truth, hole) for d, truth, hole in rows])
    assert quality[True] > quality[False] + 1.0


def test_the_same_again_gives_the_same_bytes_on_any_number_of_threads(moving, restored):
    again = plates(moving.frames, moving.masks, OPTIONS.model_copy(update={"threads": 1}))
    for first, second in zip(restored, again, strict=True):
        np.testing.assert_array_equal(first.plate, second.plate)
        np.testing.assert_array_equal(first.unseen, second.unseen)
        assert first.figures == second.figures


def test_one_frame_leaves_everything_unseen(moving):
    (done,) = plates(moving.frames[:1], moving.masks[:1], OPTIONS)
    np.testing.assert_array_equal(done.unseen, grow(moving.masks[0], 4))
    assert done.figures["seen_share"] == 0.0


def test_empty_masks_give_the_frames_and_full_masks_give_nothing_seen(moving):
    none = [np.zeros_like(m) for m in moving.masks]
    for done, frame in zip(plates(moving.frames, none, OPTIONS), moving.frames, strict=True):
        np.testing.assert_array_equal(done.plate, frame)
        assert not done.unseen.any()
    full = [np.ones_like(m) for m in moving.masks]
    assert all(done.unseen.all() for done in plates(moving.frames, full, OPTIONS))


def test_a_frame_nobody_could_place_is_left_unseen_but_the_rest_is_filled(moving):
    known = camera_path(moving.frames, [grow(m, 4) for m in moving.masks])
    inliers = [0 if i == 3 else n for i, n in enumerate(known.inliers)]
    camera = CameraPath(known.homographies, known.reference, inliers, known.residual_px)
    done = list(plates(moving.frames, moving.masks, OPTIONS, camera))
    np.testing.assert_array_equal(done[3].unseen, grow(moving.masks[3], 4))
    assert done[4].figures["seen_share"] > 0.5
    assert all(3 not in d.figures["sources"] for d in done)


def test_long_shots_are_done_in_windows(oracle):
    scene = oracle.Scene(width=96, height=64, frames=24, pan_px=0, zoom=1, roll_degrees=0, walk=0.7)
    drawn = oracle.draw(scene)
    options = OPTIONS.model_copy(update={"window_frames": 8, "max_references": 4})
    done = list(plates(drawn.frames, drawn.masks, options))
    assert len(done) == 24
    assert sum(d.figures["unseen_px"] for d in done) < 0.1 * sum(d.figures["hole_px"] for d in done)


def test_no_window_is_longer_than_it_may_be(oracle, caplog):
    scene = oracle.Scene(width=96, height=64, frames=11, pan_px=0, zoom=1, roll_degrees=0, walk=0.7)
    drawn = oracle.draw(scene)
    options = OPTIONS.model_copy(update={"window_frames": 8})
    with caplog.at_level("INFO", "multiplane.restore.plate.run"):
        assert len(list(plates(drawn.frames, drawn.masks, options))) == 11
    told = [record.message.split(":")[0] for record in caplog.records]
    assert told == ["frames 0-5", "frames 6-10"]


def test_refuses_no_frames_and_masks_of_another_size(moving):
    with pytest.raises(InputError, match="without frames"):
        list(plates([], [], OPTIONS))
    with pytest.raises(InputError):
        list(plates(moving.frames[:2], [np.zeros((5, 5), bool)] * 2, OPTIONS))


def test_the_stage_leaves_plates_and_unseen_with_figures(moving, tmp_path):
    files = {"frames": [], "masks": []}
    for index in range(4):
        for plane, write, pictures in (
            ("frames", write_frame, moving.frames),
            ("masks", write_mask, moving.masks),
        ):
            name = f"in/{plane}/{index:06d}.png"
            write(tmp_path / name, pictures[index])
            files[plane].append(name)
    camera = camera_path(moving.frames[:4], moving.masks[:4])
    (tmp_path / "camera.json").write_text(json.dumps(camera.to_json()), encoding="utf-8")
    planes = {k: tuple(v) for k, v in files.items()} | {"camera": ("camera.json",)}
    item = Item("clip/0001", tmp_path, "restore.plate", planes)
    stage = Plate()
    record = stage.open(OPTIONS).work(item)
    (out,) = record.outputs
    assert set(out.files) == set(stage.makes)
    assert out.files["plates"][2] == "restore.plate/plates/clip/0001/000002.png"
    expected = list(plates(moving.frames[:4], moving.masks[:4], OPTIONS, camera))
    for index, done in enumerate(expected):
        np.testing.assert_array_equal(read_frame(tmp_path / out.files["plates"][index]), done.plate)
        np.testing.assert_array_equal(read_mask(tmp_path / out.files["unseen"][index]), done.unseen)
        np.testing.assert_array_equal(read_mask(tmp_path / out.files["holes"][index]), done.hole)
        np.testing.assert_array_equal(done.hole, grow(moving.masks[index], 4))
    row = record.figures["frames"][2]
    assert row["frame"] == "000002"
    assert {"hole_px", "seen_share", "inliers", "residual_px", "sources", "gain"} <= set(row)
    assert 0 < record.figures["seen_share"] < 1
    assert set(record.timings) == {"total_s"}
