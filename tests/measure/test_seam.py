import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.measure.seam import piece_seam, seam


def texture(seed=0, shape=(200, 240)):
    rng = np.random.default_rng(seed)
    grains = rng.normal(120, 60, (*shape, 3))
    return np.clip(cv2.GaussianBlur(grains, (0, 0), 1.5), 0, 255).astype(np.uint8)


def disk(shape=(200, 240), centre=(120, 100), radius=50):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(x - centre[0], y - centre[1]) <= radius


def test_an_untouched_picture_has_no_seam():
    score = seam(texture(), disk())
    assert score.mean == pytest.approx(1.0, abs=0.05)
    assert score.worst < 1.35


def test_a_step_of_brightness_is_a_seam_and_a_larger_one_a_worse_one():
    frame, mask = texture(), disk()
    scores = []
    for step in (10, 40):
        stepped = np.clip(frame.astype(int) + step * mask[..., None], 0, 255).astype(np.uint8)
        scores.append(seam(stepped, mask).mean)
    assert 1.1 < scores[0] < scores[1]
    assert scores[1] > 2


def test_a_feathered_step_is_a_lesser_seam():
    frame, mask = texture(), disk()
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 8)
    hard = np.clip(frame + 40.0 * mask[..., None], 0, 255).astype(np.uint8)
    feathered = np.clip(frame + 40.0 * soft[..., None], 0, 255).astype(np.uint8)
    assert seam(feathered, mask).mean < 1.2 < seam(hard, mask).mean


def test_the_worst_tile_tells_what_the_mean_hides():
    frame, mask = texture(), disk(radius=80)
    local = frame.copy()
    part = mask & (np.mgrid[:200, :240][1] < 64)
    local[part] = 255
    score = seam(local, mask)
    assert score.worst > 1.5 * score.mean


def test_flat_is_no_seam_and_no_border_is_none():
    flat = np.full((40, 40, 3), 90, np.uint8)
    mask = disk((40, 40), (20, 20), 8)
    assert seam(flat, mask).mean == seam(flat, mask).worst == 1.0
    assert seam(flat, np.zeros((40, 40), np.bool_)).mean == 1.0
    assert seam(flat, np.ones((40, 40), np.bool_)).mean == 1.0
    stepped = flat + np.uint8(50) * mask[..., None]
    assert seam(stepped, mask).mean == pytest.approx(51.0, rel=0.1)


def test_what_is_far_away_does_not_count():
    frame, mask = texture(shape=(300, 400)), disk((300, 400), (60, 60), 30)
    other = frame.copy()
    other[200:, 250:] = 0
    assert seam(frame, mask) == seam(other, mask)


def halves(shape=(200, 240)):
    """Two pieces side by side in a disk, nothing round it."""
    pieces = np.where(np.mgrid[: shape[0], : shape[1]][1] < 120, 1, 2)
    return np.where(disk(shape), pieces, -1)


def test_pieces_of_one_texture_meet_unseen():
    score = piece_seam(texture(), halves())
    assert score.mean == pytest.approx(1.0, abs=0.1)
    assert score.worst < 1.5


def test_pieces_of_different_light_are_seen_where_they_meet_and_only_there():
    frame, pieces = texture(), halves()
    stepped = np.clip(frame + 60.0 * (pieces == 2)[..., None], 0, 255).astype(np.uint8)
    assert piece_seam(stepped, pieces).mean > 2
    beyond = frame.copy()
    beyond[pieces < 0] = 0
    assert piece_seam(beyond, pieces) == piece_seam(frame, pieces)


def test_more_than_two_pieces_have_their_borders_too():
    y, x = np.mgrid[:200, :240]
    pieces = (y // 50) * 10 + x // 60
    frame = np.repeat((pieces * 6)[..., None], 3, axis=2).astype(np.uint8)
    assert piece_seam(frame, pieces).mean > 20
    assert piece_seam(texture(), pieces).mean == pytest.approx(1.0, abs=0.1)


def test_the_border_of_a_mask_is_one_between_two_pieces():
    frame, mask = texture(), disk()
    stepped = np.clip(frame + 40.0 * mask[..., None], 0, 255).astype(np.uint8)
    one, other = seam(stepped, mask), piece_seam(stepped, mask.astype(np.uint8))
    assert other.mean == pytest.approx(one.mean, rel=0.1)


@pytest.mark.parametrize("value", [0, 3, -1])
def test_where_no_pieces_meet_there_is_no_seam(value):
    score = piece_seam(texture(), np.full((200, 240), value))
    assert score.mean == score.worst == 1.0


def test_pieces_are_whole_numbers_of_the_frames_size():
    with pytest.raises(InputError, match="pieces are float64") as caught:
        piece_seam(texture(), np.zeros((200, 240)))
    assert "pieces.astype(np.int64)" in str(caught.value.fix)
    with pytest.raises(InputError, match="pieces is 40x40"):
        piece_seam(texture(), np.zeros((40, 40), np.int64))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 30), st.integers(1, 4))
def test_scores_stay_in_their_range(seed, radius, step_px):
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (60, 70, 3), dtype=np.uint8)
    score = seam(frame, disk((60, 70), (35, 30), radius), step_px)
    assert 0 < score.mean <= score.worst <= 256


def test_sizes_must_match():
    with pytest.raises(InputError, match="mask is 40x40"):
        seam(texture(), np.ones((40, 40), np.bool_))
