from __future__ import annotations

import json
from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.engine import lock
from multiplane.engine.ledger import FILE_NAME, Ledger
from multiplane.engine.report.read import read_run


def test_reads_what_the_steps_left(run_folder: Path) -> None:
    run = read_run(run_folder)
    assert [step.id for step in run.steps] == ["shots", "segment", "inpaint", "check"]
    assert run.groups() == ["clip/0001"]
    assert run.plane("frames", "clip/0001")[0] == run_folder / "frames" / "000000.png"
    assert run.plane("alphas", "clip/0001") == []
    assert run.steps[0].timings == {"decode": 0.5}
    assert run.steps[0].seconds == 2.5
    assert run.step("restore.plate") is None
    shares = [figures["coverage_after"] for _, figures in run.frame_figures("restore.inpaint")]
    assert shares == pytest.approx([0.3, 0.4, 0.5])


def test_a_step_that_has_not_run_is_left_out(run_folder: Path) -> None:
    (run_folder / "check" / "check_metadata.json").unlink()
    assert [step.id for step in read_run(run_folder).steps] == ["shots", "segment", "inpaint"]


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run folder") as caught:
        read_run(tmp_path)
    assert "-o" in caught.value.fix


def test_a_run_that_has_hardly_begun(tmp_path: Path) -> None:
    with lock.hold(tmp_path):
        pass
    with pytest.raises(InputError, match="has nothing to report yet") as caught:
        read_run(tmp_path)
    assert caught.value.fix == "the same command again; it goes on where it stopped"


def test_a_damaged_recipe(run_folder: Path) -> None:
    (run_folder / "recipe.yaml").write_text("name: [")
    with pytest.raises(InputError, match="is damaged"):
        read_run(run_folder)


def test_what_is_bulky_is_not_kept(run_folder: Path) -> None:
    frames = [figures for _, figures in read_run(run_folder).frame_figures("split.segment")]
    assert frames[0] == {"frame": "000000", "coverage": 0.2}


def test_a_plane_may_be_called_like_a_bulky_figure(run_folder: Path) -> None:
    path = next(iter(sorted((run_folder / "segment").glob("*.json"))))
    value = json.loads(path.read_text())
    item = value["items"][0]
    item["outputs"][0]["files"]["holes"] = ["segment/holes/a.png"]
    item["figures"]["frames"][0]["holes"] = [{"filled_by": "patchmatch"}]
    path.write_text(json.dumps(value))
    run = read_run(run_folder)
    assert run.plane("holes", item["outputs"][0]["id"]) == [run_folder / "segment/holes/a.png"]
    frames = [figures for _, figures in run.frame_figures("split.segment")]
    assert "holes" not in frames[0]


def test_whether_the_run_is_through(run_folder: Path) -> None:
    run = read_run(run_folder)
    assert (run.unfinished, run.active, run.notes) == ([], False, [])
    book = Ledger(run_folder / FILE_NAME)
    book.start_step("inpaint", 2, {"items": [], "skipped": {}})
    book.close()
    with lock.hold(run_folder):
        run = read_run(run_folder)
    assert (run.unfinished, run.active) == (["inpaint"], True)


def test_a_damaged_ledger_is_noted(run_folder: Path) -> None:
    (run_folder / FILE_NAME).write_bytes(b"no database" * 100)
    (run_folder / "check" / "check_metadata.json").unlink()
    run = read_run(run_folder)
    assert run.unfinished == ["check"]
    assert "not a database" in run.notes[0]


@pytest.mark.parametrize(
    "text", ["{", "[[[", '{"step": "segment"}', '{"step": "segment", "items": 3}']
)
def test_damaged_metadata_are_noted(run_folder: Path, text: str) -> None:
    path = run_folder / "segment" / "segment_metadata.json"
    path.write_text(text)
    run = read_run(run_folder)
    assert [step.id for step in run.steps] == ["shots", "inpaint", "check"]
    (note,) = run.notes
    assert note.startswith(f"{path} is damaged and was left out (")
    assert note.endswith("remove it and run the same command again")


@pytest.mark.parametrize("text", ["{", "3", '[{"id": "clip"}]', '[["clip"]]', '[{"files": {}}]x'])
def test_damaged_inputs_are_noted(run_folder: Path, text: str) -> None:
    (run_folder / "inputs.json").write_text(text)
    run = read_run(run_folder)
    assert run.given == {}
    assert run.sources is None
    assert "inputs.json is damaged" in run.notes[0]


@pytest.mark.parametrize("text", ["{", "[]", '{"versions": 3, "steps": [4]}'])
def test_damaged_provenance_is_survived(run_folder: Path, text: str) -> None:
    (run_folder / "provenance.json").write_text(text)
    run = read_run(run_folder)
    assert (run.versions, run.fingerprints) == ({}, {})


def test_provenance(run_folder: Path) -> None:
    run = read_run(run_folder)
    assert run.versions == {"numpy": "2"}
    assert run.fingerprints == {"check": "u@1"}


def test_planes_that_were_given(run_folder: Path) -> None:
    given = [
        {"id": "mine", "files": {"frames": ["/far/1.png"], "masks": ["/far/m/1.png"]}, "data": {}},
        {"id": "of before", "files": {}, "data": {}, "earlier": {"frames": ["/far/0.png"]}},
    ]
    (run_folder / "inputs.json").write_text(json.dumps(given))
    run = read_run(run_folder)
    assert run.sources is None
    assert run.groups() == ["mine", "clip/0001"]
    assert run.plane("masks", "mine") == [Path("/far/m/1.png")]


def test_what_the_recipe_calls_a_stage(run_folder: Path) -> None:
    steps = [{"step": "who", "stage": "split.matte"}]
    (run_folder / "provenance.json").write_text(json.dumps({"steps": steps}))
    run = read_run(run_folder)
    stages = ("restore.inpaint", "split.matte", "restore.plate")
    assert [run.step_id(stage) for stage in stages] == ["inpaint", "who", ""]
