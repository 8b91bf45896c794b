from __future__ import annotations

import dataclasses
from pathlib import Path

from multiplane.engine.report.advice import advise
from multiplane.engine.report.read import read_run


def test_takes_the_word_of_the_check(run_folder: Path) -> None:
    advice = advise(read_run(run_folder))
    assert advice.text == "look at the ghost"
    assert advice.worst == [("clip/0001", "000002", ["a <ghost> is left"])]


def test_failures_come_first(run_folder: Path) -> None:
    run = read_run(run_folder)
    failure = {"id": "clip/0001", "what": "w", "why": "", "fix": ""}
    run.steps[1] = dataclasses.replace(run.steps[1], failures=[failure])
    advice = advise(run)
    assert advice.text.startswith("1 items failed")
    assert advice.command.endswith("--retry-failed")


def test_files_that_were_left_out(run_folder: Path) -> None:
    run = read_run(run_folder)
    bad = {"file": "a.png", "what": "not a picture", "fix": "delete it"}
    run.steps[0] = dataclasses.replace(run.steps[0], items={"clip": {"bad_files": [bad]}})
    advice = advise(run)
    assert advice.bad_files == [("clip", bad)]
    assert "1 files could not be read" in advice.text


def test_little_was_seen(run_folder: Path) -> None:
    run = read_run(run_folder)
    del run.steps[3]
    figures = {"clip/0001": {"frames": [{"frame": "000000", "seen_share": 0.1}]}}
    run.steps[1] = dataclasses.replace(run.steps[1], stage="restore.plate", items=figures)
    assert "never seen" in advise(run).text


def test_nothing_stands_out(run_folder: Path) -> None:
    run = read_run(run_folder)
    del run.steps[3]
    assert advise(run).text.startswith("Nothing stands out")
