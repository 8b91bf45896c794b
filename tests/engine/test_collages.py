"""Collages at the top of the run folder, and never over a file of somebody else's."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from multiplane.core.errors import OutputError
from multiplane.engine import collages
from multiplane.engine.collages import KEPT, hand_out, put, require_ours

MAKES: Any = [SimpleNamespace(stage=SimpleNamespace(makes=("collages", "pages")))]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "run"
    for group in ("a/x", "b/x", "y"):
        path = root / "collage" / "collages" / group / f"{Path(group).name}_collage.png"
        path.parent.mkdir(parents=True)
        path.write_text(group)
    monkeypatch.setattr(collages, "collages_of", made)
    return root


def made(root: Path) -> dict[str, Path]:
    top = root / "collage" / "collages"
    return {str(p.parent.relative_to(top)): p for p in sorted(top.rglob("*.png"))}


def test_names_at_the_top_and_again_after_a_change(root: Path) -> None:
    assert hand_out(root, []) == []
    names = ["a_x_collage.png", "b_x_collage.png", "y_collage.png"]
    assert [path.name for path in hand_out(root, MAKES)] == names
    assert (root / "y_collage.png").read_text() == "y"
    assert (root / "b_x_collage.png").read_text() == "b/x"
    other = root / "new"
    other.write_text("another y")
    other.replace(made(root)["y"])
    assert [path.name for path in hand_out(root, MAKES)] == names
    assert (root / "y_collage.png").read_text() == "another y"
    assert not list(root.glob(".part-*"))


def test_a_file_of_somebody_else_stays(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (root / "y_collage.png").write_text("mine")
    with caplog.at_level(logging.WARNING):
        placed = hand_out(root, MAKES)
    assert [path.name for path in placed] == ["a_x_collage.png", "b_x_collage.png"]
    assert (root / "y_collage.png").read_text() == "mine"
    assert f"{root}/y_collage.png is there already" in caplog.text


def test_one_that_was_changed_since_is_not_ours_any_more(root: Path, tmp_path: Path) -> None:
    place = tmp_path / "outputs" / "grid.png"
    put(root, made(root)["y"], place)
    put(root, made(root)["y"], place)
    assert place.read_text() == "y"
    place.unlink()
    place.write_text("cropped by hand")
    with pytest.raises(OutputError, match=r"grid\.png is there already") as caught:
        put(root, made(root)["y"], place)
    assert caught.value.fix.endswith(f"mv {place} {tmp_path}/outputs/grid_before.png")
    assert place.read_text() == "cropped by hand"
    (root / KEPT).write_text("damaged")
    with pytest.raises(OutputError):
        require_ours(root, place)


def test_a_copy_where_files_have_one_name_only(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no such links")

    monkeypatch.setattr("os.link", refuse)
    place = tmp_path / "grid.png"
    put(root, made(root)["y"], place)
    put(root, made(root)["y"], place)
    assert place.read_text() == "y"
    assert not place.samefile(made(root)["y"])


def test_a_name_that_folders_and_pictures_come_to(root: Path) -> None:
    path = root / "collage" / "collages" / "a_x" / "a_x_collage.png"
    path.parent.mkdir()
    path.write_text("a_x")
    hand_out(root, MAKES)
    assert (root / "a_x_collage.png").read_text() == "a_x"
    assert (root / "_a_x_collage.png").read_text() == "a/x"


def test_a_name_that_fits_no_more_is_taken_back(root: Path) -> None:
    """Another picture of the same name has joined: both get their folders into the name."""
    again = made(root)["b/x"]
    again.rename(root / "aside")
    hand_out(root, MAKES)
    assert (root / "x_collage.png").is_file()
    (root / "aside").rename(again)
    hand_out(root, MAKES)
    assert {p.name for p in root.glob("*.png")} == {
        "a_x_collage.png", "b_x_collage.png", "y_collage.png",
    }  # fmt: skip


def test_one_that_was_put_elsewhere_is_not_taken_back(root: Path, tmp_path: Path) -> None:
    put(root, made(root)["y"], tmp_path / "mine.png")
    assert not collages.take_back(root, "")
    assert (tmp_path / "mine.png").is_file()
