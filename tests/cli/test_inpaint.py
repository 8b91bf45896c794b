"""``restore inpaint`` on pictures, with the flags that people know from elsewhere."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from multiplane.cli.inpaint import _models
from multiplane.cli.main import main
from multiplane.core.items import Planes
from multiplane.engine.recipe import Recipe
from multiplane.hub import cache

FLAGS = (
    "--steps 30 --guidance 5.0 --model stabilityai/stable-diffusion-2-inpainting --size 768 "
    "--mask_mode {mode} --rows 4 --collage_spacing_h 20 --collage_spacing_v 20 --seed 1234"
)
COMMANDS = {
    "black": "--image imgs/pic.png --mask masks/pic.png --output outputs/pic_grid.png",
    "white": "--image imgs/pic.png --mask masks_inverted/pic.png --output outputs/pic_grid.png",
    "batch": "--batch_imgs_dir imgs --batch_masks_dir masks --output_dir outputs/batch_grid",
}
"""The commands of the program that people come from, less what its three have in common."""


def command(name: str, flags: str = FLAGS) -> list[str]:
    mode = "white" if name == "white" else "black"
    return ["restore", "inpaint", *shlex.split(COMMANDS[name] + " " + flags.format(mode=mode))]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(list(words))
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


def read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert picture is not None, path
    return np.asarray(picture, np.uint8)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``imgs``, ``masks`` in which black is to be repaired, and ``masks_inverted``."""
    noise = np.random.default_rng(0).integers(0, 255, (72, 88, 3), dtype=np.uint8)
    for name, sigma in (("pic.png", 2.0), ("sub/wall.jpg", 3.0)):
        mask = np.zeros((72, 88), np.uint8)
        mask[30:42, 40:52] = 255
        stem = name.rpartition(".")[0]
        for folder, file, picture in (
            ("imgs", name, cv2.GaussianBlur(noise, (0, 0), sigma)),
            ("masks", f"{stem}.png", 255 - mask),
            ("masks_inverted", f"{stem}.png", mask),
        ):
            (tmp_path / folder / file).parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / file), picture)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Asked(Exception):  # noqa: N818 - no error, but the end of what is looked at
    """Carries what a run was asked for."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the run is asked for; it does not begin."""
    found: dict[str, Any] = {}

    def run(recipe: Recipe, inputs: list[Planes], out: Path, **_: object) -> None:
        for step in recipe.steps():
            found[step.id] = step.options.model_dump()
        found.update(ids=[one.id for one in inputs], out=out, cache=cache.default_cache())
        raise Asked

    monkeypatch.setattr("multiplane.engine.api.run", run)
    return found


def ask(*words: str) -> None:
    with pytest.raises(Asked):
        main(["restore", "inpaint", *words])


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.usefixtures("here")
def test_the_commands_people_know_mean_what_they_meant(name: str, asked: dict[str, Any]) -> None:
    ask(*command(name)[2:])
    candidates, collage = asked["candidates"], asked["collage"]
    backend = candidates["backend"]
    assert backend["kind"] == "diffusion"
    assert backend["model"] == "stabilityai/stable-diffusion-2-inpainting"
    assert (backend["steps"], backend["guidance"], backend["size_px"]) == (30, 5.0, 768)
    assert candidates["mask_mode"] == ("white" if name == "white" else "black")
    assert (candidates["rows"], candidates["seed"]) == (4, 1234)
    assert (collage["spacing_h_px"], collage["spacing_v_px"]) == (20, 20)
    batch = name == "batch"
    assert asked["ids"] == (["pic", "sub/wall"] if batch else ["pic"])
    assert asked["out"] == Path("outputs/batch_grid" if batch else "outputs/pic_grid_run")


