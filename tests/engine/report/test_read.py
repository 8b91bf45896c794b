from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.engine import lock
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
