from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from multiplane.engine.report.masks import judge_masks, number, percent
from multiplane.engine.report.read import RunResult, read_run


def with_masks(run: RunResult, shares: list[float], **figures: Any) -> RunResult:
    """The run, its only shot masked like this."""
    frames = [{"frame": f"{i:06}", "coverage": share} for i, share in enumerate(shares)]
    items = {"clip/0001": {"backend": "combined", "frames": frames, **figures}}
    run.steps[1] = dataclasses.replace(run.steps[1], items=items)
    return run


def test_steady_masks_are_believed(run_folder: Path) -> None:
    # as of somebody who runs towards the camera
    shares = [0.048 * 1.05**i for i in range(24)]
    masks = judge_masks(with_masks(read_run(run_folder), shares))
    assert masks.frames == 24
    assert (masks.empty, masks.doubts, masks.worst) == ([], [], [])


def test_masks_that_jump(run_folder: Path) -> None:
    masks = judge_masks(with_masks(read_run(run_folder), [0.05, 0.052, 0.013, 0.012, 0.055]))
    ((shot, doubt),) = masks.doubts
    assert shot == "clip/0001"
    assert (
        doubt == "the masks jump 2 times from one frame to the next (1.2 % to 5.5 % of the picture)"
    )
    assert sorted(frame for _, _, frame, _ in masks.worst) == ["000002", "000003"]
    assert sorted(why for *_, why in masks.worst) == [
        "the mask covers 1.2 % here, 5.5 % in the next frame 000004",
        "the mask covers 1.3 % here, 5.2 % in frame 000001 before",
    ]


def test_a_mask_that_is_lost_in_one_frame(run_folder: Path) -> None:
    masks = judge_masks(with_masks(read_run(run_folder), [0.002, 0.0, 0.002]))
    assert "0 % to 0.2 % of the picture" in masks.doubts[0][1]
    assert masks.empty == []


def test_nobody(run_folder: Path) -> None:
    masks = judge_masks(with_masks(read_run(run_folder), [0.0, 0.0], motion_weight=0, moving=0.5))
    assert masks.empty == ["clip/0001"]
    assert masks.doubts == []


@pytest.mark.parametrize(
    ("figures", "doubt"),
    [
        ({"motion_weight": 0.0, "moving": 0.1, "trust": "all moves"}, "all moves"),
        ({"motion_weight": 0.0, "moving": 0.001}, ""),
        ({"motion_weight": 1.0, "moving": 0.1, "moving_that_is_salient": 0.4}, ""),
        (
            {"motion_weight": 1.0, "moving": 0.1, "moving_that_is_salient": 0.18},
            "only 18.0 % of what moves also catches the eye",
        ),
        ({"unregistered_frames": [1, 2]}, "the camera was not found in 2 of 4 frames"),
    ],
)
def test_whoever_drew_them_was_unsure(
    run_folder: Path, figures: dict[str, Any], doubt: str
) -> None:
    doubts = judge_masks(with_masks(read_run(run_folder), [0.1] * 4, **figures)).doubts
    assert len(doubts) == bool(doubt)
    assert all(doubt in told for _, told in doubts)


def test_masks_that_were_given(run_folder: Path) -> None:
    run = read_run(run_folder)
    del run.steps[1]
    assert [share for _, share in judge_masks(run).coverage["clip/0001"]] == [0.2] * 3


def test_no_masks(run_folder: Path) -> None:
    run = read_run(run_folder)
    del run.steps[1:]
    masks = judge_masks(run)
    assert (masks.frames, masks.empty, masks.doubts) == (0, [], [])


@pytest.mark.parametrize(
    ("share", "told"), [(0.0, "0 %"), (0.00128, "0.13 %"), (0.105, "10.5 %"), (1.0, "100.0 %")]
)
def test_percent(share: float, told: str) -> None:
    assert percent(share) == told


def test_number() -> None:
    assert [number(value) for value in (1, 0.5, True, None, "1")] == [1.0, 0.5, None, None, None]
