from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.measure.restoration import WEIGHTS, rank, score_repair

SHAPE = (220, 260)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
DISK = np.hypot(COLUMNS - 130, ROWS - 105) <= 38


def crack():
    drawn = np.zeros(SHAPE, np.uint8)
    way = np.array([[20, 20], [90, 80], [150, 150], [240, 190]])
    cv2.polylines(drawn, [way], isClosed=False, color=1, thickness=4)
    return drawn > 0


def strokes():
    rng = np.random.default_rng(1)
    bent = cv2.GaussianBlur(rng.normal(0, 1, SHAPE), (0, 0), 12)
    wave = np.sin((COLUMNS * 0.5 + ROWS * 0.9) / 3 + 2 * bent / bent.std()) * 35
    colours = np.dstack([130 + wave, 110 + 0.8 * wave, 80 + 0.5 * wave])
    return np.clip(colours + rng.normal(0, 3, colours.shape), 0, 255).astype(np.uint8)


def plaster():
    rng = np.random.default_rng(2)
    colours = np.dstack([90 + COLUMNS * 0.2, 110 + ROWS * 0.2, 140 - COLUMNS * 0.1])
    return np.clip(colours + rng.normal(0, 2, colours.shape), 0, 255).astype(np.uint8)


PICTURES = {"strokes": strokes(), "plaster": plaster()}
HOLES = {"disk": DISK, "crack": crack()}


def within(hole, changed, frame):
    return np.where(hole[..., None], np.clip(changed, 0, 255), frame).astype(np.uint8)


@pytest.fixture(params=PICTURES)
def frame(request):
    return PICTURES[request.param]


@pytest.fixture(params=HOLES)
def hole(request):
    return HOLES[request.param]


def test_an_untouched_picture_scores_near_nothing(frame, hole):
    found = score_repair(frame, hole, frame)
    assert found.total < 0.3
    assert found.likeness is None


@pytest.mark.parametrize(
    ("fault", "part", "more"),
    [
        (lambda f, h: within(h, cv2.GaussianBlur(f, (0, 0), 6), f), "texture", 0.1),
        (lambda f, h: within(h, cv2.GaussianBlur(f, (0, 0), 6), f), "grain", 0.4),
        (lambda f, h: within(h, f + np.array([14.0, 2, -10]), f), "colour", 0.6),
        (lambda f, h: within(h, f + 30.0, f), "seam", 1.2),
        (lambda f, h: within(h, noise(f.shape), f), "grain", 3.5),
        (lambda f, h: within(h, noise(f.shape), f), "texture", 0.9),
    ],
    ids=["airbrushed", "without grain", "shifted", "hard edge", "noisy", "noise is no texture"],
)
def test_a_fault_is_seen_in_the_part_meant_for_it(frame, hole, fault, part, more):
    true, bad = score_repair(frame, hole, frame), score_repair(fault(frame, hole), hole, frame)
    assert getattr(bad, part) > getattr(true, part) + more
    assert bad.total > true.total + 0.5


def noise(shape):
    return np.random.default_rng(9).integers(0, 256, shape)


def test_strokes_across_the_others_are_another_texture():
    frame = PICTURES["strokes"]
    turned = within(DISK, cv2.resize(np.rot90(frame), SHAPE[::-1]), frame)
    assert score_repair(turned, DISK, frame).texture > 0.2
    assert score_repair(frame, DISK, frame).texture < 0.05


def test_only_the_hole_of_the_result_and_the_rest_of_the_original_count():
    frame = PICTURES["strokes"]
    elsewhere = within(~DISK, noise(frame.shape), frame)
    assert score_repair(elsewhere, DISK, frame) == score_repair(frame, DISK, frame)
    damaged = within(DISK, noise(frame.shape), frame)
    assert score_repair(frame, DISK, damaged) == score_repair(frame, DISK, frame)


def test_a_large_piece_counts_more_than_a_small_one():
    frame = PICTURES["plaster"]
    small = np.hypot(COLUMNS - 40, ROWS - 180) <= 12
    both = DISK | small
    worse = [score_repair(within(h, frame + 30.0, frame), both, frame).total for h in (small, DISK)]
    assert worse[0] < 0.5 * worse[1]


