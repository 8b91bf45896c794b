from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_cache import fill_shared

from multiplane.cli.main import main
from multiplane.hub.cache import choose_cache, choose_models, choose_shared
from multiplane.hub.entries import Bundle, Known
from multiplane.hub.shelf import place
from multiplane.hub.table import MODELS, entry_of


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["models", *words])
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


def table_of(out: str) -> list[list[str]]:
    return [re.split(r"  +", line) for line in out.splitlines()]


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("MULTIPLANE_CACHE", str(tmp_path))
    monkeypatch.delenv("MULTIPLANE_MODELS", raising=False)
    yield
    choose_cache(None)
    choose_models(None)


def test_list_says_what_is_here_and_under_which_licence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = told(capsys, "list")
    assert code == 0
    assert "u2netp" in out
    assert "not here" in out
    assert "Apache-2.0" in out


def test_list_is_a_table_that_marks_what_binds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {row[0]: row[1:] for row in table_of(told(capsys, "list")[1])}
    assert {len(row) for row in rows.values()} == {4}
    assert rows["sam2.1-large"][:3] == ["not here", "897.9 MB", "Apache-2.0"]
    assert rows["sam3"][2].endswith(", GATED")
    assert rows["lama-anime"][2].endswith(", NON-COMMERCIAL")
    assert not any("pinned on first pull" in row[3] for row in rows.values())
    large = MODELS["sam2.1-large"]
    assert isinstance(large, Bundle)
    monkeypatch.setitem(MODELS, large.name, dataclasses.replace(large, revision=None))
    rows = {row[0]: row[1:] for row in table_of(told(capsys, "list")[1])}
    loose = [name for name, row in rows.items() if row[3].endswith(" (pinned on first pull)")]
    assert loose == ["sam2.1-large"]


def test_a_folder_of_ones_own_is_looked_into_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    folder = own / "vitmatte-base"
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "preprocessor_config.json"):
        (folder / name).write_bytes(b"{}")
    monkeypatch.setenv("MULTIPLANE_MODELS", str(own))
    assert told(capsys, "where", "vitmatte-base")[:2] == (0, f"{folder}\n")
    code, out, _ = told(capsys, "where", "sam2.1-tiny")
    assert code == 1
    assert f"into {own / 'sam2.1-tiny'}" in out
    monkeypatch.setenv("MULTIPLANE_MODELS", str(tmp_path / "absent"))
    code, _, err = told(capsys, "where", "vitmatte-base")
    assert code == 2
    assert "which is no folder" in err
    assert "fix: export MULTIPLANE_MODELS=FOLDER with a folder that exists, or: unset" in err


def test_a_bundle_that_is_not_here_says_which_files_it_wants(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = told(capsys, "where", "sam2.1-tiny")
    assert code == 1
    assert f"not here; belongs at {tmp_path / 'models' / 'sam2.1-tiny'}\n" in out
    for part in (
        "fix: with a network, type: multiplane models pull sam2.1-tiny. Without one, put "
        "config.json, model.safetensors, preprocessor_config.json, processor_config.json of "
        "https://huggingface.co/facebook/sam2.1-hiera-tiny at de431c4043854a71d8101e17995dfe596bf"
        "101a5 into FOLDER/sam2.1-tiny and type: export MULTIPLANE_MODELS=FOLDER",
    ):
        assert part in out


def test_pulling_says_terms_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def pull(entry: Known, cache: Path) -> Path:
        return place(entry, cache)

    monkeypatch.setattr("multiplane.hub.shelf.pull", pull)
    code, out, err = told(capsys, "pull", "sam3")
    assert (code, out) == (0, f"{tmp_path / 'models' / 'sam3'}\n")
    assert err == "SAM 3: SAM License (Meta's own terms), GATED\n"
    assert told(capsys, "pull", "edgetam")[2] == ""


def test_list_goes_on_where_a_file_is_damaged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = place(entry_of("models", "u2netp"), tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut off")
    code, out, err = told(capsys, "list")
    assert (code, err) == (0, "")
    states = {row[0]: row[1] for row in table_of(out)}
    assert states.pop("u2netp") == "damaged"
    assert set(states.values()) == {"not here"}

    def closed(*_: object) -> str:
        raise PermissionError

    monkeypatch.setattr("multiplane.hub.lookup.remembered_sha256", closed)
    assert "no access" in told(capsys, "list")[1]


def test_where_it_belongs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = told(capsys, "where", "u2netp")
    assert code == 1
    assert str(tmp_path) in out
    assert "fix: with a network, type: multiplane models pull u2netp. Without one, put " in out


def test_sample_media_are_known_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "bigbuckbunny" in told(capsys, "list")[1]
    code, out, _ = told(capsys, "where", "bigbuckbunny")
    assert code == 1
    assert str(tmp_path / "media" / "bigbuckbunny" / "bigbuckbunny.mp4") in out
    asked: list[str] = []

    def pull(entry: Known, cache: Path) -> Path:
        asked.append(entry.name)
        return place(entry, cache)

    monkeypatch.setattr("multiplane.hub.shelf.pull", pull)
    code, out, _ = told(capsys, "pull", "bigbuckbunny")
    assert (code, asked) == (0, ["bigbuckbunny"])
    assert out == f"{tmp_path / 'media' / 'bigbuckbunny' / 'bigbuckbunny.mp4'}\n"


def test_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "where", "u2nett")
    assert code == 2
    assert "fix: use 'u2net" in err


def test_list_and_where_tell_of_what_another_program_fetched(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    large = MODELS["sam2.1-large"]
    assert isinstance(large, Bundle)
    files = tuple(dataclasses.replace(file, sha256=None) for file in large.files)
    monkeypatch.setitem(MODELS, large.name, dataclasses.replace(large, files=files))
    theirs = tmp_path / "hub"
    assert large.revision is not None
    held = {file.name: b"{}" for file in files}
    folder = fill_shared(theirs, large.repository, held, large.revision)
    monkeypatch.setenv("MULTIPLANE_SHARED_CACHE", str(theirs))
    try:
        rows = {row[0]: row[1:] for row in table_of(told(capsys, "list")[1])}
        assert rows["sam2.1-large"][0] == "shared"
        assert told(capsys, "where", "sam2.1-large")[:2] == (0, f"{folder}\n")
        assert told(capsys, "pull", "sam2.1-large")[:2] == (0, f"{folder}\n")
    finally:
        choose_shared(None, off=True)