@pytest.mark.usefixtures("here")
def test_each_option_is_a_flag_in_both_spellings(asked: dict[str, Any]) -> None:
    pair = ["--image", "imgs/pic.png", "--mask", "masks/pic.png", "-o", "out"]
    ask(*pair, "--prompt", "[mural]: 1950", "--negative_prompt", "null", "--lora", "a.safetensors",
        "--lora", "b.safetensors@0.8", "--scheduler", "ddim", "--strength", "0.5", "--rows",
        "diffusion:7,lama", "--background-rgb", "#102030", "--vae_tile_px", "0",
        "--attention-slicing", "--no-match_grain", "--cache_dir", "weights")  # fmt: skip
    candidates = asked["candidates"]
    backend = candidates["backend"]
    assert (backend["prompt"], backend["negative_prompt"]) == ("[mural]: 1950", "null")
    assert backend["lora"] == ("a.safetensors", "b.safetensors@0.8")
    assert (backend["scheduler"], backend["strength"], backend["vae_tile_px"]) == ("ddim", 0.5, 0)
    assert backend["attention_slicing"] is True
    assert candidates["match_grain"] is False
    assert [(row["backend"]["kind"], row["seed"]) for row in candidates["rows"]] == [
        ("diffusion", 7), ("lama", 0),
    ]  # fmt: skip
    assert asked["collage"]["background_rgb"] == "#102030"
    assert asked["cache"] == Path("weights").absolute()
    assert cache.default_cache() != asked["cache"], "for that call alone"


@pytest.mark.usefixtures("here")
def test_the_backend_that_flags_ask_for(asked: dict[str, Any]) -> None:
    pair = ["--image", "imgs/pic.png", "--mask", "masks/pic.png", "-o", "out"]
    ask(*pair)
    assert asked["candidates"]["backend"] == {"kind": "auto"}
    ask(*pair, "--backend", "lama", "--model", "other")
    assert asked["candidates"]["backend"]["kind"] == "lama"
    assert asked["candidates"]["backend"]["model"] == "other"
    ask(*pair, "--steps", "3", "--set", "candidates.backend.kind=diffusion")
    assert asked["candidates"]["backend"]["steps"] == 3


def test_all_options_of_pictures_are_in_the_help_by_what_they_are_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = told(capsys, "restore", "inpaint", "--help")
    titles = ["Pictures (with --image):", "The collage of pictures:", "The backend diffusion",
              "Frames of a film (with --frames):", "Both:"]  # fmt: skip
    places = [out.index(title) for title in titles]
    assert places == sorted(places)
    names = {name for model in _models() for name in model.model_fields} - {"kind"}
    assert [name for name in names if f"--{name.replace('_', '-')}" not in out] == []


