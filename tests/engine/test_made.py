"""Planes that earlier runs made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.engine.folder import INPUTS, RECIPE
from multiplane.engine.ledger import FILE_NAME, Ledger
from multiplane.engine.made import planes_of_runs


def run_of(root: Path, *groups: str) -> Path:
    """A run that was given a picture a group and made its damage, of the first its layers too."""
    root.mkdir()
    (root / RECIPE).write_text("name: r\nstages:\n  - {id: step, stage: restore.step}\n")
    Ledger(root / FILE_NAME).close()
    given = [{"id": g, "files": {"images": [f"/far/{g}.png"]}, "data": {}} for g in groups]
    (root / INPUTS).write_text(json.dumps(given))
    files = {g: {"damage": [f"step/damage/{g}/m.png"]} for g in groups}
    files[groups[0]]["layers"] = ["step/a.png", "step/b.png"]
    items = [
        {"id": g, "figures": {}, "outputs": [{"id": g, "files": of, "data": {}}]}
        for g, of in files.items()
    ]
    value = {"step": "step", "stage": "restore.step", "version": 1, "options": {}, "items": items,
             "failures": [], "skipped": {}, "timings": {"wall": 1.0, "items": {}}}  # fmt: skip
    (root / "step").mkdir()
    (root / "step" / "step.json").write_text(json.dumps(value))
    return root


def test_what_was_given_and_made_by_the_ids_it_had(tmp_path: Path) -> None:
    first, second = run_of(tmp_path / "1", "wall", "a/x"), run_of(tmp_path / "2", "wall")
    found = planes_of_runs([first, second], ("images", "damage"), ("layers", "pages"))
    assert [one.id for one in found] == ["wall", "a/x", "wall-2"]
    assert found[0].files == {
        "images": ("/far/wall.png",),
        "damage": (f"{first}/step/damage/wall/m.png",),
        "layers": (f"{first}/step/a.png", f"{first}/step/b.png"),
    }
    assert set(found[1].files) == {"images", "damage"}


def test_a_run_that_made_something_else(tmp_path: Path) -> None:
    root = run_of(tmp_path / "run", "wall")
    with pytest.raises(InputError, match="has not images, candidates of any picture") as caught:
        planes_of_runs([root], ("images", "candidates"))
    assert caught.value.fix.startswith("multiplane run restore-artwork --images FOLDER")
    assert caught.value.fix.endswith(f"name OUT in the place of {root}")
