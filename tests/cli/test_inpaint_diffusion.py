"""The commands that people know, through diffusion itself, with a tiny model of the real kind."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from tiny_pipelines import Maker, tiny

from multiplane.cli.main import main

__all__ = ["tiny"]

FLAGS = (
    "--steps 1 --guidance 5.0 --model {model} --size 64 --mask_mode {mode} --rows 2 "
    "--collage_spacing_h 20 --collage_spacing_v 20 --seed 1234"
)
COMMANDS = {
    "black": "--image imgs/pic.png --mask masks/pic.png --output outputs/pic_grid.png",
    "white": "--image imgs/pic.png --mask masks_inverted/pic.png --output outputs/pic_grid.png",
    "batch": "--batch_imgs_dir imgs --batch_masks_dir masks --output_dir outputs/batch_grid",
}


def test_the_three_commands_give_the_same(
    tiny: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (70, 90, 3), dtype=np.uint8)
    mask = np.zeros((70, 90), np.uint8)
    mask[30:42, 40:52] = 255
    original = cv2.GaussianBlur(noise, (0, 0), 2.0)
    for folder, picture in (("imgs", original), ("masks", 255 - mask), ("masks_inverted", mask)):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "pic.png"), picture)
    monkeypatch.chdir(tmp_path)
    grids = []
    for name, words in COMMANDS.items():
        mode = "white" if name == "white" else "black"
        flags = FLAGS.format(model=shlex.quote(str(tiny("sd2"))), mode=mode)
        out = tmp_path / name
        typed = f"{words} {flags} -q".replace("outputs", str(out))
        with pytest.raises(SystemExit) as caught:
            main(["restore", "inpaint", *shlex.split(typed)])
        assert caught.value.code == 0
        grids.append(next(out.glob("**/*pic_*.png")))
        (record,) = out.glob("*/candidates/records/pic/pic.json")
        rows = json.loads(record.read_text())["rows"]
        assert [(row["by"], row["seed"]) for row in rows] == [
            ("diffusion", 1234), ("diffusion", 1235),
        ]  # fmt: skip
        assert rows[0]["settings"]["steps"] == 1
    pictures = [cv2.imread(str(path)) for path in grids]
    first = pictures[0]
    assert first is not None
    assert first.shape == (2 * 70 + 20, 3 * 90 + 40, 3)
    assert all(np.array_equal(first, picture) for picture in pictures[1:])
    results = [first[y : y + 70, 220:310] for y in (0, 90)]
    inside = mask > 0
    for result in results:
        assert np.array_equal(result[~inside], original[~inside])
        assert (result[inside] != original[inside]).any()
    assert not np.array_equal(*results), "another seed, another picture"
