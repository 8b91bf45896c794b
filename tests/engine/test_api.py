from __future__ import annotations

import inspect
import json
import shutil
from pathlib import Path

import pytest
import yaml

import multiplane
from multiplane.core import plugins
from multiplane.core.errors import ConfigError, InputError, OutputError, WeightsError
from multiplane.engine import api, lock
from multiplane.engine.executor import LocalExecutor
from multiplane.engine.recipe import Recipe


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_the_public_way_in_is_here() -> None:
    assert multiplane.run is api.run
    assert multiplane.RunReport is api.RunReport
    assert dir(multiplane) == sorted(multiplane.__all__)
    assert list(inspect.signature(api.run).parameters)[:3] == ["recipe", "inputs", "out"]


def test_a_run_folder_says_what_it_was_made_with(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    report = api.run(recipe, texts, out, options={"copy.seed": "7"})
    assert report.folder == out
    assert (report.done, report.reused, report.failed, report.skipped) == (21, 0, 0, 0)
    resolved = yaml.safe_load((out / "recipe.yaml").read_text())
    assert resolved["stages"][1]["options"]["seed"] == 7
    assert resolved["stages"][1]["options"]["mode"] == "plain"
    inputs = json.loads((out / "inputs.json").read_text())
    assert inputs[0] == {"id": "a", "files": {"source": [str(texts[0])]}, "data": {}}
    made_with = json.loads((out / "provenance.json").read_text())
    assert made_with["recipe"] == {"name": "toy", "version": 1, "file": ""}
    assert made_with["versions"]["python"]
    assert made_with["steps"][1]["fingerprint"] == "weights:1"
    assert made_with["steps"][1]["seeds"] == {"seed": 7}
    assert made_with["steps"][1]["options"]["seed"] == 7


def test_a_second_input_of_the_same_name_takes_nothing_away(
    recipe: Recipe, out: Path, tmp_path: Path
) -> None:
    first, second = (tmp_path / name / "clip.txt" for name in "ab")
    for path in (first, second):
        path.parent.mkdir()
        path.write_text(str(path))
    api.run(recipe, [first, second], out)
    made = out / "join" / "joined"
    texts = {path: path.read_text() for path in made.rglob("*.txt")}
    assert len(texts) == 2
    report = api.run(recipe, [second], out)
    assert (report.done, report.reused) == (3, 3)
    assert report.earlier == ("clip",)
    assert api.run(recipe, [second, first], out).earlier == ()
    assert {path: path.read_text() for path in made.rglob("*.txt")} == texts


def test_results_that_were_deleted_are_not_told(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out)
    shutil.rmtree(out / "join" / "joined" / "b")
    shutil.rmtree(out / "copy" / "copies" / "b")
    assert api.run(recipe, texts[:1], out).earlier == ("b", "c")
    shutil.rmtree(out / "cut" / "texts" / "b")
    assert api.run(recipe, texts[:1], out).earlier == ("c",)
    report = api.run(recipe, texts, out)
    assert (report.done, report.earlier) == (21, ())


def test_a_recipe_can_be_a_file(texts: list[Path], out: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\n"
        "stages: [{id: cut, stage: toy.cut, inputs: {source: input.source}}]\n"
    )  # fmt: skip
    assert api.run(str(path), str(texts[0]), str(out), options={"cut.lines": 9}).done == 1
    made_with = json.loads((out / "provenance.json").read_text())
    assert made_with["recipe"] == {"name": "mine", "version": 1, "file": str(path)}


def test_a_report_is_written_and_its_failure_is_not_the_runs(
    recipe: Recipe, texts: list[Path], tmp_path: Path
) -> None:
    def page(folder: Path) -> Path:
        return folder / "report.html"

    def refused(folder: Path) -> Path:
        raise InputError("no pictures")

    def broken(folder: Path) -> Path:
        raise TypeError("a fault of ours")

    real = plugins.load
    for writer, page_name in ((page, "report.html"), (refused, None), (broken, None)):
        out = tmp_path / writer.__name__
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                plugins,
                "load",
                lambda target, w=writer: w if target.endswith("write_report") else real(target),
            )
            report = api.run(recipe, texts, out)
        assert report.page == (out / page_name if page_name else None)
        assert report.exit_status == 0


def test_nothing_is_touched_when_the_call_is_wrong(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    with pytest.raises(ConfigError):
        api.run(recipe, texts, out, options={"copy.repeat": 99})
    with pytest.raises(InputError):
        api.run(recipe, out / "absent.mp4", out)
    with pytest.raises(InputError, match="no recipe is called"):
        api.run("clean-background", texts, out)
    assert not out.exists()


def test_weights_that_are_not_there_are_told_before_anything_runs(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    stage = type(recipe.steps()[2].stage)

    def absent(self: object, options: object) -> str:
        raise WeightsError("no weights", why="no network", fix="put them there")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "fingerprint", absent)
        with pytest.raises(WeightsError):
            api.run(recipe, texts, out)
    assert not out.exists()


def test_the_folder_of_another_recipe_is_refused(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out)
    other = recipe.model_copy(update={"name": "other"})
    with pytest.raises(OutputError, match="belongs to the recipe 'toy', not to 'other'") as caught:
        api.run(other, texts, out)
    assert caught.value.fix == (f"choose another folder with -o, or: multiplane run toy … -o {out}")


def test_two_runs_do_not_share_a_folder(recipe: Recipe, texts: list[Path], out: Path) -> None:
    out.mkdir()
    with lock.hold(out), pytest.raises(OutputError, match="is in use by process"):
        api.run(recipe, texts, out)
    api.run(recipe, texts, out)


def test_the_executor_is_a_choice(recipe: Recipe, texts: list[Path], out: Path) -> None:
    report = api.run(recipe, texts, out, executor=LocalExecutor(1, 1))
    assert report.exit_status == 0


def test_what_has_no_partner_is_part_of_the_report(out: Path, tmp_path: Path) -> None:
    for name in ("i/a.png", "i/b.png", "m/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    stages = [
        {"id": plane, "stage": "toy.copy", "inputs": {"texts": f"input.{plane}"}}
        for plane in ("images", "masks")
    ]
    recipe = Recipe.model_validate({"name": "art", "stages": stages})
    found = multiplane.pictures(tmp_path / "i", tmp_path / "m")
    report = api.run(recipe, found, out)
    assert [(failure.step, failure.item) for failure in report.left_out] == [("pairs", "b.png")]
    assert (report.done, report.exit_status) == (2, 3)
    (kept,) = json.loads((out / "left_out.json").read_text())
    assert kept["what"] == "the picture b.png has no mask"
    (tmp_path / "m" / "b.png").write_text("b")
    report = api.run(recipe, multiplane.pictures(tmp_path / "i", tmp_path / "m"), out)
    assert (report.done, report.reused, report.exit_status) == (4, 2, 0)
    assert not (out / "left_out.json").exists()
