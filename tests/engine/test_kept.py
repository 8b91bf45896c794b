from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.engine.kept import Kept, read_kept

GOOD = "name: toy\ndescription: a toy\nstages:\n- id: cut\n- id: copy\n"


def test_what_a_run_keeps_of_its_recipe(tmp_path: Path) -> None:
    assert read_kept(tmp_path) is None
    (tmp_path / "recipe.yaml").write_text(GOOD)
    assert read_kept(tmp_path) == Kept("toy", "a toy", ("cut", "copy"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"name: [toy", "while parsing a flow sequence"),
        (b"", "it has no name"),
        (b"- toy", "it has no name"),
        (b"name: 3", "it has no name"),
        (b"name: toy", "it has no steps"),
        (b"name: toy\nstages: 3", "it has no steps"),
        (b"name: toy\nstages: [cut]", "it has no steps, or one without an id"),
        (b"name: toy\nstages: [{id: ../..}]", "it has no steps, or one without an id"),
        (b"name: \xff", "'utf-8' codec can't decode byte"),
        (b"[" * 100_000, "maximum recursion depth exceeded"),
        (b"a: 2020-13-45", "month must be in 1..12"),
    ],
    ids=range(11),
)
def test_a_damaged_recipe_is_refused(text: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_bytes(text)
    with pytest.raises(InputError) as caught:
        read_kept(tmp_path)
    assert caught.value.what.startswith(f"{path} is damaged: {reason}")
    assert caught.value.fix == f"rm {path}, then the same command again: it is written anew"


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").mkdir()
    with pytest.raises(InputError, match="is damaged"):
        read_kept(tmp_path)
