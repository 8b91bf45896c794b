from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from multiplane.restore.collage.record import Restoration
from multiplane.restore.collage.words import (
    COLUMNS,
    SCORES,
    caption_of,
    cells_of,
    facts_of,
    flat,
    model_of,
    title_of,
)


def restoration(**changes: Any) -> Restoration:
    told: dict[str, Any] = {
        "row": 2,
        "backend": "diffusion",
        "by": "diffusion",
        "seed": 1235,
        "settings": {"model": "sd2-inpainting", "guidance": 5.0, "prompt": "壁画"},
        "scores": {"total": 0.43126, "seam": 0.1, "likeness": None},
        "rank": 1,
        "notes": (),
        "picture": Path("a.png"),
        "layer": None,
    }
    return Restoration(**{**told, **changes})


def test_a_caption_tells_the_facts() -> None:
    told = "diffusion, sd2-inpainting, seed 1235, guidance 5, rank 1 of 4, score 0.431"
    assert caption_of(restoration(), 4) == told
    bare = restoration(backend="opencv", by="opencv", seed=None, settings={}, scores={}, rank=None)
    assert caption_of(bare, 4) == "opencv"
    assert title_of(bare) == "2: opencv"
    other = restoration(by="patchmatch")
    assert title_of(other) == "2: diffusion, in truth patchmatch, seed 1235"


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("sd15", "sd15"),
        ("owner/name", "owner/name"),
        ("/home/me/models/wall.safetensors", "wall.safetensors"),
        ("C:\\models\\wall", "wall"),
        ("./wall/", "wall"),
        (3, ""),
        ("", ""),
        ("/", "/"),
    ],
)
def test_of_a_path_the_last_part_is_told(model: object, told: str) -> None:
    assert model_of(restoration(settings={"model": model})) == told


def test_cells_fit_the_columns_and_sort_by_number() -> None:
    cells = cells_of(restoration())
    assert len(cells) == len(COLUMNS) - 1
    by_name = dict(zip(COLUMNS, cells, strict=False))
    assert by_name["total"][:2] == ("0.431", "0.43126")
    assert by_name["likeness"].value == ""
    assert by_name["seed"].text == "1235"
    assert set(SCORES) < set(COLUMNS)


def test_the_share_that_was_made_up_comes_first() -> None:
    mask = {"share": 0.02, "repaired_share": 0.0213, "fitted_from": [2, 3]}
    software = {"multiplane": "0.1.0", "torch": "2.15"}
    raw = {"mask": mask, "method": {"context_px": 64}, "software": software}
    facts = dict(facts_of(raw))
    assert next(iter(facts)) == "made up"
    assert facts["made up"].startswith("2.13 % of the picture")
    assert facts["mask fitted from"] == "2, 3"
    assert facts["method context px"] == "64"
    assert facts["made with"] == "multiplane 0.1.0, torch 2.15"
    assert dict(facts_of({"mask": {"share": 0.5}}))["made up"].startswith("50 %")
    assert list(facts_of({"mask": 3})) == [("mask", "3")]


def test_nested_facts_become_rows() -> None:
    nested = {
        "loras": [{"file": "a", "weight": 0.8}, {"file": "b"}],
        "deep": {"half_precision": True},
        "nothing": None,
        "empty": "",
        "steps": 30,
    }
    assert list(flat(nested)) == [
        ("loras 1 file", "a"),
        ("loras 1 weight", "0.8"),
        ("loras 2 file", "b"),
        ("deep half precision", "yes"),
        ("steps", "30"),
    ]
