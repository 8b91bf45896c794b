"""The page of the recipe names options that there are, and its recipe can be run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from multiplane.engine.recipe import Recipe, load_recipe

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "vr180.md").read_text(encoding="utf-8")
STEPS = {step.id: step.options for step in load_recipe("vr180-matte").steps()}
OURS = re.sub(
    r"```yaml.+?```|^\| `[a-z]+\.[a-z_0-9]+` \|", "", PAGE, flags=re.DOTALL | re.MULTILINE
)
NAMED = sorted(set(re.findall(r"\b(?:chunks|stereo|export)\.[a-z_.0-9]*[a-z0-9]", OURS)))


@pytest.mark.parametrize("name", NAMED)
def test_options_that_are_named_are_there(name: str) -> None:
    step, *path = name.split(".")
    options = STEPS[step]
    for part in path:
        assert part in type(options).model_fields, f"{name}: no {part!r}"
        options = getattr(options, part)


def test_the_table_has_every_knob_of_the_proof_of_concept() -> None:
    knobs = re.findall(r"^\| `([a-z]+\.[a-z_0-9]+)` \|", PAGE, re.MULTILINE)
    assert len(knobs) == len(set(knobs)) == 30


def test_the_recipe_on_the_page_is_one(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.+?)```", PAGE, re.DOTALL)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    recipe = load_recipe(path)
    assert isinstance(recipe, Recipe)
    assert recipe.steps()[1].options.model_dump()["correction_method"] == "transfer"


def test_every_format_is_explained() -> None:
    formats = STEPS["export"].model_json_schema()["properties"]["formats"]["items"]["enum"]
    rows = re.findall(r"^\| (`[a-z_0-9`, ]+`) \| (?:\.|folder)", PAGE, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(formats)
