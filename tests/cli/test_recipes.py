from __future__ import annotations

import json
from pathlib import Path

import pytest

from multiplane.cli.main import main
from multiplane.engine.recipe import load_recipe


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["recipes", *words])
    assert not caught.value.code
    return capsys.readouterr().out


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert "clean-backgrounds:" in told(capsys, "list")


def test_show_can_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "show", "clean-backgrounds")
    (tmp_path / "mine.yaml").write_text(text)
    assert "all well" in told(capsys, "check", str(tmp_path / "mine.yaml"))


def test_check_takes_what_run_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "all well" in told(capsys, "check", "clean-backgrounds")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text(told(capsys, "show", "clean-backgrounds"))
    assert told(capsys, "check", "mine.txt").startswith("mine.txt: clean-backgrounds, ")
    assert load_recipe("mine.txt").name == "clean-backgrounds"


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(told(capsys, "schema"))["$schema"].startswith("https://json-schema.org")


def test_check_names_file_line_key_and_spelling(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = told(capsys, "show", "clean-backgrounds")
    lines = text.splitlines()
    line = next(i for i, row in enumerate(lines) if "stage: split.segment" in row) + 1
    bad = text.replace("stage: split.segment", "stage: split.segmant")
    (tmp_path / "bad.yaml").write_text(bad)
    with pytest.raises(SystemExit) as caught:
        main(["recipes", "check", str(tmp_path / "bad.yaml")])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert f"bad.yaml:{line}" in err
    assert "split.segment" in err
