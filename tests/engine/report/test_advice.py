from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import Any

import pytest

from multiplane.engine.report.advice import advise, seen_shares
from multiplane.engine.report.read import RunResult, StepResult, read_run

SEAM = "a wider blend (--set inpaint.feather_px=10) or larger masks (--set plate.grow_px=30)"


def change(run: RunResult, place: int, **parts: Any) -> None:
    run.steps[place] = dataclasses.replace(run.steps[place], **parts)


def cover(run: RunResult, shares: list[float], **figures: Any) -> None:
    """Let the masks of the only shot cover this much."""
    frames = [{"frame": f"{i:06}", "coverage": share} for i, share in enumerate(shares)]
    change(run, 1, items={"clip/0001": {"backend": "combined", "frames": frames, **figures}})


@pytest.fixture
def fine(run_folder: Path) -> RunResult:
    """A run of which the check has nothing to say."""
    run = read_run(run_folder)
    change(run, 3, items={"clip/0001": {"frames": [], "worst": [], "next_step": ""}})
    return run


def test_the_all_clear_when_all_was_checked_and_found_well(fine: RunResult) -> None:
    advice = advise(fine)
    assert advice.text.startswith("Nothing stands out")
    assert advice.text.endswith("use the folders as they are.")
    assert (advice.also, advice.worst) == ([], [])


def test_takes_the_word_of_the_check(run_folder: Path) -> None:
    advice = advise(read_run(run_folder))
    assert advice.text == "look at the ghost"
    assert advice.worst == [("clip/0001", "000002", ["a <ghost> is left"])]


def test_failures_come_first(run_folder: Path) -> None:
    run = read_run(run_folder)
    failure = {"id": "clip/0001", "what": "w", "why": "", "fix": ""}
    change(run, 1, failures=[failure])
    change(run, 2, skipped={"clip/0001": "w"})
    advice = advise(run)
    assert advice.text.startswith("1 item failed, and 1 item of later steps wait for that; why")
    assert "the same command again: it takes whatever has changed" in advice.text
    assert advice.text.endswith("is the same as before, add --retry-failed.")
    words = ["multiplane", "run", str(run_folder / "recipe.yaml"), "/far/<clip>.mp4",
             "-o", str(run_folder)]  # fmt: skip
    assert shlex.split(advice.command) == words
    assert advice.also == ["look at the ghost"]


@pytest.mark.parametrize(
    ("count", "told"),
    [(1, "1 file could not be read and was left out"), (2, "2 files could not be read and were")],
)
def test_files_that_were_left_out(fine: RunResult, count: int, told: str) -> None:
    bad = {"file": "a.png", "what": "not a picture", "fix": "delete it"}
    change(fine, 0, items={"clip": {"bad_files": [bad] * count}})
    advice = advise(fine)
    assert advice.bad_files == [("clip", bad)] * count
    assert advice.text.startswith(told)


def test_a_run_that_was_cut_off(fine: RunResult) -> None:
    del fine.steps[3]
    fine.unfinished.append("check")
    advice = advise(fine)
    assert advice.text.startswith("The run is not finished: check still to do. Run the same")
    assert advice.command.startswith("multiplane run ")
    assert not any("Nothing stands out" in text for text in (advice.text, *advice.also))


def test_a_run_that_is_on(fine: RunResult) -> None:
    fine.unfinished.append("check")
    advice = advise(dataclasses.replace(fine, active=True))
    assert advice.text.startswith("The run is still going on")


def test_damaged_files(fine: RunResult) -> None:
    fine.notes.append("x is damaged")
    assert advise(fine).text.startswith("Files of the run are damaged")


@pytest.mark.parametrize(
    ("backend", "frames", "ways"),
    [
        ("motion", 3, ["combined", "salient"]),
        ("motion", 1, ["salient"]),
        ("combined", 3, ["motion", "salient"]),
        ("salient", 1, []),
        ("sam2", 3, ["combined", "motion"]),
    ],
)
def test_nobody_was_found(fine: RunResult, backend: str, frames: int, ways: list[str]) -> None:
    cover(fine, [0.0] * frames, backend=backend)
    fine.provenance["steps"][0].update(step="who", stage="split.segment")  # type: ignore[index]
    change(fine, 1, id="who")
    text = advise(fine).text
    assert text.startswith("Nobody was found in ")
    assert "If there is nobody, all is well." in text
    assert [way for way in ("combined", "motion", "salient") if f"who.backend.kind={way}" in text
            ] == ways  # fmt: skip
    assert ways or "mend the masks by hand" in text


