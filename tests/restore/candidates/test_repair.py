from __future__ import annotations

import itertools
import logging
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from profiles import PROPHOTO, gamma, rgb_profile

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import BackendError, InputError, WeightsError
from multiplane.measure.region import grow
from multiplane.measure.restoration import score_repair
from multiplane.media.icc import seen_as_srgb
from multiplane.media.pixels import to_eight
from multiplane.restore.candidates import proposers as opening
from multiplane.restore.candidates import repair as module
from multiplane.restore.candidates.candidate import Ground
from multiplane.restore.candidates.config import CandidatesOptions
from multiplane.restore.candidates.proposers import Proposers
from multiplane.restore.candidates.repair import Workshop, restore_picture
from multiplane.restore.inpaint.backend import Gap
from multiplane.restore.inpaint.config import LamaOptions
from multiplane.restore.inpaint.propose import Proposal


def options_of(**given: object) -> CandidatesOptions:
    quick = {"backend": {"kind": "patchmatch", "rounds": 1}, "context_px": 16, "seed": 3, "rows": 2}
    return CandidatesOptions.model_validate({**quick, **given})


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_several_restorations_untouched_outside(canvas: Frame, loss: Mask, kind: type) -> None:
    picture = canvas.astype(kind) * (257 if kind is np.uint16 else 1) + kind(kind is np.uint16)
    options = options_of(rows="patchmatch,patchmatch,opencv", grow_px=3, feather_px=2)
    rows = restore_picture(picture, loss, options)
    assert [(one.row, one.backend, one.by, one.seed) for one in rows] == [
        (1, "patchmatch", "patchmatch", 3),
        (2, "patchmatch", "patchmatch", 4),
        (3, "opencv", "opencv", None),
    ]
    outside = ~grow(loss, 3)
    for one in rows:
        assert one.picture.dtype == kind
        assert np.array_equal(one.picture[outside], picture[outside])
        assert (one.picture[loss] != picture[loss]).any()
    assert sorted(one.rank for one in rows if one.rank) == [1, 2, 3]
    best = min(rows, key=lambda one: one.score.total if one.score else 9)
    assert best.rank == 1
    again = restore_picture(picture, loss, options)
    for one, same in zip(rows, again, strict=True):
        assert np.array_equal(one.picture, same.picture)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_scores_are_those_of_the_whole_picture(canvas: Frame, loss: Mask, kind: type) -> None:
    picture = canvas.astype(kind) * (257 if kind is np.uint16 else 1)
    for one in restore_picture(picture, loss, options_of(grow_px=2, feather_px=2)):
        hole = one.damage.hole
        assert one.score == score_repair(to_eight(one.picture), hole, to_eight(picture))


def test_rows_differ_and_a_batch_is_what_each_is_alone(canvas: Frame, loss: Mask) -> None:
    both = restore_picture(canvas, loss, options_of(score=False))
    assert not np.array_equal(both[0].picture, both[1].picture)
    (second,) = restore_picture(canvas, loss, options_of(rows=1, seed=4, score=False))
    assert np.array_equal(both[1].picture, second.picture)
    assert both[0].score is None
    assert both[0].rank is None


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    deep=st.booleans(),
    grow_px=st.integers(0, 4),
    feather_px=st.integers(0, 6),
    together=st.booleans(),
)
def test_nothing_changes_outside_whatever_the_mask(
    seed: int, deep: bool, grow_px: int, feather_px: int, together: bool
) -> None:
    rng = np.random.default_rng(seed)
    kind = np.uint16 if deep else np.uint8
    shape = (int(rng.integers(8, 30)), int(rng.integers(8, 30)))
    picture: NDArray[Any] = rng.integers(0, np.iinfo(kind).max, (*shape, 3)).astype(kind)
    mask = rng.random(shape) < 0.02
    hole = grow(mask, grow_px)
    options = options_of(
        backend="opencv", grow_px=grow_px, feather_px=feather_px, together=together, score=False
    )
    if hole.all():
        return
    (one,) = restore_picture(picture, mask, options)
    assert np.array_equal(one.picture[~hole], picture[~hole])
    most = int(np.iinfo(kind).max)
    levels, alpha = one.layer
    a = alpha.astype(np.int64)[..., None]
    over = (2 * (picture.astype(np.int64) * (most - a) + levels * a) + most) // (2 * most)
    assert np.array_equal(over, one.picture)
    assert (alpha[mask] == most).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (8, 8), (3, 70), (63, 40)])
@pytest.mark.parametrize("backend", ["opencv", "patchmatch"])
def test_tiny_pictures_with_damage_in_the_corners(shape: tuple[int, int], backend: str) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (*shape, 3)).astype(np.uint8)
    mask = np.zeros(shape, np.bool_)
    mask[0, 0] = mask[-1, -1] = True
    options = options_of(backend=backend, rows=1)
    if mask.all():
        with pytest.raises(InputError, match="covers the whole picture") as caught:
            restore_picture(picture, mask, options)
        assert caught.value.fix.startswith("give a smaller --grow-px or a smaller mask")
        return
    (one,) = restore_picture(picture, mask, options)
    assert np.array_equal(one.picture[~mask], picture[~mask])
    assert one.score is not None


