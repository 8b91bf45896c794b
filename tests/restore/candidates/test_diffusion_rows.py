"""The stage with a pipeline of the real classes: seeds, record and what a file says it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from tiny_diffusion import save_tiny

from multiplane.core.arrays import Frame, Mask
from multiplane.core.items import Item
from multiplane.media.images import read_mask, write_frame, write_mask
from multiplane.media.levels import read_levels
from multiplane.media.xmp import GENERATIVE, read_restorations, read_xmp
from multiplane.restore.candidates.config import CandidatesOptions
from multiplane.restore.candidates.repair import restore_picture
from multiplane.restore.candidates.run import Candidates


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny") / "sd15")


def options_of(pipeline: Path, rows: object, seed: int = 5) -> CandidatesOptions:
    backend = {"kind": "diffusion", "model": str(pipeline), "steps": 2, "prompt": "a wall"}
    given = {"backend": backend, "rows": rows, "seed": seed, "context_px": 16, "device": "cpu"}
    return CandidatesOptions.model_validate({**given, "grow_px": 2})


def test_rows_of_several_backends(
    pipeline: Path, tmp_path: Path, canvas: Frame, loss: Mask
) -> None:
    write_frame(tmp_path / "wall.png", canvas)
    write_mask(tmp_path / "mask.png", loss)
    options = options_of(pipeline, "diffusion,opencv,diffusion:40")
    stage = Candidates()
    assert stage.fingerprint(options).startswith("diffusion own@")
    files = {"images": (str(tmp_path / "wall.png"),), "masks": (str(tmp_path / "mask.png"),)}
    worker = stage.open(options)
    record = worker.work(Item("wall", tmp_path, "c", files))
    planes = record.outputs[0].files
    told = json.loads((tmp_path / planes["records"][0]).read_text(encoding="utf-8"))
    assert [(row["backend"], row["seed"]) for row in told["rows"]] == [
        ("diffusion", 5), ("opencv", None), ("diffusion", 40),
    ]  # fmt: skip
    settings = told["rows"][0]["settings"]
    assert (settings["prompt"], settings["steps"]) == ("a wall", 2)
    assert len(settings["fingerprint"]) >= 40
    hole = read_mask(tmp_path / planes["damage"][0])
    for name in planes["candidates"]:
        restored = read_levels(tmp_path / name).levels
        assert np.array_equal(restored[~hole], canvas[~hole])
        assert not np.array_equal(restored[hole], canvas[hole])
    first = tmp_path / planes["candidates"][0]
    assert GENERATIVE.encode() in read_xmp(first)
    (stated,) = read_restorations(first)
    assert stated["Settings/Fingerprint"] == settings["fingerprint"]
    assert stated["Settings/Prompt"] == "a wall"


def test_a_row_of_a_batch_is_what_it_is_alone(pipeline: Path, canvas: Frame, loss: Mask) -> None:
    both = restore_picture(canvas, loss, options_of(pipeline, 2))
    (second,) = restore_picture(canvas, loss, options_of(pipeline, 1, seed=6))
    assert both[1].seed == second.seed == 6
    off = np.abs(both[1].picture.astype(int) - second.picture.astype(int))
    assert off.max() <= 1
    assert not np.array_equal(both[0].picture, both[1].picture)
