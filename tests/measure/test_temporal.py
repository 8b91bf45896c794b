import cv2
import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.measure.temporal import flicker, flickers


def world(seed=0):
    grains = np.random.default_rng(seed).normal(120, 90, (160, 260, 3))
    return np.clip(cv2.GaussianBlur(grains, (0, 0), 2.5), 0, 255).astype(np.uint8)


def pan(count, step=3):
    wide = world()
    return [np.ascontiguousarray(wide[:, k * step : k * step + 200]) for k in range(count)]


def hole():
    mask = np.zeros((160, 200), np.bool_)
    mask[60:100, 80:120] = True
    return mask


def way(dx):
    field = np.zeros((160, 200, 2), np.float32)
    field[..., 0] = dx
    return field


def test_a_still_picture_does_not_flicker():
    frame = pan(1)[0]
    found = flicker(frame, frame, (hole(), hole()), way(0))
    assert (found.inside, found.beside, found.ratio) == (0.0, 0.0, 1.0)


def test_motion_is_taken_out():
    before, after = pan(2)
    known = flicker(before, after, (hole(), hole()), way(3))
    assert known.inside == known.beside == 0.0
    found = flicker(before, after, (hole(), hole()))
    assert found.inside < 3
    assert found.ratio == pytest.approx(1.0, abs=0.5)
    naive = np.abs(before.astype(int) - after).mean()
    assert naive > 4 * found.inside


def test_a_fill_of_known_flicker():
    before, after = pan(2)
    brighter = np.clip(after.astype(int) + 7 * hole()[..., None], 0, 255).astype(np.uint8)
    found = flicker(before, brighter, (hole(), hole()), way(3))
    assert found.inside == pytest.approx(7.0, abs=0.2)
    assert found.beside == 0.0
    assert found.ratio == pytest.approx(8.0, abs=0.2)


def test_nothing_to_compare_is_none():
    before, after = pan(2)
    nothing = np.zeros_like(hole())
    found = flicker(before, after, (nothing, nothing), way(3))
    assert found == type(found)(None, None, None)
    beyond = flicker(before, after, (hole(), hole()), way(1000))
    assert beyond.inside is None


def test_a_stream_gives_a_figure_a_pair():
    frames = pan(4)
    found = list(flickers(iter(frames), iter([hole()] * 4)))
    assert len(found) == 3
    assert all(figure.inside is not None and figure.inside < 3 for figure in found)
    assert list(flickers(frames[:1], [hole()])) == []


def test_sizes_must_match():
    before, after = pan(2)
    with pytest.raises(InputError, match="frame after"):
        flicker(before, after[:, :100], (hole(), hole()))
    with pytest.raises(InputError, match="hole"):
        flicker(before, after, (hole(), hole()[:50]))
