from __future__ import annotations

import errno
from pathlib import Path

import pytest

from multiplane.core.errors import OutputError
from multiplane.core.threads import map_ordered
from multiplane.engine import aside
from multiplane.engine.aside import Aside
from multiplane.engine.ledger import Entry
from multiplane.engine.outcome import Failure


def lay(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def tree(root: Path) -> dict[str, str]:
    found = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): path.read_text() for path in found}


@pytest.fixture
def old(tmp_path: Path) -> dict[str, str]:
    """What two items have left in a step, as a tree."""
    for name in ("seg/masks/c/1/a", "seg/masks/c/2/a", "seg/cuts/c/1/deep/a", "seg/meta.json"):
        lay(tmp_path, name, f"old {name}")
    return tree(tmp_path)


def entry(state: str, *made: str) -> dict[str, Entry]:
    """The ledger of a step with the one item c/1."""
    failure = Failure("broken") if state == "failed" else None
    sizes = tuple((name, 3) for name in made)
    return {"c/1": Entry("c/1", "c", "key", state, artefacts=sizes, failure=failure)}


def test_the_new_replaces_the_old_once_it_stands(tmp_path: Path, old: dict[str, str]) -> None:
    kept = Aside(tmp_path, "seg")
    kept.put("c/1", "done")
    lay(tmp_path, "seg/masks/c/1/b", "new")
    kept.drop("c/1")
    other = {name: text for name, text in old.items() if "c/1" not in name}
    assert tree(tmp_path) == {**other, "seg/masks/c/1/b": "new"}
    assert not (tmp_path / "seg" / aside.FOLDER).exists()


def test_the_old_comes_back_when_the_new_fails(tmp_path: Path, old: dict[str, str]) -> None:
    kept = Aside(tmp_path, "seg")
    kept.put("c/1", "done")
    lay(tmp_path, "seg/masks/c/1/a", "half")
    lay(tmp_path, "seg/more/c/1/a", "half")
    kept.clear("c/1")
    kept.give_back("c/1")
    assert tree(tmp_path) == old
    assert not (tmp_path / "seg" / aside.FOLDER).exists()


def test_an_item_is_cleared_and_its_neighbours_stay(tmp_path: Path, old: dict[str, str]) -> None:
    Aside(tmp_path, "seg").clear("c/1")
    assert tree(tmp_path) == {name: text for name, text in old.items() if "c/1" not in name}


def test_an_item_may_be_called_like_a_plane(tmp_path: Path) -> None:
    lay(tmp_path, "seg/masks/a/1", "old a")
    kept = Aside(tmp_path, "seg")
    kept.put("a", "done")
    kept.clear("masks")
    kept.drop("masks")
    kept.give_back("a")
    assert tree(tmp_path) == {"seg/masks/a/1": "old a"}


def test_what_was_not_finished_is_not_kept(tmp_path: Path, old: dict[str, str]) -> None:
    Aside(tmp_path, "seg").put("c/1", "begun")
    assert tree(tmp_path) == {name: text for name, text in old.items() if "c/1" not in name}


def test_a_second_try_keeps_what_the_first_put_aside(tmp_path: Path, old: dict[str, str]) -> None:
    Aside(tmp_path, "seg").put("c/1", "done")
    lay(tmp_path, "seg/masks/c/1/a", "half")
    again = Aside(tmp_path, "seg")
    again.recover(entry("begun"))
    again.put("c/1", "begun")
    again.give_back("c/1")
    assert tree(tmp_path) == old


def test_cut_off_before_it_was_begun(tmp_path: Path, old: dict[str, str]) -> None:
    Aside(tmp_path, "seg").put("c/1", "done")
    lay(tmp_path, "seg/late/c/1/a", "a plane that had not been moved yet")
    Aside(tmp_path, "seg").recover(entry("done", "seg/masks/c/1/a"))
    late = {"seg/late/c/1/a": "a plane that had not been moved yet"}
    assert tree(tmp_path) == {**old, **late}


def test_cut_off_between_the_ledger_and_the_disk(tmp_path: Path, old: dict[str, str]) -> None:
    Aside(tmp_path, "seg").put("c/1", "done")
    lay(tmp_path, "seg/masks/c/1/b", "new")
    Aside(tmp_path, "seg").recover(entry("done", "seg/masks/c/1/b"))
    assert tree(tmp_path)["seg/masks/c/1/b"] == "new"
    assert not (tmp_path / "seg" / aside.FOLDER).exists()

    failed = Entry("c/2", "c", "key", "failed", failure=Failure("broken"))
    Aside(tmp_path, "seg").put("c/2", "done")
    for _ in range(2):  # once more, when all is in its place again
        Aside(tmp_path, "seg").recover({"c/2": failed})
        assert tree(tmp_path)["seg/masks/c/2/a"] == old["seg/masks/c/2/a"]
        lay(tmp_path, f"seg/{aside.FOLDER}/masks/c/3/a", "another that waits")


def test_a_step_without_a_folder_has_nothing_to_keep(tmp_path: Path) -> None:
    kept = Aside(tmp_path, "seg")
    kept.recover(entry("done"))
    kept.put("c/1", "done")
    kept.drop("c/1")
    kept.clear("c/1")
    kept.give_back("c/1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("old")
def test_what_cannot_be_moved_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError, match="permission denied"):
        Aside(tmp_path, "seg").put("c/1", "done")


def test_threads_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    kept = Aside(tmp_path, "seg")
    names = [str(number) for number in range(200)]
    for name in names:
        lay(tmp_path, f"seg/masks/{name}/a", "old")
    for _ in map_ordered(lambda name: (kept.put(name, "done"), kept.drop(name)), names, 4):
        pass
    assert tree(tmp_path) == {}
