from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from multiplane.cli import runs
from multiplane.cli.main import main
from multiplane.core.errors import ConfigError
from multiplane.engine.api import RunReport
from multiplane.engine.ledger import FILE_NAME, Ledger
from multiplane.engine.price import read_price
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


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """The folder of a run of one clip that took 90 s of work."""
    root = tmp_path / "run"
    (root / "shots").mkdir(parents=True)
    (root / "recipe.yaml").write_text("name: r\nstages:\n  - {id: shots, stage: split.shots}\n")
    book = Ledger(root / FILE_NAME)
    book.start_step("shots", 0, {"items": [], "skipped": {}})
    book.finish_step("shots")
    book.close()
    given = [{"id": "clip", "files": {"source": ["/far/clip.mp4"]}, "data": {}}]
    (root / "inputs.json").write_text(json.dumps(given))
    (root / "provenance.json").write_text("{}")
    value = {
        "step": "shots", "stage": "split.shots", "failures": [], "skipped": {},
        "items": [{"id": "clip", "figures": {}, "outputs": []}],
        "timings": {"wall": 90.0, "items": {"clip": {"load": 1.0, "compute": 80.0, "save": 9.0}}},
    }  # fmt: skip
    (root / "shots" / "shots_metadata.json").write_text(json.dumps(value))
    return root


def leave(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*words])
    return int(str(caught.value.code or 0))


def test_a_report_tells_the_cost_and_repeats_it(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leave("report", str(finished)) == 0
    assert "  cost  " not in capsys.readouterr().out
    assert leave("report", str(finished), "--price-per-hour", "40") == 0
    out = capsys.readouterr().out
    assert "clip: 1.00\n" in out
    assert "in all: 1.00 for 90.0 s of work at 40 an hour" in out
    assert leave("report", str(finished)) == 0
    assert capsys.readouterr().out == out


def test_a_run_keeps_the_price_and_tells_the_cost(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = finished / "report.html"
    monkeypatch.setattr(
        "multiplane.engine.api.run", lambda *_, **__: RunReport(finished, (), (), page)
    )
    words = ["run", "clean-backgrounds", "x.mp4", "-o", str(finished)]
    assert leave(*words, "--price-per-hour", "0.4") == 0
    assert "clip: 0.01\n" in capsys.readouterr().out
    assert read_price(finished) == 0.4
    assert "0.01" in (finished / "report.html").read_text(encoding="utf-8")
    assert leave(*words) == 0
    assert "clip: 0.01\n" in capsys.readouterr().out


@pytest.mark.parametrize("price", ["-1", "nan", "inf"])
@pytest.mark.parametrize("command", ["run", "report"])
def test_a_price_is_a_number_from_nothing_up(
    price: str, command: str, finished: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("multiplane.engine.api.run", lambda *_, **__: pytest.fail("it ran"))
    words = ["report", str(finished)]
    if command == "run":
        words = ["run", "clean-backgrounds", "x.mp4", "-o", str(finished)]
    assert leave(*words, f"--price-per-hour={price}") == 2
    assert "fix: --price-per-hour 0.40" in capsys.readouterr().err
    assert read_price(finished) is None


@pytest.fixture
def nothing_shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (
        "MULTIPLANE_SHARED_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME",
        "XDG_CACHE_HOME",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    yield
    cache.choose_shared(None, off=True)


def test_the_cache_of_other_programs_is_where_their_variables_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_shared: None
) -> None:
    runs.use_shared()
    assert cache.shared_cache() == Path.home() / ".cache" / "huggingface" / "hub"
    for name, value, below in (
        ("XDG_CACHE_HOME", "x", "x/huggingface/hub"), ("HF_HOME", "h", "h/hub"),
        ("HUGGINGFACE_HUB_CACHE", "old", "old"), ("HF_HUB_CACHE", "new", "new"),
    ):  # fmt: skip
        monkeypatch.setenv(name, str(tmp_path / value))
        runs.use_shared()
        assert cache.shared_cache() == tmp_path / below
    monkeypatch.setenv("MULTIPLANE_SHARED_CACHE", str(tmp_path))
    runs.use_shared()
    assert cache.shared_cache() == tmp_path
    monkeypatch.setenv("MULTIPLANE_SHARED_CACHE", "off")
    runs.use_shared()
    assert cache.shared_cache() is None


def test_the_cache_of_other_programs_must_be_there_when_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_shared: None
) -> None:
    monkeypatch.setenv("MULTIPLANE_SHARED_CACHE", str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match="which is no folder") as caught:
        runs.use_shared()
    assert caught.value.fix == (
        "export MULTIPLANE_SHARED_CACHE=FOLDER with a folder that exists; "
        "MULTIPLANE_SHARED_CACHE=off, to look into none; or: unset MULTIPLANE_SHARED_CACHE"
    )


def test_forget_says_what_it_has_deleted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("multiplane.engine.forget.forget", lambda _, names: names)
    for words in (["wall", "sub/wall"], []):
        with pytest.raises(SystemExit):
            main(["forget", "out", *words])
    assert capsys.readouterr().out == (
        "   deleted  wall\n   deleted  sub/wall\nno results of earlier inputs lie there\n"
    )
