from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import InputError
from multiplane.measure.region import grow
from multiplane.motion.camera import CameraPath, still_path
from multiplane.restore.inpaint import fill
from multiplane.restore.inpaint.backend import Filled, Gap, open_inpainter
from multiplane.restore.inpaint.config import InpaintOptions, OpenCvOptions, PatchMatchOptions
from multiplane.restore.inpaint.fill import Inpainted, Painter, fill_frame
from multiplane.restore.inpaint.shot import Shot

QUICK = InpaintOptions(backend=PatchMatchOptions(rounds=1), grow_px=4, context_px=32)


def paint(shot: Shot, options: InpaintOptions = QUICK) -> list[Inpainted]:
    return list(Painter(shot, open_inpainter(options.backend), options).frames())


class Noise:
    """Invents something else every time it is asked."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.calls = 0

    def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
        self.calls += 1
        filled = frame.copy()
        filled[hole] = self.rng.integers(100, 160, (int(hole.sum()), 3))
        return Filled(filled, "noise")


def test_a_still_shot_shows_the_same_fill_in_every_frame(bricks: Frame, blob: Mask) -> None:
    shot = Shot([bricks] * 5, [blob] * 5, camera=still_path(5), grow_px=4)
    inpainter = Noise()
    done = list(Painter(shot, inpainter, QUICK).frames())
    assert inpainter.calls == 1
    for frame in done[1:]:
        assert np.array_equal(frame.background, done[0].background)
    assert all(frame.carried and not frame.inventions for frame in done)


def test_the_fill_moves_with_the_camera(blob: Mask) -> None:
    world = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (140, 200, 3), dtype=np.uint8), (0, 0), 2
    )
    steps = [(0, 0), (6, 2), (12, 4), (18, 6)]
    frames = [world[y : y + 96, x : x + 128] for x, y in steps]
    places = [np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]]) for x, y in steps]
    camera = CameraPath(places, 0, [99] * 4, [0.0] * 4)
    masks = [np.roll(blob, (-y, -x), (0, 1)) for x, y in steps]
    options = QUICK.model_copy(update={"feather_px": 0})
    shot = Shot(frames, masks, camera=camera, grow_px=4)
    done = list(Painter(shot, Noise(), options).frames())
    first = done[0].background[30:60, 50:80].astype(int)
    for (x, y), frame in zip(steps, done, strict=True):
        part = frame.background[30 - y : 60 - y, 50 - x : 80 - x].astype(int)
        assert np.abs(part - first).mean() < 1.5


def test_what_another_frame_shows_is_not_invented(bricks: Frame, blob: Mask) -> None:
    elsewhere = np.zeros_like(blob)
    shot = Shot([bricks] * 3, [blob, np.roll(blob, 50, 1), elsewhere], camera=still_path(3),
                grow_px=4)  # fmt: skip
    for done in paint(shot):
        assert (done.fills != 2).all()
        assert np.abs(done.background.astype(int) - bricks).max() <= 1


def test_outside_the_grown_mask_nothing_changes(bricks: Frame, blob: Mask) -> None:
    (done,) = paint(Shot([bricks], [blob], grow_px=4))
    outside = ~grow(blob, 4)
    assert np.array_equal(done.background[outside], bricks[outside])
    assert np.array_equal(done.fills == 2, ~outside)
    assert not done.carried


def test_on_a_plate_only_the_unseen_is_invented(bricks: Frame, blob: Mask) -> None:
    frame = bricks.copy()
    frame[blob] = (0, 255, 0)
    unseen = blob.copy()
    unseen[:48] = False
    plate = np.where(unseen[..., None], frame, bricks)
    options = QUICK.model_copy(update={"feather_px": 0})
    (done,) = paint(Shot([frame], [blob], [plate], [unseen], [blob]), options)
    assert np.array_equal(done.background[~unseen], bricks[~unseen])
    assert np.array_equal(done.fills == 1, blob & ~unseen)
    assert np.array_equal(done.fills == 2, unseen)
    green = done.background[unseen].astype(int)
    assert (green[:, 1] < green[:, 0] + 40).all()


def test_a_frame_that_shows_nothing_takes_what_its_neighbour_has(bricks: Frame, blob: Mask) -> None:
    everything = np.ones_like(blob)
    camera = CameraPath([np.eye(3)] * 3, 0, [9, 0, 9], [0.0] * 3)
    done = paint(Shot([bricks] * 3, [blob, everything, blob], camera=camera, grow_px=4))
    assert np.array_equal(done[1].background[blob], done[0].background[blob])


def test_when_nothing_is_known_it_says_so(bricks: Frame) -> None:
    everything = np.ones(bricks.shape[:2], np.bool_)
    with pytest.raises(InputError, match="covers the whole picture"):
        paint(Shot([bricks], [everything]))


def test_without_a_mask_the_frame_comes_back(bricks: Frame) -> None:
    nothing = np.zeros(bricks.shape[:2], np.bool_)
    done = paint(Shot([bricks] * 2, [nothing] * 2, camera=still_path(2)))
    assert all(np.array_equal(d.background, bricks) for d in done)
    assert not done[0].fills.any()


def test_several_sheets_continue_each_other(bricks: Frame, blob: Mask) -> None:
    wide = np.tile(bricks, (1, 4, 1))
    xs = list(range(0, 240, 12))
    frames = [wide[:, x : x + 128] for x in xs]
    camera = CameraPath(
        [np.array([[1, 0, x], [0, 1, 0], [0, 0, 1.0]]) for x in xs], 0, [9] * 20, [0.0] * 20
    )
    hole = np.zeros_like(blob)
    hole[:, 40:70] = True
    options = QUICK.model_copy(update={"canvas_megapixels": 0.05, "backend": OpenCvOptions()})
    shot = Shot(frames, [hole] * 20, camera=camera, grow_px=0)
    painter = Painter(shot, open_inpainter(options.backend), options)
    done = list(painter.frames())
    assert len(done) == 20
    assert len(painter.sheets) >= 1
    assert sum(len(chapter.frames) for chapter, _ in painter.sheets) == 20


def test_a_sheet_continues_what_the_one_before_has_invented() -> None:
    world = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (96, 840, 3), dtype=np.uint8), (0, 0), 2
    )
    xs = list(range(0, 700, 24))
    count = len(xs)
    frames = [world[:, x : x + 128] for x in xs]
    places = [np.array([[1, 0, x], [0, 1, 0], [0, 0, 1.0]]) for x in xs]
    camera = CameraPath(places, 0, [9] * count, [0.0] * count)
    hole = np.zeros((96, 128), np.bool_)
    hole[60:] = True  # the camera moves across only, so that nobody ever sees this
    options = QUICK.model_copy(update={"canvas_megapixels": 0.05, "feather_px": 0})
    painter = Painter(Shot(frames, [hole] * count, camera=camera, grow_px=0), Noise(), options)
    done = list(painter.frames())
    assert len(painter.sheets) >= 2
    for chapter, _ in painter.sheets[1:]:
        first = chapter.frames[0]
        before = done[first - 1].background[60:, 24:].astype(int)
        after = done[first].background[60:, :-24].astype(int)
        assert np.abs(after - before).mean() < 1, "other noise would differ by 20"


def test_the_fill_follows_the_light_of_the_shot(bricks: Frame, blob: Mask) -> None:
    frames = [np.clip(bricks * (0.7 + 0.06 * n), 0, 255).astype(np.uint8) for n in range(5)]
    shot = Shot(frames, [blob] * 5, camera=still_path(5), grow_px=4)
    means = [done.background[blob].mean() for done in paint(shot)]
    around_it = [frame[grow(blob, 12) & ~grow(blob, 4)].mean() for frame in frames]
    assert np.abs(np.diff(means) - np.diff(around_it)).max() < 2


def test_carrying_can_be_switched_off(bricks: Frame, blob: Mask) -> None:
    inpainter = Noise()
    options = QUICK.model_copy(update={"carry": False})
    shot = Shot([bricks] * 3, [blob] * 3, camera=still_path(3))
    assert len(list(Painter(shot, inpainter, options).frames())) == 3
    assert inpainter.calls == 3


class Batches(Noise):
    """Notes how many crops come at once."""

    step_px = 8
    context_share = 0.5
    at_once = 2

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []
        self.sizes: list[int] = []

    def fill_many(self, gaps: list[Gap]) -> list[Filled]:
        self.sizes.append(len(gaps))
        return [self.fill(*gap) for gap in gaps]


def test_frames_whose_fill_is_not_carried_go_through_together(bricks: Frame, blob: Mask) -> None:
    options = QUICK.model_copy(update={"carry": False})
    masks = [blob, blob, np.zeros_like(blob), blob, blob]
    inpainter = Batches()
    shot = Shot([bricks] * 5, masks, camera=still_path(5))
    done = list(Painter(shot, inpainter, options).frames())
    assert inpainter.sizes == [2, 1, 1]
    alone = list(Painter(shot, Noise(), options).frames())
    for one, other, mask in zip(done, alone, masks, strict=True):
        assert np.array_equal(one.fills, other.fills)
        assert np.array_equal(one.background[one.fills == 0], bricks[one.fills == 0])
        assert (one.background[mask] != bricks[mask]).any() == mask.any()


def test_no_more_frames_are_held_than_memory_is_meant_for(
    bricks: Frame, blob: Mask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill, "MOST_HELD_PX", 3 * blob.size)
    inpainter = Batches()
    inpainter.at_once = 4000
    options = QUICK.model_copy(update={"carry": False})
    shot = Shot([bricks] * 7, [blob] * 7, camera=still_path(7))
    assert len(list(Painter(shot, inpainter, options).frames())) == 7
    assert inpainter.sizes == [3, 3, 1]


def test_a_sheet_is_invented_by_batches_too(bricks: Frame, blob: Mask) -> None:
    inpainter = Batches()
    shot = Shot([bricks] * 3, [blob] * 3, camera=still_path(3), grow_px=4)
    done = list(Painter(shot, inpainter, QUICK).frames())
    assert [size for size in inpainter.sizes if size] == [1]
    assert np.array_equal(done[0].background, done[2].background)


def test_one_frame_by_itself(bricks: Frame, blob: Mask) -> None:
    view = Shot([bricks], [blob], grow_px=2).view(0)
    done = fill_frame(view, open_inpainter(OpenCvOptions()), QUICK)
    assert [i.by for i in done.inventions] == ["opencv"]
