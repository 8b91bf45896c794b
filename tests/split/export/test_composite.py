from __future__ import annotations

import cv2
import numpy as np
from drawn_chunks import EYE, RED, frame_of, sbs_alpha

from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.packed import Packer
from multiplane.split.export.composite import Composed, Composing, Still
from multiplane.split.export.config import ExportOptions
from multiplane.split.export.formats import plan_targets
from multiplane.split.export.painting import painting_of

LAYOUT = Layout.of("sbs", (2 * EYE, EYE), projection="half_equirect")


def composed(**how: object) -> Composed:
    return Composed(Still(frame_of(3)), sbs_alpha(3), Composing(LAYOUT, **how))  # type: ignore[arg-type]


def screen(one: Composed) -> np.ndarray:
    (target,) = plan_targets("a.mp4", LAYOUT, ExportOptions(formats=("greenscreen_h264",)))
    return painting_of(target, one).whole()


def test_a_cut_out_is_colour_and_alpha() -> None:
    one = composed()
    assert one.cutout.shape == (EYE, 2 * EYE, 4)
    assert np.array_equal(one.cutout[..., 3], one.alpha)
    assert np.array_equal(one.cutout[..., :3], one.colour)
    assert one.colour is one.colour  # made once


def test_the_picture_may_stay_as_it_is() -> None:
    one = composed(decontaminate=False)
    assert np.array_equal(one.cutout[..., :3], one.frame)


def test_people_over_one_colour_are_mixed_to_half_a_step() -> None:
    one = composed(background_rgb=(43, 230, 64))
    share = one.alpha[..., None] / 255
    wanted = one.colour * share + np.array((43, 230, 64)) * (1 - share)
    assert np.abs(screen(one) - wanted).max() <= 0.5 + 1e-9
    assert (screen(one)[one.alpha == 0] == (43, 230, 64)).all()
    assert np.array_equal(screen(one)[one.alpha == 255], one.frame[one.alpha == 255])


def test_over_white_and_over_black_no_green_is_left() -> None:
    """What is seen against other backgrounds, edges and all, is the red of the disk alone."""
    for background in ((255, 255, 255), (0, 0, 0)):
        one = composed(background_rgb=background)
        share = one.alpha[..., None] / 255
        wanted = np.array(RED) * share + np.array(background) * (1 - share)
        soft = (one.alpha > 0) & (one.alpha < 255)
        assert np.abs(screen(one) - wanted)[soft].mean() < 5
        kept = composed(background_rgb=background, decontaminate=False)
        assert np.abs(screen(kept) - wanted)[soft].mean() > 10


def test_nothing_crosses_the_seam() -> None:
    frame = np.full((EYE, 2 * EYE, 3), 20, np.uint8)
    frame[:, EYE:] = 240
    alpha = np.zeros((EYE, 2 * EYE), np.uint8)
    alpha[20:40, EYE - 8 : EYE] = 255
    alpha[20:40, EYE - 9] = 128
    one = Composed(Still(frame), alpha, Composing(LAYOUT))
    assert not one.colour[:, EYE:].any()
    assert (one.colour[20:40, EYE - 9] == 20).all()


def test_packed_is_what_the_packer_makes_of_straight_colour() -> None:
    packer = Packer((EYE, EYE), 190)
    one = composed(packer=packer)
    left, right = LAYOUT.split(one.colour)
    wanted = packer.pack(left, right, one.alpha[:, :EYE], one.alpha[:, EYE:])
    assert np.array_equal(one.packed, wanted)
    assert cv2.countNonZero(one.packed[..., 0]) > 0
