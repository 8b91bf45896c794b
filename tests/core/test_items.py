from __future__ import annotations

from pathlib import Path

from multiplane.core.items import Item, Planes, Record


def test_paths_hang_from_the_run_folder_unless_absolute(tmp_path: Path) -> None:
    item = Item("clip/0001", tmp_path, "segment", {"frames": ("a.png", "/far/b.png")})
    assert item.paths("frames") == [tmp_path / "a.png", Path("/far/b.png")]
    assert item.paths("masks") == []


def test_place(tmp_path: Path) -> None:
    item = Item("clip/0001", tmp_path, "segment", {})
    name, path = item.place("masks", "000001.png")
    assert name == "segment/masks/clip/0001/000001.png"
    assert path == tmp_path / name


def test_record_defaults() -> None:
    assert Record("a").outputs == ()
    assert Planes("a", {}).data == {}
