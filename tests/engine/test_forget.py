"""What earlier runs left, and nothing else, can be removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from multiplane.core.errors import InputError, OutputError
from multiplane.engine import collages, folder, ledger, lock
from multiplane.engine.forget import forget


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """``now`` is of the latest run; ``old`` and ``sub/old`` are of earlier ones."""
    root = tmp_path / "my out"
    names = ("now", "old", "sub/old", "sub/now")
    entries = [
        {"id": name, "files": {}, "data": {}, **({"earlier": {}} if "old" in name else {})}
        for name in names
    ]
    write(root / folder.INPUTS, json.dumps(entries))
    write(root / ledger.FILE_NAME)
    for name in names:
        for plane in ("candidates/layers", "collage/collages"):
            made = write(root / plane / name / "a.png", name)
        collages.put(root, made, root / f"{name.replace('/', '_')}_collage.png", name)
    return root


def left(root: Path) -> set[str]:
    paths = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.suffix == ".png"}
    return {path for path in paths if "old" in path}


def test_all_of_earlier_runs_goes_and_nothing_else(root: Path) -> None:
    before = {p for p in root.rglob("*.png") if "old" not in str(p.relative_to(root))}
    assert forget(root) == ["old", "sub/old"]
    assert left(root) == set()
    assert {p for p in root.rglob("*.png")} == before
    assert (root / "candidates" / "layers" / "sub").is_dir()  # sub/now is in it
    assert forget(root) == []


def test_one_by_its_name(root: Path) -> None:
    assert forget(root, ["sub/old"]) == ["sub/old"]
    assert left(root) == {
        "candidates/layers/old/a.png", "collage/collages/old/a.png", "old_collage.png",
    }  # fmt: skip


def test_folders_that_are_empty_then_go_too(root: Path) -> None:
    for path in root.glob("*/*/sub/now"):
        (path / "a.png").unlink()
        path.rmdir()
    forget(root, ["sub/old"])
    assert not (root / "candidates" / "layers" / "sub").exists()
    assert (root / "candidates" / "layers").is_dir()


def test_a_collage_that_was_drawn_on_stays(root: Path) -> None:
    place = root / "old_collage.png"
    place.unlink()
    place.write_text("with notes of mine")
    forget(root)
    assert left(root) == {"old_collage.png"}


@pytest.mark.parametrize(
    ("name", "what", "fix"),
    [
        ("now", "now is part of the latest run", "run again without this input first"),
        ("odl", "no earlier input of .* is called 'odl'", "multiplane forget '{root}' old"),
    ],
)
def test_what_is_none_of_them_is_told(root: Path, name: str, what: str, fix: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        forget(root, [name])
    assert caught.value.fix.startswith(fix.format(root=root))
    assert len(left(root)) == 6


@pytest.mark.parametrize("name", ["..", "../../..", "/", "", "../../victim", "."])
def test_a_name_that_leads_out_removes_nothing(root: Path, tmp_path: Path, name: str) -> None:
    write(tmp_path / "victim" / "a.png")
    write(root / folder.INPUTS, json.dumps([{"id": name, "earlier": {}}]))
    before = set(tmp_path.rglob("*"))
    assert forget(root) == []
    assert {p for p in before if not p.exists()} == set()


def test_a_plane_that_is_a_link_is_left_alone(root: Path, tmp_path: Path) -> None:
    victim = write(tmp_path / "victim" / "old" / "a.png")
    (root / "candidates" / "linked").symlink_to(tmp_path / "victim")
    forget(root)
    assert victim.is_file()


@pytest.mark.parametrize("name", ["sub", "now/part", "old/../now"])
def test_what_the_latest_run_made_stays_whatever_is_called_like_it(
    root: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    latest = [{"id": "sub/now"}, {"id": "now"}]
    write(root / folder.INPUTS, json.dumps([{"id": name, "earlier": {}}, *latest]))
    write(root / "candidates" / "layers" / "now" / "part" / "a.png")
    before = set(root.rglob("*"))
    assert forget(root) == []
    assert before - set(root.rglob("*")) == set()
    assert "stays: it is among" in caplog.text


@pytest.mark.parametrize("given", ["films/new/old", "films/new/old/a.png", "films"])
def test_what_was_handed_in_stays_though_it_lies_like_results(root: Path, given: str) -> None:
    film = write(root / "films" / "new" / "old" / "a.png")
    entries = [{"id": "old", "files": {}, "earlier": {"source": [str(root / given)]}}]
    write(root / folder.INPUTS, json.dumps(entries))
    assert forget(root) == ["old"]
    assert film.is_file()
    assert left(root) == {"films/new/old/a.png", "candidates/layers/sub/old/a.png",
                          "collage/collages/sub/old/a.png", "sub_old_collage.png"}  # fmt: skip


def test_only_of_a_run_and_while_nobody_works_there(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run folder"):
        forget(tmp_path)
    with lock.hold(root), pytest.raises(OutputError, match="is in use"):
        forget(root)


@pytest.mark.parametrize(
    "text", ["[", "{}[", "[1]", '[{"id": "old", "earlier": {"source": null}}]',
             '[{"id": "old", "earlier": {"source": ["a\\u0000b"]}}]'],
)  # fmt: skip
def test_where_nobody_knows_what_is_earlier_all_stays(root: Path, text: str) -> None:
    write(root / folder.INPUTS, text)
    with pytest.raises(InputError, match="cannot be read") as caught:
        forget(root)
    assert caught.value.fix == "run once more into this folder, then type the same again"
    assert len(left(root)) == 6
