from __future__ import annotations

import json
from pathlib import Path

import pytest

from multiplane.core.errors import InputError, OutputError
from multiplane.engine import folder, lock


def claim(path: Path, recipe: str = "toy") -> None:
    with folder.claim(path, recipe):
        folder.keep_text(path / folder.RECIPE, f"name: {recipe}\n")


def tree(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_a_folder_is_made_taken_up_and_known(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    claim(out)
    (out / "seg").mkdir()
    (out / ".part-12-recipe.yaml").write_text("half")
    (out / "seg" / ".part-12-masks.json").write_text("half")
    claim(out)
    folder.require_run(out)
    assert not list(out.rglob(".part-*"))


def test_a_run_that_was_cut_off_at_the_very_start_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / lock.FILE_NAME).touch()
    (tmp_path / ".part-12-recipe.yaml").write_text("half")
    claim(tmp_path)


def test_a_folder_with_other_files_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    before = tree(tmp_path)
    with pytest.raises(OutputError) as caught:
        claim(tmp_path)
    assert caught.value.what == (
        f"{tmp_path} holds other files, e.g. holiday.jpg, and is no run of Multiplane"
    )
    assert caught.value.fix == f"choose another folder: -o {tmp_path / 'run'}"
    assert tree(tmp_path) == before


@pytest.mark.parametrize("text", ["name: other\n", "[", "3", "x: y"])
def test_the_folder_of_another_recipe_is_refused_and_untouched(text: str, tmp_path: Path) -> None:
    claim(tmp_path)
    (tmp_path / folder.RECIPE).write_text(text)
    before = tree(tmp_path)
    with pytest.raises(OutputError, match="belongs to the recipe") as caught:
        claim(tmp_path)
    assert "choose another folder with -o" in caught.value.fix
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ('{"recipe": {"name": "mine", "file": "/films/my own.yaml"}}', "'/films/my own.yaml'"),
        ('{"recipe": {"name": "mine", "file": null}}', "mine"),
        ('{"recipe": []}', "mine"),
        ("{", "mine"),
    ],
)
def test_the_recipe_that_owns_a_folder_is_named_by_its_file(
    told: str, named: str, tmp_path: Path
) -> None:
    claim(tmp_path)
    (tmp_path / folder.RECIPE).write_text("name: mine")
    (tmp_path / folder.PROVENANCE).write_text(told)
    with pytest.raises(OutputError) as caught:
        claim(tmp_path)
    assert f"multiplane run {named} … -o" in caught.value.fix


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/none"])
def test_a_place_that_cannot_be_written_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot write") as caught:
        claim(tmp_path / place)
    assert caught.value.fix.startswith("choose another folder with -o")
    assert (tmp_path / "file").read_text() == "mine"


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run folder") as caught:
        folder.require_run(tmp_path)
    assert caught.value.fix == "name the folder that was given to -o"


def test_json_is_laid_out_for_reading(tmp_path: Path) -> None:
    value = {
        "short": [1, 2, {"a": None}],
        "numbers": list(range(100)),
        "items": [{"id": "ä" * 60, "figures": {"long": "x" * 60, "é": 1.5}}, {}],
        "names": ["n" * 50, "m" * 80],
    }
    folder.write_json(tmp_path / "x.json", value)
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    lines = text.splitlines()
    assert lines[1] == ' "short": [1, 2, {"a": null}],'
    assert lines[2].startswith(' "numbers": [0, 1, 2, 3')
    assert lines[2].endswith("99],")
    assert '   "figures": {"long": ' in text
    with pytest.raises(ValueError, match="not JSON compliant"):
        folder.write_json(tmp_path / "x.json", [float("nan")])


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    folder.write_json(path, {"a": 1})
    before = path.stat().st_ino
    folder.write_json(path, {"a": 1})
    assert path.stat().st_ino == before
    folder.write_json(path, {"a": 2})
    assert path.stat().st_ino != before


def test_an_empty_list_is_no_file(tmp_path: Path) -> None:
    place = tmp_path / folder.LEFT_OUT
    folder.keep_list(place, [])
    assert not place.exists()
    folder.keep_list(place, [{"item": "a"}])
    assert json.loads(place.read_text()) == [{"item": "a"}]
    folder.keep_list(place, [])
    assert not place.exists()