def test_without_damage_the_picture_is_the_one_candidate(canvas: Frame) -> None:
    nothing = np.zeros(canvas.shape[:2], np.bool_)
    (one,) = restore_picture(canvas, nothing, options_of(grow_px=5))
    assert (one.row, one.backend, one.by, one.seed, one.rank) == (1, "none", "none", None, None)
    assert np.array_equal(one.picture, canvas)
    assert not one.layer.alpha.any()


def test_transparent_pixels_teach_nothing_and_become_opaque(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type
) -> None:
    brush = painted()
    monkeypatch.setattr(opening, "open_proposer", lambda *_: brush)
    alpha = np.full(loss.shape, 255, np.uint8)
    alpha[12:16, 10:30] = 0
    (one,) = restore_picture(canvas, loss, options_of(rows=1, together=True), alpha=alpha)
    ((gap, _),) = brush.asked
    assert gap.sources.sum() == (~loss & (alpha > 0)).sum()
    _, solid = one.restored
    assert solid is not None
    assert (solid[loss] == 255).all()
    assert (solid[~loss] == alpha[~loss]).all()
    with pytest.raises(InputError, match="not transparent") as caught:
        restore_picture(canvas, loss, options_of(), alpha=np.where(loss, 255, 0).astype(np.uint8))
    assert "--mask-mode" in caught.value.fix


def test_seeds_go_through_together_and_values_are_not_rounded_to_8_bits(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type
) -> None:
    brush = painted()
    monkeypatch.setattr(opening, "open_proposer", lambda *_: brush)
    options = options_of(rows=3, match_colour=False, match_grain=False, score=False, context_px=16)
    told: list[tuple[int, int | None]] = []
    deep = canvas.astype(np.uint16) * np.uint16(257)
    rows = restore_picture(deep, loss, options, progress=lambda *at: told.append(at))
    assert {tuple(seeds) for _, seeds in brush.asked} == {(3, 4, 5)}
    for one, seed in zip(rows, (3, 4, 5), strict=True):
        assert (one.picture[loss] == round((20.25 + seed) * 257)).all()
        assert one.by == "brush"
        assert one.settings["model"] == "brush"
        assert one.notes == ("loaded slowly", "halved the batch")
    assert told == [(0, 1), (1, 1)]


