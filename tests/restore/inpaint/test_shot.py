from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import InputError
from multiplane.measure.region import grow
from multiplane.motion.camera import still_path
from multiplane.restore.inpaint.shot import Shot


def test_without_a_plate_the_grown_mask_is_the_hole(bricks: Frame, blob: Mask) -> None:
    shot = Shot([bricks], [blob], grow_px=5)
    view = shot.view(0)
    assert view.hole.sum() > blob.sum()
    assert np.array_equal(view.hole, shot.hole(0))
    assert view.hole[blob].all()
    assert not view.seen.any()
    assert view.base is bricks


def test_with_a_plate_only_what_it_lacks_is_the_hole(bricks: Frame, blob: Mask) -> None:
    plate = bricks.copy()
    plate[blob] //= 2
    unseen = blob.copy()
    unseen[:48] = False
    hole = np.roll(blob, 3, axis=1) | blob
    view = Shot([bricks], [blob], [plate], [unseen], [hole]).view(0)
    assert np.array_equal(view.hole, unseen)
    assert np.array_equal(view.seen, hole & ~unseen)
    assert np.array_equal(view.base, plate)


def test_where_a_plate_differs_does_not_decide_what_was_to_be_filled(
    bricks: Frame, blob: Mask
) -> None:
    damaged = bricks.copy()
    damaged[2:9, 2:9] = 0  # far from the mask; within it the plate equals the frame
    planes = {"frames": [bricks], "masks": [blob], "plates": [damaged],
              "unseen": [np.zeros_like(blob)]}  # fmt: skip
    given = Shot(**planes, holes=[blob]).view(0)  # type: ignore[arg-type]
    assert np.array_equal(given.seen, blob)
    own = Shot(**planes, grow_px=5).view(0)  # type: ignore[arg-type]
    assert np.array_equal(own.seen, grow(blob, 5))


def test_holes_alone_say_what_to_fill(bricks: Frame, blob: Mask) -> None:
    hole = np.roll(blob, 3, axis=1) | blob
    shot = Shot([bricks], [blob], holes=[hole])
    assert np.array_equal(shot.hole(0), hole)
    assert np.array_equal(shot.view(0).hole, hole)


@pytest.mark.parametrize(
    ("planes", "fix"),
    [
        ({"plates": []}, "--unseen"),
        ({"unseen": []}, "--plates"),
        ({"masks": []}, "multiplane split segment"),
        ({"holes": []}, "multiplane split segment"),
        ({"camera": still_path(2)}, "multiplane split segment"),
    ],
)
def test_planes_that_do_not_belong_together(
    bricks: Frame, blob: Mask, planes: dict[str, object], fix: str
) -> None:
    with pytest.raises(InputError) as caught:
        Shot(**{"frames": [bricks], "masks": [blob], **planes})  # type: ignore[arg-type]
    assert fix in caught.value.fix


def test_no_frames_and_wrong_sizes(bricks: Frame, blob: Mask) -> None:
    with pytest.raises(InputError, match="without frames"):
        Shot([], [])
    with pytest.raises(InputError, match="128x96"):
        Shot([bricks], [blob[:50]]).view(0)
    with pytest.raises(InputError, match="hole is 128x50"):
        Shot([bricks], [blob], holes=[blob[:50]]).view(0)


def test_what_a_mask_missed_is_not_lent(bricks: Frame, blob: Mask) -> None:
    frame = bricks.copy()
    frame[blob] = (40, 200, 250)
    missed = blob.copy()
    missed[:, 72:] = False  # the mask lacks a part of the character
    ground, free = Shot([frame], [missed], grow_px=2).lent(0)
    assert ground is frame
    assert not free[40:56, 75:80].any()
    far = np.ones_like(blob)
    far[20:76, 30:100] = False
    assert free[far].all()


def test_without_a_character_all_is_lent(bricks: Frame) -> None:
    nothing = np.zeros(bricks.shape[:2], np.bool_)
    assert Shot([bricks], [nothing]).lent(0)[1].all()
