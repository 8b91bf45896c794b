import cv2
import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.motion.features import describe
from multiplane.motion.walk import Walk


@pytest.fixture(scope="module")
def seen():
    """Features of two places, six frames each, the camera panning by 3 px a frame."""
    rng = np.random.default_rng(8)
    soft = [cv2.GaussianBlur(place, (0, 0), 2.0) for place in rng.normal(size=(2, 180, 300, 3))]
    places = [np.clip(128 + 40 * place / place.std(), 0, 255).astype(np.uint8) for place in soft]
    return [
        [describe(np.ascontiguousarray(place[10:160, 3 * i : 200 + 3 * i])) for i in range(6)]
        for place in places
    ]


def walked(frames):
    walk = Walk()
    for frame in frames:
        walk.add(frame)
    return walk


def test_frames_that_fit_go_on_with_their_piece(seen):
    here, there = seen
    walk = walked([here[0], here[1], there[0], here[2], there[1], here[3]])
    assert [placed.piece for placed in walk.placed] == [0, 0, 1, 0, 1, 0]
    assert [placed is not None for placed in walk.main_piece()] == [1, 1, 0, 1, 0, 1]
    np.testing.assert_allclose(walk.placed[5].to_first[:2, 2], [9, 0], atol=0.2)
    np.testing.assert_allclose(walk.placed[4].to_first[:2, 2], [3, 0], atol=0.2)


def test_the_first_of_two_equal_pieces_is_the_main_one(seen):
    here, there = seen
    walk = walked([*here[:2], *there[:2]])
    assert [placed is not None for placed in walk.main_piece()] == [1, 1, 0, 0]


def test_another_size_is_refused(seen):
    walk = walked(seen[0][:1])
    with pytest.raises(InputError, match="the shot 200x150"):
        walk.add(describe(np.zeros((60, 80, 3), np.uint8)))