def test_notes_reach_the_log_once(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(opening, "open_proposer", lambda *_: painted())
    workshop = Workshop(options_of(rows=1), Proposers())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            workshop.repair(Ground(canvas), loss)
    assert caplog.text.count("patchmatch: loaded slowly") == 1
    assert caplog.text.count("patchmatch: halved the batch") == 1


def test_seed_0_is_drawn_once_a_picture_and_told(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type
) -> None:
    monkeypatch.setattr(opening, "open_proposer", lambda *_: painted())
    drawn = itertools.count(50, 10)
    monkeypatch.setattr(module, "first_seed", lambda _: next(drawn))
    workshop = Workshop(options_of(seed=0), Proposers())
    seeds = [
        [one.seed for one in workshop.repair(Ground(canvas), loss).candidates] for _ in range(2)
    ]
    assert seeds == [[50, 51], [60, 61]]


def test_a_row_that_fails_leaves_the_others(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    painted: type,
) -> None:  # fmt: skip
    class Broken(painted):  # type: ignore[misc]
        def propose(self, gap: object, seeds: object) -> list[object]:
            raise MemoryError

    def open_proposer(options: object, compute: object) -> object:
        if isinstance(options, LamaOptions):
            raise WeightsError("big-lama is broken", fix="multiplane models pull big-lama")
        return Broken() if getattr(options, "kind", "") == "opencv" else painted()

    monkeypatch.setattr(opening, "open_proposer", open_proposer)
    options = options_of(rows="lama,opencv,patchmatch")
    repairs = Workshop(options, Proposers()).repair(Ground(canvas), loss)
    assert [(one.row, one.rank) for one in repairs.candidates] == [(3, 1)]
    lama, opencv = repairs.failed
    assert (lama.row, lama.backend, lama.error.fix) == (
        1,
        "lama",
        "multiplane models pull big-lama",
    )
    assert isinstance(opencv.error, BackendError)
    assert opencv.error.fix.startswith("repair it one by one (together: false)")
    with caplog.at_level(logging.WARNING):
        assert len(restore_picture(canvas, loss, options)) == 1
    assert "row 1 (lama) is missing: big-lama is broken" in caplog.text
    with pytest.raises(WeightsError) as caught:
        restore_picture(canvas, loss, options_of(rows="lama,opencv"))
    assert caught.value.fix == "multiplane models pull big-lama"


def test_what_is_no_number_is_no_picture(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type
) -> None:
    class Overflown(painted):  # type: ignore[misc]
        def propose(self, gap: Gap, seeds: list[int]) -> list[Proposal]:
            whole = super().propose(gap, seeds)
            whole[-1].values[0] = np.nan
            return list(whole)

    monkeypatch.setattr(opening, "open_proposer", lambda *_: Overflown())
    with pytest.raises(BackendError, match="brush painted what is no number") as caught:
        restore_picture(canvas, loss, options_of())
    assert caught.value.fix == "--precision fp32, or --precision bf16"


def test_all_damage_in_one_pass_or_one_by_one(
    monkeypatch: pytest.MonkeyPatch, painted: type
) -> None:
    picture = np.full((40, 200, 3), 90, np.uint8)
    mask = np.zeros((40, 200), np.bool_)
    mask[4:6, 4:6] = mask[30:32, 190:194] = True
    for together, passes in ((False, 2), (True, 1)):
        brush = painted()
        monkeypatch.setattr(opening, "open_proposer", lambda *_, brush=brush: brush)
        (one,) = restore_picture(picture, mask, options_of(rows=1, together=together))
        assert len(brush.asked) == passes
        assert (one.picture[mask] != 90).any(axis=1).all()


def test_other_sizes_are_refused(canvas: Frame, loss: Mask) -> None:
    with pytest.raises(InputError, match="mask is 47x40") as caught:
        restore_picture(canvas, loss[:, :-1], options_of())
    assert caught.value.fix == "resize the mask to 48x40 first"


def test_a_large_loss_continues_the_weave(canvas: Frame) -> None:
    """Not a blur: patchmatch keeps the detail of the weave, in each of its rows."""
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.circle(mask, (24, 20), 7, 1, -1)
    hole = mask > 0
    damaged = np.where(hole[..., None], 255, canvas).astype(np.uint8)
    for one in restore_picture(damaged, hole, options_of(match_colour=False, match_grain=False)):
        detail = np.abs(np.diff(one.picture.astype(float), axis=1)).mean(axis=2)
        assert detail[hole[:, 1:]].mean() > 0.6 * detail[~hole[:, 1:]].mean()
        assert one.score is not None
        assert one.score.total < 2


def test_pictures_without_colour_get_none(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type
) -> None:
    class Blue(painted):  # type: ignore[misc]
        def propose(self, gap: Gap, seeds: list[int]) -> list[Proposal]:
            whole = super().propose(gap, seeds)
            for one in whole:
                one.values[:] = (10.0, 20.0, 200.0)
            return list(whole)

    monkeypatch.setattr(opening, "open_proposer", lambda *_: Blue())
    options = options_of(rows=1, match_colour=False, match_grain=False)
    grey = np.repeat(canvas[..., :1], 3, axis=2)
    grey[loss] = (255, 0, 0)  # marked in red
    (one,) = restore_picture(grey, loss, options)
    assert (one.picture[loss] == round(0.299 * 10 + 0.587 * 20 + 0.114 * 200)).all()
    (coloured,) = restore_picture(canvas, loss, options)
    assert (coloured.picture[loss] == (10, 20, 200)).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_networks_are_shown_srgb_and_what_they_paint_is_brought_back(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type, kind: type
) -> None:
    """A network that knew what was lost gives the wide picture's own numbers back."""
    icc = rgb_profile(PROPHOTO, gamma(1.8))
    view = seen_as_srgb(icc)
    assert view is not None
    step = np.iinfo(kind).max // 255
    wide = canvas.astype(kind) * kind(step)
    seen = view.seen(wide)
    shown = []

    class Knowing(painted):  # type: ignore[misc]
        def propose(self, gap: Gap, seeds: list[int]) -> list[Proposal]:
            shown.append(gap.frame)
            return [Proposal(gap.hole, seen[gap.hole].astype(np.float32), "knowing")]

    monkeypatch.setattr(opening, "open_proposer", lambda *_: Knowing())
    plain = {"rows": 1, "match_colour": False, "match_grain": False, "together": True,
             "context_px": 99, "score": False}  # fmt: skip
    options = options_of(backend={"kind": "lama"}, **plain)
    (one,) = restore_picture(wide, loss, options, icc=icc)
    assert np.array_equal(shown[0], seen)
    assert one.settings["seen_as"] == "sRGB, by the picture's profile"
    assert np.abs(one.picture.astype(float) - wide)[loss].max() / step < 1.5
    (raw,) = restore_picture(wide, loss, options)
    assert np.array_equal(shown[1], canvas)
    assert np.abs(raw.picture.astype(float) - wide)[loss].max() / step > 5
    restore_picture(wide, loss, options_of(**plain), icc=icc)
    assert np.array_equal(shown[2], canvas), "patches of the picture are in its own numbers"


def test_a_profile_that_cannot_be_applied_is_told(
    canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type
) -> None:
    monkeypatch.setattr(opening, "open_proposer", lambda *_: painted())
    icc = rgb_profile(PROPHOTO, gamma(1.8), {b"A2B0": b"mft2"})
    (one,) = restore_picture(canvas, loss, options_of(backend={"kind": "lama"}, rows=1), icc=icc)
    assert any("convert the picture to a working space" in note for note in one.notes)
    (one,) = restore_picture(canvas, loss, options_of(rows=1), icc=icc)
    assert not any("profile" in note for note in one.notes)