@pytest.mark.parametrize(
    ("flags", "what", "fix"),
    [
        ("--backend lama --steps 3 --model x", "--steps: not of the backend lama",
         "leave out --steps; or --backend diffusion"),
        ("--backend patchmatch --model x", "--model: not of the backend patchmatch",
         "leave out --model; or --backend diffusion"),
        ("--rows lama,patchmatch --steps 3", "--steps: of the backend diffusion, and no row is",
         "name diffusion among the rows, or leave out --steps"),
        ("--carry --plates q", "--carry, --plates: not for --image",
         "leave out --carry --plates, or give --frames FOLDER instead of --image"),
        ("--steps 0", "--steps: got 0; wanted a whole number from 1 to 1000",
         "--steps: a whole number from 1 to 1000"),
        ("--backend nobody --steps 3", "--backend: got 'nobody'; wanted", "--backend: 'auto', "),
        ("--cache-dir imgs/pic.png", "--cache-dir names imgs/pic.png, which is no folder",
         "--cache-dir FOLDER; it is made when absent"),
        ("--seed 5 --set candidates.seed=6", "--seed and --set candidates.seed give the same",
         "leave out --seed, or --set candidates.seed"),
        ("--frames imgs", "got both --image and --frames", "multiplane restore inpaint --image"),
    ],
)  # fmt: skip
def test_flags_that_do_not_go_together(
    flags: str, what: str, fix: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = ["--image", "imgs/pic.png", "--mask", "masks/pic.png", "-o", "out"]
    code, _, err = told(capsys, "restore", "inpaint", *pair, *shlex.split(flags))
    assert code == 2
    assert what in err
    assert f"fix: {fix}" in err
    assert not (here / "out").exists()


def test_options_of_another_backend_are_named_as_they_are_typed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = ["--image", "imgs/pic.png", "--mask", "masks/pic.png", "-o", "out"]
    words = ["restore", "inpaint", *pair, "--backend", "opencv"]
    _, _, err = told(capsys, *words, "--steps", "3")
    option = "--set candidates.backend.radius_px"
    assert f"why: opencv has --set candidates.backend.method, {option}" in err
    code, _, err = told(capsys, *words, "-q", "--rows", "1", *f"{option}=3".split())
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("words", "what", "fix"),
    [
        ("--masks masks -o out", "got neither --image nor --frames", "--image PICTURE --mask"),
        ("--frames imgs -o out", "--frames got no --masks", "--masks FOLDER, with a mask"),
        ("--image imgs -o out", "got no --masks", "--images FOLDER --masks FOLDER -o OUT"),
        ("--frames imgs --masks masks -o out --rows 3 --captions", "--captions, --rows: not for",
         "leave out --captions --rows, or give --image PICTURE instead of --frames"),
        ("--images imgs --masks masks -o grid.png", "one collage, and there are 2 pictures",
         "-o grid, for a folder of them"),
        ("--images imgs --masks masks -o grid.jpg", "ends in .jpg, wanted .png or a folder",
         "--output grid.png"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("here")
def test_what_is_missing_is_told(
    words: str, what: str, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, "restore", "inpaint", *shlex.split(words))
    assert code == 2
    assert what in err
    assert fix in err


def test_one_picture_into_one_collage(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = "--mask_mode {mode} --rows 2 --seed 1234 --backend patchmatch -q"
    code, out, err = told(capsys, *command("black", flags))
    assert code == 0, out + err
    grid = here / "outputs" / "pic_grid.png"
    assert f"   collage  {grid.relative_to(here)}\n" in out
    assert read(grid).shape == (2 * 72 + 20, 3 * 88 + 2 * 20, 3)
    root = here / "outputs" / "pic_grid_run"
    original = read(here / "imgs" / "pic.png")
    damage = read(here / "masks_inverted" / "pic.png")[..., 0] > 0
    for path in (root / "candidates" / "candidates" / "pic").glob("*.png"):
        changed = (read(path) != original).any(axis=2)
        assert changed.any()
        assert not changed[~damage].any()
    before = grid.read_bytes()
    code, _, _ = told(capsys, *command("black", flags))
    assert code == 0, "again, over what is ours"
    assert grid.read_bytes() == before
    record = json.loads((root / "candidates" / "records" / "pic" / "pic.json").read_text())
    assert [row["seed"] for row in record["rows"]] == [1234, 1235]


def test_a_collage_that_is_there_already_stays(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = here / "outputs" / "pic_grid.png"
    grid.parent.mkdir()
    grid.write_text("of another program")
    code, _, err = told(capsys, *command("black", "--mask_mode {mode} --backend opencv"))
    assert code == 2
    assert "outputs/pic_grid.png is there already" in err
    assert "fix: choose another name with --output, or move it away: mv" in err
    assert grid.read_text() == "of another program"
    assert not (here / "outputs" / "pic_grid_run").exists()


def test_a_folder_of_pictures_without_torch(here: Path) -> None:
    words = command("batch", "--mask_mode {mode} --rows 1 --seed 1234 --backend patchmatch")
    (here / "imgs" / "lonely.png").write_bytes(b"x")
    (here / "masks" / "sub" / "bad.png").write_bytes((here / "masks" / "pic.png").read_bytes())
    (here / "imgs" / "sub" / "bad.png").write_bytes(b"no picture")
    code = "import sys; sys.modules.update(torch=None, diffusers=None, transformers=None); "
    code += f"from multiplane.cli.main import main; main({words!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=here
    )
    assert done.returncode == 3, done.stdout + done.stderr
    out = here / "outputs" / "batch_grid"
    assert sorted(path.name for path in out.glob("*_collage.png")) == [
        "pic_collage.png", "wall_collage.png",
    ]  # fmt: skip
    assert "failed: candidates sub/bad:" in done.stderr
    assert "left out: the picture lonely.png has no mask" in done.stderr
    assert "lonely.png was left out" in (out / "report.html").read_text(encoding="utf-8")
