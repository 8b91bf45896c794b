import numpy as np
import pytest
from stereo_scene import Card, Scene, drawn_person, stands

from multiplane.core.errors import InputError
from multiplane.geometry.disparity import EyePair


@pytest.fixture(scope="module")
def eyes():
    scene = Scene(256, [Card(1, stands(0.5, 1.0), drawn_person(1))])
    return scene.pair(0.3)


def soft_iou(a, b):
    return float(np.minimum(a, b).sum() / np.maximum(a, b).sum())


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_person_of_one_eye_is_found_in_the_other(eyes, side):
    left, right = eyes
    pair = EyePair(256)
    mask = (left if side == "left" else right).alphas[1] >= 0.5
    plane = pair.plane(left.frame, right.frame, mask, side)
    assert plane is not None
    assert plane.found_by == "texture"
    assert soft_iou(left.alphas[1], right.alphas[1]) < 0.75
    assert soft_iou(pair.transfer(left.alphas[1], plane, "right"), right.alphas[1]) > 0.95
    assert soft_iou(pair.transfer(right.alphas[1], plane, "left"), left.alphas[1]) > 0.95


def test_eyes_of_another_size_are_refused(eyes):
    left, right = eyes
    with pytest.raises(InputError) as caught:
        EyePair(128).plane(left.frame, right.frame, left.ids == 1)
    assert caught.value.fix == "EyePair((256, 256))"
