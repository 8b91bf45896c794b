from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.core.errors import ConfigError, InputError
from multiplane.media.images import read_alpha, read_frame
from multiplane.split.matte.config import ClosedFormMatte, GuidedMatte
from multiplane.split.stereo import edges
from multiplane.split.stereo.edges import EdgeRefiner
from multiplane.split.stereo.edges_config import EdgesOptions

LEMUR = Path(__file__).resolve().parents[3] / "../shared/media/lemur"
GUIDED = EdgesOptions(method=GuidedMatte(), edge_px=8)


def person(height: int = 240, width: int = 200, shift: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A body and some hair before a wall, and the exact alpha."""
    rng = np.random.default_rng(2)
    big = np.zeros((height * 4, width * 4), np.uint8)
    x, y = width * 2 + 4 * shift, height * 2
    cv2.ellipse(big, (x, y), (width, height), 10, 0, 360, 255, -1)
    for angle in np.linspace(-2.6, -0.5, 14):
        tip = (round(x + width * 1.5 * np.cos(angle)), round(y + height * 1.4 * np.sin(angle)))
        cv2.line(big, (x, y), tip, 255, 6, cv2.LINE_AA)
    true = cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255

    def cloth(low: int, high: int) -> np.ndarray:
        coarse = rng.uniform(low, high, (6, 5, 3)).astype(np.float32)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    mixed = cloth(10, 90) * true[..., None] + cloth(140, 240) * (1 - true[..., None])
    return np.clip(np.rint(mixed + rng.normal(0, 2, mixed.shape)), 0, 255).astype(np.uint8), true


def at_work(true: np.ndarray, share: float, rough_px: float = 0) -> np.ndarray:
    """What a people backend says: hard, at working size, its edge wandering."""
    size = (round(true.shape[1] * share), round(true.shape[0] * share))
    small = cv2.resize(true, size, interpolation=cv2.INTER_AREA)
    wander = cv2.GaussianBlur(np.random.default_rng(0).standard_normal(small.shape), (0, 0), 3)
    inside = cv2.distanceTransform((small >= 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((small < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return (inside - outside + rough_px * wander / wander.std() > 0).astype(np.float32)


def bilinear(alpha: np.ndarray, like: np.ndarray) -> np.ndarray:
    return cv2.resize(alpha, like.shape[1::-1], interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("rough_px", [0, 1])
def test_edges_come_nearer_to_the_truth(share: float, rough_px: float) -> None:
    frame, true = person()
    work = at_work(true, share, rough_px)
    found = EdgeRefiner(GUIDED).refine(frame, work)
    error, plain = np.abs(found - true).mean(), np.abs(bilinear(work, frame) - true).mean()
    assert error < (0.4 if rough_px or share < 1 else 0.8) * plain
    assert found.dtype == np.float32
    assert found.shape == true.shape
    assert found.min() >= 0
    assert found.max() <= 1


def test_more_care_gives_better_edges() -> None:
    frame, true = person()
    work = at_work(true, 0.25, 1)
    ways = [GUIDED.model_copy(update={"refine": how}) for how in ("none", "coarse", "full")]
    none, coarse, full = (
        float(np.square(EdgeRefiner(way).refine(frame, work) - true).mean()) for way in ways
    )
    assert full < 0.8 * coarse < 0.4 * none


@pytest.mark.skipif(not (LEMUR / "lemur.png").exists(), reason="no shared media")
@pytest.mark.parametrize("share", [0.25, 0.5])
def test_the_lemur_is_cut_out(share: float) -> None:
    frame, true = read_frame(LEMUR / "lemur.png"), read_alpha(LEMUR / "lemur_alpha.png")
    work = at_work(true, share)
    found = EdgeRefiner(EdgesOptions(method=GuidedMatte(), edge_px=10)).refine(frame, work)
    assert np.abs(found - true).mean() < 0.0046
    assert np.abs(found - true).mean() < 0.55 * np.abs(bilinear(work, frame) - true).mean()


def test_away_from_the_edge_it_is_exactly_all_or_nothing() -> None:
    frame, true = person()
    found = EdgeRefiner(GUIDED).refine(frame, at_work(true, 0.25))
    for side, value in ((true >= 0.5, 1), (true < 0.5, 0)):
        depth = cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, 5)
        assert (found[depth > 40] == value).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("refine", ["none", "coarse", "full"])
def test_nobody_and_nothing_but_somebody(value: float, refine: str) -> None:
    frame, _ = person()
    options = GUIDED.model_copy(update={"refine": refine})
    found = EdgeRefiner(options).refine(frame, np.full((60, 50), value, np.float32))
    assert found.shape == frame.shape[:2]
    assert (found == value).all()


def test_what_reaches_over_the_border_has_no_bump_there() -> None:
    frame, true = person()
    cut, kept = np.ascontiguousarray(frame[:, :100]), true[:, :100]
    whole = EdgeRefiner(GUIDED).refine(frame, at_work(true, 0.25))[:, :100]
    half = EdgeRefiner(GUIDED).refine(cut, at_work(kept, 0.25))
    error = np.abs(half - kept)
    assert np.abs(half[:, -8:] - whole[:, -8:]).mean() < 0.02
    assert error[:, -8:].mean() < 1.5 * np.abs(whole - kept)[:, -8:].mean() + 0.005


def test_the_parts_it_is_done_in_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, true = person()
    work = at_work(true, 0.25)
    whole = EdgeRefiner(GUIDED).refine(frame, work)
    monkeypatch.setattr(edges, "_TILE_PX", 64)
    apart = np.abs(EdgeRefiner(GUIDED).refine(frame, work) - whole)
    assert apart.max() < 1e-3


def test_people_apart_are_refined_as_if_alone() -> None:
    frame, true = person()
    wide = np.concatenate([frame, frame[:, ::-1], frame], axis=1)
    nobody = np.zeros_like(true)
    work = at_work(true, 0.25)
    empty = np.zeros_like(work)
    both = EdgeRefiner(GUIDED).refine(wide, np.concatenate([work, empty, work], axis=1))
    one = EdgeRefiner(GUIDED).refine(wide, np.concatenate([work, empty, empty], axis=1))
    assert (both[:, 260:340] == nobody[:, 60:140]).all()
    assert np.abs(both[:, :200] - one[:, :200]).max() < 1e-6


def test_what_was_handed_in_stays_as_it_was() -> None:
    frame, true = person()
    work = at_work(true, 1.0)
    before = work.copy(), frame.copy()
    found = EdgeRefiner(GUIDED.model_copy(update={"refine": "none"})).refine(frame, work)
    assert np.array_equal(found, work)
    assert found is not work
    EdgeRefiner(GUIDED).refine(frame, work)
    assert np.array_equal(work, before[0])
    assert np.array_equal(frame, before[1])


def flickering(steady: float, moving: int) -> tuple[float, float]:
    """Mean change from frame to frame, and mean error, of masks that flicker."""
    refiner = EdgeRefiner(
        EdgesOptions(method=GuidedMatte(), edge_px=4, steady=steady, refine="none")
    )
    rng, found, trues = np.random.default_rng(5), [], []
    for number in range(8):
        frame, true = person(120, 100, moving * number)
        noisy = at_work(true, 0.25)
        noisy = np.roll(noisy, int(rng.integers(-1, 2)), axis=1) if not moving else noisy
        found.append(refiner.refine(frame, noisy))
        trues.append(true)
    change = np.abs(np.diff(found, axis=0)).mean()
    return float(change), float(np.abs(np.array(found) - trues).mean())


def test_steady_edges_flicker_less() -> None:
    assert flickering(0.6, 0)[0] < 0.7 * flickering(0.0, 0)[0]


def test_steady_edges_do_not_smear_what_moves() -> None:
    assert flickering(0.6, 6)[1] < 1.05 * flickering(0.0, 6)[1]


def test_a_new_beginning_knows_nothing_of_before() -> None:
    refiner = EdgeRefiner(GUIDED.model_copy(update={"steady": 0.9}))
    frame, true = person(120, 100)
    first = refiner.refine(frame, at_work(true, 0.25))
    refiner.refine(frame, np.zeros((30, 25), np.float32))
    refiner.reset()
    assert np.array_equal(refiner.refine(frame, at_work(true, 0.25)), first)


def sees_dark(frame: np.ndarray, hint: np.ndarray) -> tuple[np.ndarray, float]:
    assert frame.shape[:2] == hint.shape
    return (frame.max(axis=2) < 120).astype(np.float32), 1.0


def test_crops_of_the_full_picture_bring_back_what_small_masks_lost() -> None:
    frame, true = person()
    work = cv2.erode(at_work(true, 0.25), np.ones((5, 5), np.uint8))
    options = EdgesOptions(method=GuidedMatte(), edge_px=4, full_resolution_crops=True)
    blind, seeing = EdgeRefiner(options), EdgeRefiner(options)
    without, found = blind.refine(frame, work), seeing.refine(frame, work, (), sees_dark)
    assert np.abs(found - true).mean() < 0.3 * np.abs(without - true).mean()
    assert blind.notes == []
    assert seeing.notes == []


def test_a_crop_that_shows_another_is_told_of() -> None:
    frame, true = person()
    options = EdgesOptions(method=GuidedMatte(), full_resolution_crops=True)
    refiner = EdgeRefiner(options)

    def nobody(part: np.ndarray, hint: np.ndarray) -> tuple[np.ndarray, float]:
        return np.zeros(hint.shape, np.float32), 0.0

    work = at_work(true, 0.25)
    found = refiner.refine(frame, work, [work > 0], nobody)
    assert np.abs(found - true).mean() < 0.02
    assert refiner.notes == [
        "1 of 1 crops at full size were not taken: they agreed too little with what was found "
        "before"
    ]


def test_other_methods_of_matting_serve_as_well() -> None:
    frame, true = person(120, 100)
    refiner = EdgeRefiner(EdgesOptions(method=ClosedFormMatte(), edge_px=6))
    found = refiner.refine(frame, at_work(true, 0.25))
    assert (refiner.kind, refiner.why) == ("closed_form", "asked for")
    plain = np.abs(bilinear(at_work(true, 0.25), frame) - true).mean()
    assert np.abs(found - true).mean() < 0.6 * plain


def test_without_a_method_none_is_loaded() -> None:
    refiner = EdgeRefiner(EdgesOptions(refine="none"))
    assert (refiner.kind, refiner.why) == ("none", "refine is none")


def test_an_alpha_larger_than_the_frame_is_refused() -> None:
    frame, true = person()
    with pytest.raises(
        InputError, match="alpha is 200x240, larger than the frame, 100x100"
    ) as caught:
        EdgeRefiner(GUIDED).refine(np.ascontiguousarray(frame[:100, :100]), true)
    assert caught.value.fix == "cv2.resize(alpha, (100, 100), interpolation=cv2.INTER_AREA)"


def test_a_method_nobody_offers_is_refused() -> None:
    with pytest.raises(ConfigError, match="gided"):
        EdgeRefiner(
            EdgesOptions.model_construct(
                **{**dict(EdgesOptions()), "method": GuidedMatte.model_construct(kind="gided")}
            )
        )
