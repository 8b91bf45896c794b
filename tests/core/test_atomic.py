from __future__ import annotations

import _pyio
import errno
import json
from pathlib import Path

import pytest

from multiplane.core.atomic import PART_PREFIX, explain_write_error, write_beside, write_text
from multiplane.core.errors import OutputError


def test_appears_whole(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "a.png"
    with write_beside(place) as part:
        assert part.suffix == ".png"
        assert part.name.startswith(PART_PREFIX)
        part.write_bytes(b"new")
        assert not place.exists()
    assert place.read_bytes() == b"new"
    assert list(place.parent.iterdir()) == [place]


def test_lines_end_alike_on_every_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the interpreter's own io in Python asks os.linesep, so that it can play another system
    monkeypatch.setattr("os.linesep", "\r\n")
    monkeypatch.setattr("io.open", _pyio.open)
    write_text(tmp_path / "a.txt", "a\nb\n")
    assert (tmp_path / "a.txt").read_bytes() == b"a\nb\n"


def test_a_name_that_is_no_text_comes_back_from_json(tmp_path: Path) -> None:
    name = "caf\udce9.png"
    write_text(tmp_path / "a.json", json.dumps(name, ensure_ascii=False))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == name


def test_failure_leaves_what_was_there(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    write_text(place, "old")
    with pytest.raises(RuntimeError), write_beside(place) as part:
        part.write_text("half")
        raise RuntimeError
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(OutputError, match="cannot write") as caught:
        write_text(tmp_path / "a" / "b.txt", "x")
    assert caught.value.fix == "choose another folder with -o"
    assert caught.value.why == f"{tmp_path / 'a'} is a file, and a folder is needed there"


def test_full_disk_is_explained(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no space left") as caught, write_beside(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "run the same command again" in caught.value.fix


@pytest.mark.parametrize(
    ("path", "tried", "closed", "named"),
    [
        ("out", "out/run.lock", "out", "out"),
        ("out/deep/a.png", "out/deep", "out", "out"),
        ("out/a.png", "", "out", "out"),
        ("out/held.txt", "out/held.txt", "out/held.txt", "out/held.txt"),
        ("out", "", "out", "out"),
        ("out", "", ".", "."),
    ],
)
def test_no_permission_names_what_is_closed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    tried: str,
    closed: str,
    named: str,
) -> None:
    root = tmp_path / "my run"
    (root / "out").mkdir(parents=True)
    (root / "out" / "held.txt").touch()
    shut = root / closed
    # an administrator may write everywhere, so the rights themselves are no test
    monkeypatch.setattr("os.access", lambda place, mode: Path(place) != shut)
    denied = PermissionError(errno.EACCES, "denied", str(root / tried) if tried else None)
    error = explain_write_error(root / path, denied)
    assert error.what == f"cannot write {root / path}: permission denied"
    assert error.why == f"{root / named} must be writable"
    assert error.fix == f"choose another folder with -o, or: chmod u+w '{root / named}'"


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (errno.ENAMETOOLONG, "rename the input to something shorter"),
        (errno.EFBIG, "ulimit -f unlimited; or choose a folder on another file system with -o"),
    ],
)
def test_what_no_folder_mends(number: int, fix: str) -> None:
    assert explain_write_error(Path("/tmp/x"), OSError(number, "no")).fix == fix


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, write_beside(tmp_path / ("n" * 300)) as part:
        part.write_text("x")
    assert caught.value.fix == "rename the input to something shorter"


def test_what_rights_do_not_mend_has_no_chmod() -> None:
    error = explain_write_error(Path("/proc/x"), FileNotFoundError(errno.ENOENT, "none"))
    assert error.fix == "choose another folder with -o"
