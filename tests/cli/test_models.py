from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from multiplane.cli.main import main
from multiplane.hub.cache import choose_cache
from multiplane.hub.entries import Known
from multiplane.hub.shelf import place
from multiplane.hub.table import entry_of


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["models", *words])
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("MULTIPLANE_CACHE", str(tmp_path))
    yield
    choose_cache(None)


def test_list_says_what_is_here_and_under_which_licence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = told(capsys, "list")
    assert code == 0
    assert "u2netp" in out
    assert "not here" in out
    assert "Apache-2.0" in out


def test_list_goes_on_where_a_file_is_damaged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = place(entry_of("models", "u2netp"), tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut off")
    code, out, err = told(capsys, "list")
    assert (code, err) == (0, "")
    states = {line.split()[0]: line[13:22].strip() for line in out.splitlines()}
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
    assert "fix: multiplane models pull u2netp" in out


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
