from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import yaml

from multiplane.core.errors import ConfigError, InputError
from multiplane.engine.recipe import (
    MAX_BYTES,
    Recipe,
    builtin_recipes,
    dump_recipe,
    load_recipe,
    recipe_text,
    stage_recipe,
)

GOOD = """\
name: toy
description: Toys.
version: 1
stages:
  - id: cut
    stage: toy.cut
    inputs: {source: input.source}
  - id: copy
    stage: toy.copy
    inputs: {texts: cut.texts}
    options:
      mode: upper
      repeat: 3
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "toy.yaml"
    path.write_text(text)
    return path


def test_a_good_file_loads(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD))
    assert [step.id for step in recipe.stages] == ["cut", "copy"]
    assert recipe.steps()[1].options.model_dump()["repeat"] == 3
    assert recipe.planes_wanted() == ({"source"}, {"source"})


@pytest.mark.parametrize(
    ("old", "new", "message", "fix"),
    [
        (
            "name: toy",
            "nmae: toy",
            "{f}:1: name: missing\n{f}:1: nmae: unknown key; did you mean",
            "nmae: write 'name' instead",
        ),
        (
            "version: 1",
            "version: 99",
            "{f}:3: version: got 99; this Multiplane reads recipes of version 1",
            "version: 1, or a newer Multiplane: pip install --upgrade multiplane",
        ),
        (
            "id: cut",
            "id: Cut it",
            "{f}:5: stages[0].id: got 'Cut it'; wanted a small letter, th",
            "id: a small letter, then small letters, digits, - and _, at most 40 in all",
        ),
        (
            "    stage: toy.cut\n",
            "",
            "{f}:5: stages[0].stage: missing",
            "stage: the name of a stage, e.g. split.segment",
        ),
        (
            "inputs: {texts",
            "input: {texts",
            "{f}:10: stages[1].input: unknown key; did you mean 'inputs'?\n"
            "{f}:8: stages[1].inputs: toy.copy needs 'texts'; add texts: cut.texts",
            "input: write 'inputs' instead",
        ),
        (
            "cut.texts",
            "cut.frames",
            "{f}:10: stages[1].inputs.texts: 'cut' makes no plane 'frames'; known: texts",
            "`multiplane recipes schema` lists every key and its values",
        ),
        (
            "repeat: 3",
            "repeat: 99",
            "{f}:13: stages[1].options.repeat: got 99; wanted a whole number from 1 to 9",
            "repeat: a whole number from 1 to 9",
        ),
        (
            "repeat: 3",
            "mode: lower",
            "{f}:13: stages[1].options.mode: the key stands twice",
            "`multiplane recipes schema` lists every key and its values",
        ),
        (
            "mode: upper",
            "mode: uper",
            "{f}:12: stages[1].options.mode: got 'uper'; wanted 'plain', 'upper' or"
            " 'lower'; did you mean 'upper'?",
            "mode: upper",
        ),
        (
            "options:",
            "options: 3\n    #",
            "{f}:11: stages[1].options: got 3; wanted keys with values",
            "options: keys with values",
        ),
    ],
)
def test_faults_are_told_with_file_line_key_value_and_spelling(
    old: str, new: str, message: str, fix: str, tmp_path: Path
) -> None:
    text = GOOD.replace(old, new)
    if new.endswith("#"):
        text = text[: text.index("      mode")]
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_recipe(path)
    assert caught.value.what.startswith(message.format(f=path))
    assert caught.value.why == "a recipe is checked as a whole before anything runs"
    assert caught.value.fix.split("; ")[-1] == fix


@pytest.mark.parametrize("text", ["", "3\n", "- a\n", "name: x\nstages: []\n", "stages: {a: b}\n"])
def test_what_is_far_from_a_recipe_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_recipe(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "{f}:1: got None; wanted keys with values"),
        ("- a\n", "{f}:1: got ['a']; wanted keys with values"),
        ("name: x\nstages: cut\n", "{f}:2: stages: got 'cut'; wanted a list"),
    ],
)
def test_what_should_stand_there_is_said_in_words_of_yaml(
    text: str, message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_recipe(path)
    assert caught.value.what == message.format(f=path)


def test_a_file_that_is_no_text_or_far_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with pytest.raises(InputError, match="cannot read the recipe") as caught:
        load_recipe(path)
    assert caught.value.fix == "multiplane recipes list"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(InputError, match="cannot read the recipe"):
        load_recipe(path)
    path.write_text("#" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match="a recipe has 1048576 at most") as caught:
        load_recipe(path)
    assert caught.value.fix == "multiplane recipes show clean-backgrounds > recipe.yaml"


def test_options_can_be_put_over_a_recipe(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD))
    changed = recipe.with_options({"copy.repeat": "2", "cut.lines": 7, "copy.mode": "lower"})
    assert changed.stages[0].options == {"lines": 7}
    assert changed.stages[1].options == {"mode": "lower", "repeat": 2}
    assert recipe.stages[1].options == {"mode": "upper", "repeat": 3}


def test_wrong_overrides_are_refused_all_at_once(recipe: Recipe) -> None:
    with pytest.raises(ConfigError) as caught:
        recipe.with_options({"coppy.mode": "x", "copy": "1", "x.y": "1"})
    assert caught.value.what.splitlines() == [
        "--set coppy.mode: no step 'coppy'; did you mean 'copy'?",
        "--set copy: write it as step.option",
        "--set x.y: no step 'x'; known steps: cut, copy, join",
    ]
    with pytest.raises(ConfigError) as caught:
        recipe.with_options({"copy.repeat": "many", "copy.modes": "x"})
    assert caught.value.what.splitlines() == [
        "--set copy.repeat: got 'many'; wanted a whole number from 1 to 9",
        "--set copy.modes: unknown key; did you mean 'mode'?",
    ]


def test_an_override_that_reaches_too_deep_or_ends_early_is_named(recipe: Recipe) -> None:
    with pytest.raises(ConfigError) as caught:
        recipe.with_options({"copy.": "1", "copy..mode": "1"})
    assert caught.value.what.splitlines() == [
        "--set copy.: write it as step.option",
        "--set copy..mode: write it as step.option",
    ]
    with pytest.raises(ConfigError, match=r"^--set copy\.mode\.deep: got {'deep': 1}"):
        recipe.with_options({"copy.mode.deep": "1"})


def test_a_value_that_is_no_yaml_is_told(recipe: Recipe) -> None:
    with pytest.raises(ConfigError, match=r"--set copy\.mode: got '\[1', which is no YAML value"):
        recipe.with_options({"copy.mode": "[1"})


def test_one_stage_can_be_a_recipe() -> None:
    recipe = stage_recipe("toy.join")
    assert recipe.stages[0].id == "join"
    assert recipe.planes_wanted() == ({"texts"}, {"texts", "copies"})


def test_a_part_comes_after_its_whole(recipe: Recipe) -> None:
    planes = {"frames": "input.frames", "masks": "input.masks"}
    fill = {"id": "fill", "stage": "restore.inpaint", "inputs": planes}
    plain = Recipe.model_validate({"name": "fill", "stages": [fill]})
    (step,) = plain.with_options({"fill.backend.radius_px": "3", "fill.backend": "opencv"}).steps()
    assert step.options.model_dump()["backend"] == {
        "kind": "opencv",
        "method": "telea",
        "radius_px": 3.0,
    }


def test_a_fault_names_the_flag_that_was_typed(recipe: Recipe) -> None:
    with pytest.raises(ConfigError) as caught:
        recipe.with_options({"copy.repeat": "-1"}, {"copy.repeat": "--repeat"})
    assert caught.value.what == "--repeat: got -1; wanted a whole number from 1 to 9"
    assert caught.value.fix == "--repeat: a whole number from 1 to 9"
    with pytest.raises(ConfigError) as caught:
        stage_recipe("split.shots").with_options(
            {"shots.start_s": "5", "shots.stop_s": "3"}, {"shots.start_s": "--start-s"}
        )
    assert caught.value.what == "--start-s: stop_s 3 is not after start_s 5"


def test_what_is_written_out_loads_again(recipe: Recipe, tmp_path: Path) -> None:
    text = dump_recipe(recipe, recipe.steps())
    assert yaml.safe_load(text)["stages"][1]["options"]["repeat"] == 1
    again = load_recipe(write(tmp_path, text))
    assert [step.options for step in again.steps()] == [step.options for step in recipe.steps()]


def test_the_recipes_that_come_along_are_well() -> None:
    assert "clean-backgrounds" in builtin_recipes()
    for name in builtin_recipes():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.description


def test_an_unknown_recipe_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        recipe_text("clean-background")
    assert caught.value.what == "no recipe is called 'clean-background'"
    assert caught.value.fix == "multiplane recipes show clean-backgrounds"


def test_a_recipe_survives_pickling(recipe: Recipe) -> None:
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def test_a_step_id_that_is_no_text(tmp_path: Path) -> None:
    text = (
        "name: x\nstages:\n  - id: {a: b}\n    stage: toy.cut\n    inputs: {source: input.source}\n"
    )
    with pytest.raises(ConfigError, match=r"stages\[0\]\.id: got \{'a': 'b'\}; wanted a small"):
        load_recipe(write(tmp_path, text))
