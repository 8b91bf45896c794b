from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from multiplane import __version__
from multiplane.cli.main import main
from multiplane.engine.api import RunReport


def leave(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(list(words))
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = leave(capsys, "--help")
    assert code == 0
    for command in ("demo", "run", "status", "report", "doctor", "recipes", "models", "split"):
        assert command in out


@pytest.mark.parametrize(
    "words", [["run"], ["demo"], ["doctor"], ["status"], ["models", "where"], ["recipes", "check"]]
)
def test_help_is_for_people(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, _ = leave(capsys, *words, "--help")
    assert code == 0
    assert "typer" not in out
    assert "Raises" not in out


@pytest.mark.parametrize("words", [[], ["split"], ["restore"], ["recipes"], ["models"]])
def test_lists_of_commands_have_whole_sentences(
    capsys: pytest.CaptureFixture[str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = leave(capsys, *words, "--help")
    assert "..." not in out.partition("Commands:")[2]
    assert "[default: 0]" not in out


@pytest.mark.parametrize(("typed", "level"), [("-v", logging.INFO), ("-vv", logging.DEBUG)])
def test_verbose_may_stand_behind_the_command(
    typed: str, level: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = root.level
    heard: list[int] = []

    def run(*_: object, **__: object) -> RunReport:
        heard.append(root.level)
        return RunReport(Path("out"), (), ())

    monkeypatch.setattr("multiplane.engine.api.run", run)
    try:
        assert leave(capsys, "run", "clean-backgrounds", "x.mp4", "-o", "out", typed)[0] == 0
        assert leave(capsys, "split", "shots", "x.mp4", "-o", "out", typed)[0] == 0
    finally:
        root.setLevel(before)
    assert heard == [level, level]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(capsys, "--version") == (0, f"multiplane {__version__}\n", "")


def test_an_error_has_three_lines_and_status_2(
    capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    code, _, err = leave(capsys, "run", "clean-background", "x.mp4", "-o", str(tmp_path))
    assert code == 2
    assert "error: no recipe is called 'clean-background'" in err
    assert "why:" in err
    assert "fix: multiplane recipes show clean-backgrounds" in err
    assert "Traceback" not in err


def test_an_interruption_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("multiplane.engine.api.run", interrupt)
    code, _, err = leave(capsys, "run", "clean-backgrounds", "x.mp4", "-o", "out")
    assert code == 130
    assert err == "interrupted: run the same command again to go on\n"


def test_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "multiplane", "--version"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"multiplane {__version__}\n"


def test_a_closed_pipe_is_quiet() -> None:
    code = "import sys; sys.stdout.close = lambda: None\n" \
           "from multiplane.cli import main as m\n" \
           "def broken(*a, **k): raise BrokenPipeError\n" \
           "m.app = broken\nm.main([])"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == ""


@pytest.mark.parametrize(("words", "times"), [([], 1), (["-v"], 2)])
def test_a_failure_is_told_once_at_the_end(words: list[str], times: int, tmp_path: Path) -> None:
    for folder, size in (("frames", 8), ("masks", 9)):
        (tmp_path / folder).mkdir()
        Image.new("L", (size, size)).save(tmp_path / folder / "1.png")
    planes = [word for plane in ("frames", "masks") for word in (f"--{plane}", tmp_path / plane)]
    done = subprocess.run(
        [sys.executable, "-m", "multiplane", *words, "split", "matte", *planes,
         "-o", tmp_path / "out"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("frame is 8x8, mask is 9x9") == times, done.stderr


@pytest.mark.parametrize(("words", "told"), [([], "warning: look here"), (["-v"], "W m.n: look")])
def test_warnings_are_plain_words_unless_more_is_asked_for(
    words: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.Logger("root")
    monkeypatch.setattr(logging, "root", root)
    monkeypatch.setattr(logging.Logger, "root", root)
    with pytest.raises(SystemExit):
        main([*words, "recipes", "list"])
    (handler,) = root.handlers
    record = logging.LogRecord("m.n", logging.WARNING, "f", 1, "look %s", ("here",), None)
    assert handler.format(record).startswith(told)
