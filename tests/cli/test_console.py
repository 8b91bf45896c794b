from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.cli.console import complain, progress_bars, show_earlier, show_result
from multiplane.core.errors import InputError
from multiplane.engine.api import RunReport
from multiplane.engine.run import ItemFailure, StepReport


def test_complains_in_three_lines(capsys: pytest.CaptureFixture[str]) -> None:
    complain(InputError("got 3", why="2 are needed", fix="--count 2"))
    assert capsys.readouterr().err == "error: got 3\n  why: 2 are needed\n  fix: --count 2\n"


def test_quiet_bars_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars(quiet=True) as tell:
        tell("shots", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_result(capsys: pytest.CaptureFixture[str]) -> None:
    step = StepReport("shots", "split.shots", 2, 1, 1, 0, 1.25)
    failure = ItemFailure(
        what="not a video", why="no stream", fix="look at it", step="shots", item="clip"
    )
    show_result(RunReport(Path("out"), (step,), (failure,), Path("out/report.html")))
    out, err = capsys.readouterr()
    assert "shots  2 done, 1 of them before, 1 failed  1.2 s" in out
    assert "report  out/report.html" in out
    assert "failed: shots clip: not a video\n  why: no stream\n  fix: look at it\n" in err


def test_results_of_earlier_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    show_earlier(RunReport(Path("my out"), (), ()))
    assert capsys.readouterr().out == ""
    show_earlier(RunReport(Path("my out"), (), (), earlier=("film", "film-2")))
    (line,) = capsys.readouterr().out.splitlines()
    assert "results of film, film-2 also lie in the folder" in line
    assert line.endswith("delete the results: multiplane forget 'my out' film film-2")


def test_results_that_are_not_of_the_run_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    show_earlier(RunReport(Path("my out"), (), (), outdated=("wall", "sub/wall")))
    (line,) = capsys.readouterr().out.splitlines()
    assert "what lies in the folder of wall, sub/wall, which failed, is of an earlier run" in line
    assert line.endswith("mend what is said above and run again")


def test_a_picture_without_partner_is_told_without_a_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = ItemFailure(what="a.png has no mask", why="", fix="", step="pairs", item="a.png")
    show_result(RunReport(tmp_path, (), (), left_out=(failure,)))
    assert capsys.readouterr().err == "left out: a.png has no mask\n"


def test_collages_are_said_to_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_result(RunReport(tmp_path, (), ()))
    assert "to compare" not in capsys.readouterr().out
    (tmp_path / "wall_collage.png").write_bytes(b"")
    show_result(RunReport(tmp_path, (), ()))
    assert f"to compare  {tmp_path}/*_collage.png\n" in capsys.readouterr().out