def test_damage_of_another_piece_is_no_surroundings():
    frame = PICTURES["plaster"]
    beside = np.hypot(COLUMNS - 205, ROWS - 105) <= 14  # 23 px from the disk
    filled = within(beside, noise(frame.shape), frame)
    large = score_repair(filled, DISK | beside, frame)
    alone = score_repair(frame, DISK, frame)
    share = beside.sum() / (DISK | beside).sum()
    other = score_repair(filled, beside, frame)
    assert large.grain == pytest.approx(alone.grain * (1 - share) + other.grain * share, abs=0.1)


def test_a_hole_larger_than_a_window_is_judged_in_parts():
    rng = np.random.default_rng(4)
    frame = rng.integers(100, 120, (900, 1300, 3), dtype=np.uint8)
    hole = np.zeros(frame.shape[:2], np.bool_)
    hole[60:840, 60:1240] = True
    assert score_repair(frame, hole, frame).total < 0.1
    assert score_repair(within(hole, frame * 0 + 110, frame), hole, frame).total > 1


def test_nothing_damaged_and_nothing_left():
    frame = PICTURES["plaster"]
    assert score_repair(frame, DISK & False, frame).total == 0
    with pytest.raises(InputError, match="whole picture") as caught:
        score_repair(frame, DISK | True, frame)
    assert "score: false" in caught.value.fix
    with pytest.raises(InputError, match="hole is 10x10"):
        score_repair(frame, np.zeros((10, 10), np.bool_), frame)


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (12, 9)])
def test_tiny_pictures_have_scores_too(shape):
    frame = np.full((*shape, 3), 90, np.uint8)
    hole = np.zeros(shape, np.bool_)
    hole[0, : shape[1] // 2] = True
    assert np.isfinite(score_repair(frame, hole, frame).total)


class Colours:
    """Thinks that what has the same mean colour looks alike."""

    def distance(self, first, second, mask=None):
        assert first.shape == second.shape == (64, 64, 3)
        inside = np.ones(first.shape[:2], np.bool_) if mask is None else mask
        return float(np.abs(first[inside].mean(0) - second[inside].mean(0)).mean() / 255)


def test_likeness_counts_where_somebody_judges_it():
    frame = PICTURES["plaster"]
    true = score_repair(frame, DISK, frame, Colours())
    bad = score_repair(within(DISK, frame + 60.0, frame), DISK, frame, Colours())
    assert true.likeness < 0.02
    assert bad.likeness > 0.1
    without = score_repair(frame, DISK, frame)
    assert true.total == pytest.approx(without.total + WEIGHTS["likeness"] * true.likeness)


FEATURES = Path(__file__).parents[3] / "shared/models/lpips-alex/alexnet_features_fp16.safetensors"


@pytest.mark.skipif(not FEATURES.exists(), reason="no weights of AlexNet beside the checkout")
def test_lpips_tells_a_blur_from_strokes():
    extra = "needs pip install 'multiplane[perceptual]'"
    for package in ("torch", "lpips", "safetensors"):
        pytest.importorskip(package, reason=extra)
    from multiplane.measure.perceptual import Lpips  # noqa: PLC0415 - after the skips

    frame, judge = PICTURES["strokes"], Lpips(FEATURES)
    true = score_repair(frame, DISK, frame, judge)
    blurred = score_repair(within(DISK, cv2.GaussianBlur(frame, (0, 0), 6), frame), DISK, frame,
                           judge)  # fmt: skip
    assert true.likeness < 0.05
    assert blurred.likeness > true.likeness + 0.1


def test_places():
    assert rank([0.5, 0.2, 0.5, 0.1]) == [3, 2, 4, 1]
    assert rank([]) == []
    assert rank([float("nan"), 3.0]) == [2, 1]


@given(st.lists(st.floats(allow_nan=False)))
def test_places_are_a_permutation_in_order(totals):
    places = rank(totals)
    assert sorted(places) == list(range(1, len(totals) + 1))
    ordered = [total for _, total in sorted(zip(places, totals, strict=True))]
    assert ordered == sorted(totals)
