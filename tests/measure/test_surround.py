import numpy as np
import pytest

from multiplane.measure.surround import (
    BAND_PX,
    MOST_SAMPLES,
    Samples,
    parts_of,
    pieces_of,
    texture_samples,
)


def holes(*boxes, shape=(300, 400)):
    hole = np.zeros(shape, np.bool_)
    for x0, y0, x1, y1 in boxes:
        hole[y0:y1, x0:x1] = True
    return hole


def noise(shape=(300, 400)):
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)


def test_what_is_near_is_one_piece_and_the_largest_comes_first():
    found = pieces_of(holes((10, 10, 20, 20), (28, 10, 38, 20), (200, 100, 260, 160)))
    assert [piece.area_px for piece in found] == [3600, 200]
    assert pieces_of(holes()) == []


@pytest.mark.parametrize("box", [(0, 0, 5, 5), (100, 80, 180, 120), (380, 290, 400, 300)])
def test_windows_hold_the_piece_and_its_band_once(box):
    hole = holes(box)
    (piece,) = pieces_of(hole)
    counted = np.zeros(hole.shape, int)
    for look, own in piece.windows:
        counted[look][own] += 1
    assert counted.max() == 1
    y, x = np.mgrid[: hole.shape[0], : hole.shape[1]]
    near = np.maximum.reduce(
        [box[0] - x, x - box[2] + 1, box[1] - y, y - box[3] + 1, np.zeros_like(x)]
    )
    assert (counted[near <= BAND_PX] == 1).all()


def test_a_large_piece_is_looked_at_here_and_there():
    hole = holes((100, 100, 3900, 2900), shape=(3000, 4000))
    (piece,) = pieces_of(hole)
    assert len(piece.windows) == 12
    assert max(look[0].stop - look[0].start for look, _ in piece.windows) <= 512 + 2 * BAND_PX


def test_a_part_shows_the_result_in_the_hole_and_the_original_outside():
    hole = holes((100, 80, 180, 120), (220, 80, 230, 90))
    result, original = np.full((300, 400, 3), 255, np.uint8), np.zeros((300, 400, 3), np.uint8)
    piece = pieces_of(hole)[0]
    (part,) = parts_of(piece, result, hole, original)
    assert part.filled.sum() == 3200
    assert part.lab[part.filled][:, 0].min() > 99
    assert part.lab[part.band][:, 0].max() < 1
    look = piece.windows[0].look
    assert not (part.band & hole[look]).any()
    assert 0 < part.inner.sum() < part.filled.sum()
    assert part.outer.sum() < part.band.sum()


def test_samples_lie_where_they_say_and_differ_with_the_texture():
    hole = holes((100, 80, 180, 120))
    frame = noise()
    frame[hole] = 128
    (part,) = parts_of(pieces_of(hole)[0], frame, hole, frame)
    filled, band = texture_samples(part)
    assert all(hole[int(y), int(x)] for x, y in filled.place)
    assert not any(hole[int(y), int(x)] for x, y in band.place)
    assert filled.texture.shape[1] == 8
    assert filled.texture[:, 0].mean() + 1 < band.texture[:, 0].mean()


def test_many_samples_are_thinned():
    one = Samples(np.arange(8000.0).reshape(1000, 8), np.zeros((1000, 2)))
    joined = Samples.joined([one, one])
    assert len(joined.texture) == len(joined.place) == MOST_SAMPLES
    assert joined.texture[0, 0] == 0
    assert joined.texture[-1, 0] == 7992