def test_nobody_in_one_of_two_shots(fine: RunResult) -> None:
    cover(fine, [0.1, 0.1])
    empty = {"backend": "motion", "frames": [{"frame": "0", "coverage": 0.0}]}
    change(fine, 1, items={**fine.steps[1].items, "clip/0002": empty})
    assert advise(fine).text.startswith("Nobody was found in 1 of 2 shots (clip/0002).")


def test_given_masks_that_are_empty(fine: RunResult) -> None:
    frames = [{"frame": "000000", "coverage_before": 0.0}]
    change(fine, 2, items={"clip/0001": {"frames": frames}})
    del fine.steps[1]
    assert "what is white in a mask is selected" in advise(fine).text


def test_masks_that_are_doubtful_come_before_the_check(run_folder: Path) -> None:
    run = read_run(run_folder)
    cover(run, [0.1, 0.11, 0.001], moving=0.2, motion_weight=0.0, trust="all moves")
    advice = advise(run)
    assert advice.text.startswith("The masks are doubtful")
    assert "clip/0001: the masks jump 1 time" in advice.text
    assert "all moves" in advice.text
    assert "kind=salient" in advice.text
    assert "kind=motion" not in advice.text, "where everything moves it is of no use"
    assert advice.also == ["look at the ghost"]
    ((_, frame, reasons),) = advice.worst
    assert frame == "000002"
    assert [reason.partition(" ")[0] for reason in reasons] == ["the", "a"]


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_little_was_seen(fine: RunResult, share: float) -> None:
    rows = [{"seen_share": share, "hole_px": 9}, {"seen_share": 1.0, "hole_px": 0}]
    change(fine, 0, stage="restore.plate", items={"clip/0001": {"frames": rows}})
    assert list(seen_shares(fine)) == [share], "a frame without a hole says nothing"
    assert ("seen nowhere" in advise(fine).text) == (share < 0.4)


def test_nothing_was_checked(fine: RunResult, run_folder: Path) -> None:
    del fine.steps[3]
    advice = advise(fine)
    assert advice.text.startswith("Nothing has checked these backgrounds")
    words = shlex.split(advice.command)
    assert words[:3] == ["multiplane", "restore", "check"]
    assert words[words.index("--backgrounds") + 1] == str(run_folder / "backgrounds")


@pytest.mark.parametrize(("steps", "what"), [(2, "these masks"), (1, "frames was made")])
def test_a_stage_alone_is_not_cleared(fine: RunResult, steps: int, what: str) -> None:
    del fine.steps[steps:]
    advice = advise(fine)
    assert what in advice.text
    assert "as they are" not in advice.text


def test_what_the_check_was_told_to_leave_out(fine: RunResult) -> None:
    change(fine, 3, options={"residual": False})
    assert advise(fine).text == "Leftovers were not looked for: check.residual is off."


def test_advice_names_the_steps_of_the_recipe(fine: RunResult) -> None:
    change(fine, 2, id="fill")
    change(fine, 3, items={"clip/0001": {"next_step": SEAM}})
    assert advise(fine).text == (
        "a wider blend (--set fill.feather_px=10) or larger masks "
        "(multiplane restore plate … --set plate.grow_px=30)"
    )


def test_a_check_alone_does_not_speak_of_folders(fine: RunResult) -> None:
    step: StepResult = fine.steps[3]
    fine.steps[:] = [step]
    assert "as they are" not in advise(fine).text


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((0.5, 0.1), ""), ((0.98, 0.1), "1 mask selects more"), ((0.98, 0.6), "2 masks select"),
    ],
)  # fmt: skip
def test_masks_that_may_be_the_wrong_way_round(
    fine: RunResult, shares: tuple[float, float], told: str
) -> None:
    items = {name: {"share": share} for name, share in zip("ab", shares, strict=True)}
    change(fine, 3, stage="restore.candidates", items=items)
    text = advise(fine).text
    assert ("invert" in text) is bool(told)
    assert text.startswith(told)
