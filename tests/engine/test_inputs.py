from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.core.items import Planes
from multiplane.engine.fingerprint import FileDigests
from multiplane.engine.inputs import as_source, described, gather_inputs, outdated, remembered
from multiplane.engine.recipe import Recipe, stage_recipe


def put(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_paths_become_planes_with_safe_ids(recipe: Recipe, tmp_path: Path) -> None:
    paths = [
        put(tmp_path / "My film (1).mp4"),
        put(tmp_path / "x" / "clip.mp4"),
        put(tmp_path / "y" / "Clip.mov"),
        put(tmp_path / "…"),
        put(tmp_path / "Ünïcode.mp4"),
    ]
    folder = tmp_path / "shot.v2"
    folder.mkdir()
    planes = gather_inputs([*paths, str(folder)], recipe)
    names = ["My-film-1", "clip", "Clip-2", "input", "Ünïcode", "shot.v2"]
    assert [entry.id for entry in planes] == names
    assert planes[0].files == {"source": (str(paths[0]),)}


def test_one_path_is_enough_and_becomes_absolute(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a.txt")
    monkeypatch.chdir(tmp_path)
    assert gather_inputs("a.txt", recipe)[0].files["source"] == (str(tmp_path / "a.txt"),)
    planes = Planes("p", {"source": ("a.txt",)}, {"rate": "1/1"})
    (found,) = gather_inputs(planes, recipe)
    assert found == Planes("p", {"source": (str(tmp_path / "a.txt"),)}, {"rate": "1/1"})


def test_a_path_keeps_its_id_and_nobody_else_gets_it(recipe: Recipe, tmp_path: Path) -> None:
    first, second, third = (put(tmp_path / name / "clip.mp4") for name in "abc")
    known = {entry.id: entry.files for entry in gather_inputs([first, second], recipe)}
    assert list(known) == ["clip", "clip-2"]
    assert [entry.id for entry in gather_inputs([second], recipe, known)] == ["clip-2"]
    assert [entry.id for entry in gather_inputs([third, second], recipe, known)] == [
        "clip-3",
        "clip-2",
    ]
    first.unlink()
    assert [entry.id for entry in gather_inputs([third], recipe, known)] == ["clip-3"]
    here = tmp_path / "b" / ".." / "b" / "clip.mp4"
    assert [entry.id for entry in gather_inputs([here], recipe, known)] == ["clip-2"]


def test_a_path_given_twice_is_done_once(
    recipe: Recipe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = put(tmp_path / "a" / "clip.mp4")
    again = tmp_path / "a" / ".." / "a" / "clip.mp4"
    with caplog.at_level(logging.WARNING):
        assert [entry.id for entry in gather_inputs([path, again, path], recipe)] == ["clip"]
    assert f"{again} is given twice, also as {path}; it is done once" in caplog.text


def test_a_file_in_the_place_of_a_run_folder_remembers_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "out").write_text("x")
    assert remembered(tmp_path / "out") == {}
    assert not caplog.messages


def test_a_run_folder_remembers_what_it_was_given(tmp_path: Path) -> None:
    assert remembered(tmp_path) == {}
    one, two = (Planes(name, {"source": (f"/{name}.mp4",)}) for name in ("one", "two"))
    place = tmp_path / "inputs.json"
    place.write_text(json.dumps(described([one, two], {})))
    known = remembered(tmp_path)
    assert known == {"one": {"source": ["/one.mp4"]}, "two": {"source": ["/two.mp4"]}}
    place.write_text(json.dumps(described([two], known)))
    now = json.loads(place.read_text())
    assert [(entry["id"], entry["files"]) for entry in now] == [
        ("two", {"source": ["/two.mp4"]}),
        ("one", {}),
    ]
    assert remembered(tmp_path) == {
        "two": {"source": ["/two.mp4"]},
        "one": {"source": ["/one.mp4"]},
    }


def test_an_empty_plane_is_no_memory(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "inputs.json").write_text('[{"id": "a", "files": {"source": []}}]')
    path = put(tmp_path / "a.txt")
    assert [entry.id for entry in gather_inputs(path, recipe, remembered(tmp_path))] == ["a-2"]


@pytest.mark.parametrize(
    "text", ["", "{", "[3]", '[{"id": "a"}]', '{"id": 3}', '[{"id": 3, "files": [3]}]']
)
def test_a_damaged_memory_is_told(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "inputs.json").write_text(text)
    assert remembered(tmp_path) == {}
    assert "cannot be read; inputs get new ids" in caplog.text


def test_inputs_that_are_not_there_are_all_named(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        gather_inputs([tmp_path / "x.mp4", tmp_path / "y.mp4"], recipe)
    assert caught.value.what == f"not there: {tmp_path / 'x.mp4'}, {tmp_path / 'y.mp4'}"
    assert caught.value.fix == "check the path; names with spaces need quotes"
    with pytest.raises(InputError, match="and 2 more"):
        gather_inputs([tmp_path / f"{n}.mp4" for n in range(7)], recipe)


def test_a_folder_of_videos_or_of_folders_says_what_to_give(recipe: Recipe, tmp_path: Path) -> None:
    put(tmp_path / "v" / "b 1.MP4")
    put(tmp_path / "v" / "a.mkv")
    put(tmp_path / "v" / "notes.txt")
    with pytest.raises(InputError, match=r"it holds videos: a\.mkv, b 1\.MP4") as caught:
        gather_inputs(tmp_path / "v", recipe)
    assert caught.value.fix == (f"give these instead: {tmp_path}/v/a.mkv '{tmp_path}/v/b 1.MP4'")
    put(tmp_path / "f" / "one" / "a.png")
    put(tmp_path / "f" / ".hidden" / "a.png")
    with pytest.raises(InputError, match="it holds folders of pictures: one\n") as caught:
        gather_inputs(tmp_path / "f", recipe)
    assert caught.value.fix == f"give these instead: {tmp_path}/f/one"


def test_only_sources_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(put(tmp_path / "film.mp4").parent)
    gather_inputs(Planes("a", {"texts": ("film.mp4",)}), stage_recipe("toy.join"))


def test_what_is_not_looked_at_is_told(
    recipe: Recipe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path / "f" / "a.png")
    put(tmp_path / "f" / "empty" / "a.txt")
    gather_inputs(tmp_path / "f", recipe)
    assert caplog.text == ""
    put(tmp_path / "f" / "more" / "b.png")
    put(tmp_path / "f" / "film.mov")
    gather_inputs(tmp_path / "f", recipe)
    assert "not film.mov, more; give these too to have them taken" in caplog.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(recipe: Recipe, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(InputError, match="is neither a file nor a folder") as caught:
        gather_inputs(tmp_path / "a.mp4", recipe)
    assert caught.value.fix == "save it as a file first"


def test_a_name_that_is_too_long_is_refused(recipe: Recipe) -> None:
    with pytest.raises(InputError, match=r"cannot look at /x+\.mp4: ") as caught:
        gather_inputs(f"/{'x' * 300}.mp4", recipe)
    assert caught.value.fix == "check the path: ls -ld /"


@pytest.mark.skipif(sys.platform != "linux", reason="here all file names are text")
def test_a_name_that_is_no_text_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    path = put(tmp_path / os.fsdecode(b"caf\xe9.mp4"))
    with pytest.raises(InputError) as caught:
        gather_inputs(path, recipe)
    assert caught.value.what == f"the name {tmp_path}/caf\\xe9.mp4 is not UTF-8"
    assert caught.value.fix == f"mv $'{tmp_path}/caf\\xe9.mp4' '{tmp_path}/caf-.mp4'"


def test_nothing_at_all_is_refused(recipe: Recipe) -> None:
    with pytest.raises(InputError, match="nothing was handed in") as caught:
        gather_inputs([], recipe)
    assert caught.value.fix == "multiplane run toy INPUT -o OUT"


def test_planes_have_the_names_that_the_recipe_wants(tmp_path: Path) -> None:
    join = stage_recipe("toy.join")
    path = str(put(tmp_path / "a.txt"))
    gather_inputs(Planes("a", {"texts": (path,), "copies": (path,)}), join)
    gather_inputs(Planes("a", {"texts": (path,)}), join)
    with pytest.raises(InputError) as caught:
        gather_inputs(Planes("a", {"copies": (path,)}), join)
    assert caught.value.what == (
        "'a' has the planes copies; 'toy.join' needs texts and can use copies"
    )
    assert caught.value.fix == "hand in Planes(id, files) with these names"
    with pytest.raises(InputError, match="has the planes source") as caught:
        gather_inputs(tmp_path, join)
    with pytest.raises(InputError) as caught:
        gather_inputs(Planes("a", {"texts": (path,), "other": (path,)}), join)
    assert caught.value.fix == "leave out other"


def test_the_key_is_that_of_the_content(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", "one")

    def key(data: dict[str, str] | None = None) -> str:
        planes = Planes("a", {"source": (str(path),)}, data or {})
        return as_source([planes], FileDigests({})).made["a"].key

    before = key()
    assert key() == before
    assert key({"rate": "2/1"}) != before
    put(path, "two")
    assert key() != before


def wants_of(recipe: Recipe) -> set[str]:
    return recipe.planes_wanted()[0]


def test_footage_in_the_place_of_pictures_and_the_other_way_round(
    recipe: Recipe, tmp_path: Path
) -> None:
    image, mask = (
        {"id": plane[:4], "stage": "toy.copy", "inputs": {"texts": f"input.{plane}"}}
        for plane in ("images", "masks")
    )
    both = "--images FOLDER --masks FOLDER"
    for stages, fix in (([image], "--images FOLDER"), ([image, mask], both)):
        wants = Recipe.model_validate({"name": "art", "stages": stages})
        with pytest.raises(InputError) as caught:
            gather_inputs([put(tmp_path / "a.png")], wants)
        assert caught.value.fix.startswith(f"multiplane run art {fix} -o OUT; in Python: ")
        assert caught.value.fix.endswith(
            f"multiplane.pictures({', '.join(sorted(wants_of(wants)))})"
        )
    with pytest.raises(InputError) as caught:
        gather_inputs([Planes("a", {"images": ("a.png",)})], recipe)
    assert caught.value.fix == "multiplane run toy INPUT -o OUT"


def test_files_of_items_that_failed_are_found(tmp_path: Path) -> None:
    for name in ("one/masks/a/m.png", "two/pages/b/c.html", "one/masks/c/m.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "one/masks/d").mkdir()
    steps = ["one", "two"]
    assert outdated(tmp_path, steps, [("one", "a"), ("one", "b"), ("one", "d")]) == ["a", "b"]
    assert outdated(tmp_path, steps, [("two", "c"), ("two", "b")]) == ["b"]  # one made its own
    assert outdated(tmp_path, steps, []) == []
