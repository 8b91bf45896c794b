import hashlib
import os
import sys
from pathlib import Path

import pytest

from multiplane.core.errors import OutputError
from multiplane.hub import cache as module
from multiplane.hub.cache import (
    choose_cache,
    choose_models,
    default_cache,
    keeping_in,
    models_folder,
    remembered_sha256,
    sha256_of,
)


@pytest.fixture
def counted(monkeypatch):
    read = []

    def count(path):
        read.append(path)
        return sha256_of(path)

    monkeypatch.setattr(module, "sha256_of", count)
    module._remembered.cache_clear()
    return read


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    """A cache that an earlier command in this process chose does not count here."""
    monkeypatch.setattr(module, "_chosen", {})


def test_the_default_is_where_such_machines_keep_it(monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/someone"))
    for platform, expected in {
        "linux": "/home/someone/.cache/multiplane",
        "darwin": "/home/someone/Library/Caches/multiplane",
        "win32": "/home/someone/AppData/Local/multiplane/Cache",
    }.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert default_cache().as_posix() == expected


def test_a_process_may_choose_another(tmp_path):
    before = default_cache()
    choose_cache(tmp_path)
    assert default_cache() == tmp_path
    choose_cache(None)
    assert default_cache() == before != tmp_path


def test_a_process_may_choose_a_folder_of_models(tmp_path):
    assert models_folder() is None
    choose_models(tmp_path / "models")
    choose_cache(tmp_path / "cache")
    assert models_folder() == tmp_path / "models"
    choose_cache(None)
    assert models_folder() == tmp_path / "models", "each is chosen for itself"
    choose_models(None)
    assert models_folder() is None


def test_a_file_is_read_once(tmp_path, counted):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    digest = hashlib.sha256(b"abc").hexdigest()
    assert remembered_sha256(path, tmp_path / "cache") == digest
    assert remembered_sha256(path, tmp_path / "cache") == digest
    module._remembered.cache_clear()  # as in the next process
    assert remembered_sha256(path, tmp_path / "cache") == digest
    assert len(counted) == 1


def test_a_changed_file_is_read_again(tmp_path, counted):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    remembered_sha256(path, tmp_path / "cache")
    path.write_bytes(b"xyz")
    os.utime(path, ns=(1, 1))
    assert remembered_sha256(path, tmp_path / "cache") == hashlib.sha256(b"xyz").hexdigest()
    assert len(counted) == 2


@pytest.mark.parametrize("stamp", ["", "[]", "{", '{"path": 1}'])
def test_a_damaged_stamp_is_ignored(tmp_path, counted, stamp):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    remembered_sha256(path, tmp_path / "cache")
    module._remembered.cache_clear()
    (held,) = (tmp_path / "cache" / "stamps").iterdir()
    held.write_text(stamp)
    assert remembered_sha256(path, tmp_path / "cache") == hashlib.sha256(b"abc").hexdigest()
    assert len(counted) == 2


def test_a_cache_that_cannot_be_written_is_only_slower(tmp_path, counted):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    (tmp_path / "cache").write_text("a file, not a folder")
    assert remembered_sha256(path, tmp_path / "cache") == hashlib.sha256(b"abc").hexdigest()
    assert len(counted) == 1


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no space") as caught, keeping_in(tmp_path):
        raise OutputError("no space", why="the disk is full")
    assert caught.value.why == f"the disk is full; fetched files are kept in {tmp_path}"
    assert caught.value.fix.endswith("export MULTIPLANE_CACHE=FOLDER")
