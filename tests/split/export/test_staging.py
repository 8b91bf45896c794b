from __future__ import annotations

import errno
from pathlib import Path

import pytest

from multiplane.core.errors import OutputError
from multiplane.core.items import Item
from multiplane.split.export.staging import FOLDER, stage_files


@pytest.fixture
def item(tmp_path: Path) -> Item:
    return Item("clip", tmp_path, "export", {})


def test_files_appear_together_in_the_end(item: Item) -> None:
    with stage_files(item, ("videos", "previews")) as folder:
        (folder / "videos" / "a.mov").write_text("a")
        (folder / "videos" / "png").mkdir()
        (folder / "videos" / "png" / "0.png").write_text("0")
        (folder / "previews" / "1.png").write_text("1")
        assert not item.place("videos", "a.mov")[1].exists()
    assert item.place("videos", "a.mov")[1].read_text() == "a"
    assert item.place("videos", "png/0.png")[1].read_text() == "0"
    assert item.place("previews", "1.png")[1].read_text() == "1"
    assert not item.place("videos", FOLDER)[1].exists()


def test_what_stood_there_goes_only_when_the_new_is_whole(item: Item) -> None:
    old = item.place("videos", "png/old.png")[1]
    old.parent.mkdir(parents=True)
    old.write_text("old")
    with pytest.raises(RuntimeError), stage_files(item, ("videos",)) as folder:
        (folder / "videos" / "png").mkdir()
        raise RuntimeError
    assert old.read_text() == "old"
    with stage_files(item, ("videos",)) as folder:
        (folder / "videos" / "png").mkdir()
    assert not old.exists()


def test_a_full_disk_leaves_nothing_and_says_so(item: Item) -> None:
    with pytest.raises(OutputError) as caught, stage_files(item, ("videos",)) as folder:
        (folder / "videos" / "a.mov").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "no space left" in caught.value.what
    assert "run the same command again" in caught.value.fix
    assert [p for p in item.root.rglob("*") if p.is_file()] == []


def test_other_errors_of_the_system_stay_what_they_are(item: Item) -> None:
    with pytest.raises(OSError, match="Input/output") as caught, stage_files(item, ("videos",)):
        raise OSError(errno.EIO, "Input/output error")
    assert caught.value.errno == errno.EIO
