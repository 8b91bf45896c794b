from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.cli import runs
from multiplane.cli.main import main
from multiplane.core.errors import ConfigError
from multiplane.engine.api import RunReport
from multiplane.hub import cache


def test_settings() -> None:
    words = ["segment.min_instance_px=4096", "shots.every_frames=2"]
    assert runs.parse_settings(words) == {
        "segment.min_instance_px": "4096",
        "shots.every_frames": "2",
    }


@pytest.mark.parametrize("word", ["segment", "=3"])
def test_a_setting_without_value(word: str) -> None:
    with pytest.raises(ConfigError, match=r"wanted STEP\.OPTION=VALUE") as caught:
        runs.parse_settings([word])
    assert caught.value.fix == "--set segment.min_instance_px=4096"


def test_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MULTIPLANE_CACHE", raising=False)
    assert runs.cache_folder() is None
    monkeypatch.setenv("MULTIPLANE_CACHE", "/tmp/here")
    assert runs.cache_folder() == Path("/tmp/here")


def test_the_cache_of_the_environment_reaches_the_stages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MULTIPLANE_CACHE", str(tmp_path))
    try:
        runs.use_cache()
        assert cache.default_cache() == tmp_path
    finally:
        cache.choose_cache(None)


@pytest.mark.parametrize("command", ["status", "report"])
def test_a_folder_that_is_no_run(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, str(tmp_path)])
    assert caught.value.code == 2
    assert "is no run folder" in capsys.readouterr().err


def test_demo_takes_failed_items_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def run(*_: object, retry_failed: bool, **__: object) -> RunReport:
        asked.append(retry_failed)
        return RunReport(tmp_path, (), ())

    monkeypatch.setattr("multiplane.engine.api.run", run)
    monkeypatch.setattr("multiplane.hub.media.find", lambda *_, **__: tmp_path / "clip.mp4")
    for words in (["demo"], ["demo", "--retry-failed"]):
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 0
    assert asked == [False, True]


def test_doctor_names_what_it_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["doctor", "-o", str(tmp_path)])
    assert caught.value.code in {0, 1}
    out = capsys.readouterr().out
    assert "disk" in out
    assert "u2netp" in out


def test_the_folder_of_models_of_the_environment_reaches_the_stages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MULTIPLANE_MODELS", raising=False)
    assert runs.models_folder() is None
    runs.use_models()
    assert cache.models_folder() is None
    monkeypatch.setenv("MULTIPLANE_MODELS", str(tmp_path))
    try:
        runs.use_models()
        assert cache.models_folder() == tmp_path
    finally:
        cache.choose_models(None)


def test_a_folder_of_models_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MULTIPLANE_MODELS", str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match="which is no folder") as caught:
        runs.use_models()
    assert caught.value.fix == (
        "export MULTIPLANE_MODELS=FOLDER with a folder that exists, or: unset MULTIPLANE_MODELS"
    )
