"""The page for conservators names options that there are, and its recipe can be run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from multiplane.engine.recipe import load_recipe
from multiplane.hub.table import MODELS
from multiplane.restore.candidates.config import CandidatesOptions
from multiplane.restore.collage.config import CollageOptions
from multiplane.restore.inpaint.diffusion import DiffusionOptions

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "artwork.md").read_text(encoding="utf-8")
ELSEWHERE = {
    "image", "images", "mask", "masks", "output", "output_dir", "batch_imgs_dir",
    "batch_masks_dir", "cache_dir",
}  # fmt: skip
"""What the command line resolves before there are options."""
SEED = {
    "model", "size", "steps", "guidance", "prompt", "mask_mode", "rows", "seed",
    "collage_spacing_h", "collage_spacing_v", "image", "mask", "output", "batch_imgs_dir",
    "batch_masks_dir", "output_dir", "lora", "cache_dir",
}  # fmt: skip
"""Every parameter of the script that users have today."""


def _flags() -> set[str]:
    """Every flag of picture mode, with underscores."""
    found = set(ELSEWHERE)
    for model in (CandidatesOptions, CollageOptions, DiffusionOptions):
        for name, field in model.model_fields.items():
            found |= {name, *(getattr(mark, "name", "") for mark in field.metadata)}
    return found


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"`--([a-z][a-z_-]+)", PAGE))))
def test_flags_that_are_named_are_there(flag: str) -> None:
    assert flag.replace("-", "_") in _flags() | {"extra", "set"}


def test_the_table_has_every_parameter_of_the_script() -> None:
    table = PAGE.partition("## Every parameter")[2].partition("Its three commands")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `--")]
    assert set(re.findall(r"--(\w+)", " ".join(rows))) == SEED


def test_models_that_are_named_are_in_the_table() -> None:
    table = PAGE.partition("Models of `diffusion`")[2].partition("The makers of SD 2")[0]
    names = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z0-9-]+)`", line.split("|")[1])
    }
    assert names >= {"sd2-inpainting", "sd15-inpainting", "sdxl-inpainting"}
    assert names <= set(MODELS)


def test_the_recipe_on_the_page_is_one(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.+?)```", PAGE, re.DOTALL)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    options = load_recipe(path).steps()[0].options.model_dump()
    assert [row["backend"]["kind"] for row in options["rows"]] == ["diffusion"] * 4 + ["patchmatch"]
    assert options["backend"]["steps"] == 40
