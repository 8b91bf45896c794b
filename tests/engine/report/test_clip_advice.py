from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from multiplane.engine.report.advice import advise
from multiplane.engine.report.clip_advice import clip_findings, proven
from multiplane.engine.report.read import read_run


def change(root: Path, step: str, how: Callable[[dict[str, Any]], object]) -> None:
    path = root / step / f"{step}_metadata.json"
    value = json.loads(path.read_text())
    for item in value["items"]:
        how(item["figures"])
    path.write_text(json.dumps(value))


def test_where_all_is_well_it_says_what_was_proven(clip_folder: Path) -> None:
    run = read_run(clip_folder)
    assert list(clip_findings(run)) == []
    assert proven(run)
    advice = advise(run)
    assert advice.text.startswith("Nothing stands out, and every video has the frames, times")
    assert advice.also == []


def test_nobody(clip_folder: Path) -> None:
    change(clip_folder, "stereo", lambda figures: figures.update(people=[]))
    advice = advise(read_run(clip_folder))
    assert advice.text == (
        "Nobody was found in walk. If there is somebody, look in another way: the same command "
        "with --set stereo.people.backend=sam or characters or motion."
    )


def test_eyes_that_disagree(clip_folder: Path) -> None:
    change(clip_folder, "stereo", lambda figures: figures["agreement"].update(below_share=0.25))
    advice = advise(read_run(clip_folder))
    assert "The eyes of walk still disagree on 25.0 % of what both see" in advice.text
    assert "at worst in frame 1 (person 1)" in advice.text


def test_jagged_edges(clip_folder: Path) -> None:
    def jagged(figures: dict[str, Any]) -> None:
        figures["quality"]["aliasing"]["mean"] = 0.8

    change(clip_folder, "export", jagged)
    text = advise(read_run(clip_folder)).text
    assert text.startswith("Edges are jagged in walk.")
    assert text.endswith("--set stereo.edges.refine=full.")


def test_files_that_nobody_compared(clip_folder: Path) -> None:
    change(clip_folder, "export", lambda figures: figures["outputs"][0].update(verified=False))
    run = read_run(clip_folder)
    assert not proven(run)
    assert advise(run).text == (
        "1 file was not held against the source: export.verify_sync is off."
    )


def test_other_recipes_are_left_alone(run_folder: Path) -> None:
    run = read_run(run_folder)
    assert list(clip_findings(run)) == []
    assert not proven(run)
