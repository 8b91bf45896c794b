from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_objects import RED, Thing, draw

from multiplane.core.errors import InputError
from multiplane.split.stereo.backends.outline import outline
from multiplane.split.track.overlap import iou

SCENE = draw([Thing(RED, lambda i: (70, 50), 24)], 1)
FRAME, TRUTH = SCENE.frames[0], SCENE.truth[0][0]


def test_a_rough_mask_is_drawn_to_the_edge() -> None:
    rough = cv2.dilate(TRUTH.astype(np.uint8), np.ones((5, 5))) > 0
    assert iou(rough, TRUTH) < 0.85
    alpha, score = outline(FRAME, np.asarray(rough), 0.3)
    assert iou(np.asarray(alpha >= 0.5), TRUTH) > 0.93
    assert 0.6 < score < 0.95
    assert ((alpha > 0.05) & (alpha < 0.95)).any()  # a soft edge
    far = cv2.dilate(TRUTH.astype(np.uint8), np.ones((41, 41))) == 0
    assert not alpha[far].any()


def test_larger_than_it_is_worked_on() -> None:
    large = cv2.resize(FRAME, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    mask = cv2.resize(TRUTH.astype(np.uint8), None, fx=8, fy=8) > 0
    alpha, _ = outline(np.asarray(large, np.uint8), np.asarray(mask), 1.5)
    assert alpha.shape == mask.shape
    assert iou(np.asarray(alpha >= 0.5), np.asarray(mask)) > 0.95


def test_nobody_and_another_size() -> None:
    alpha, score = outline(FRAME, np.zeros_like(TRUTH), 0.1)
    assert not alpha.any()
    assert score == 0
    with pytest.raises(InputError, match="frame is 160x100, hint is 80x100") as caught:
        outline(FRAME, TRUTH[:, :80], 0.1)
    assert "resize the hint" in caught.value.fix
