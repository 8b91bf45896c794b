"""Pictures and their masks as commands take them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.cli.main import main
from multiplane.cli.pictures import of_recipe, parameters, takes_pictures
from multiplane.core.errors import ConfigError
from multiplane.engine.recipe import load_recipe


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(list(words))
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``imgs`` with a wall that has a crack, and its mask in ``masks``."""
    noise = np.random.default_rng(0).integers(90, 160, (80, 96, 3), dtype=np.uint8)
    picture, mask = cv2.GaussianBlur(noise, (0, 0), 3.0), np.zeros((80, 96), np.uint8)
    for drawn, level in ((picture, 10), (mask, 255)):
        cv2.line(drawn, (10, 12), (80, 60), (level, level, level), 2)
    for folder, drawn in (("imgs/a", picture), ("masks/a", mask)):
        (tmp_path / folder).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / folder / "wall.png"), drawn)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "images", "masks", "what", "fix"),
    [
        (["imgs"], None, None, "wants --images FOLDER --masks FOLDER, and got imgs",
         "multiplane run restore-artwork --images FOLDER --masks FOLDER -o OUT"),
        ([], None, "masks", "multiplane run restore-artwork got no --images",
         "multiplane run restore-artwork --images FOLDER --masks FOLDER -o OUT; multiplane restore "
         "damage FOLDER -o found draws masks to correct by hand"),
        ([], "imgs", None, "multiplane run restore-artwork got no --masks",
         "multiplane run restore-artwork --images FOLDER --masks FOLDER -o OUT; multiplane restore "
         "damage FOLDER -o found draws masks to correct by hand"),
    ],
)  # fmt: skip
def test_a_recipe_of_pictures_says_what_it_wants(
    inputs: list[str], images: str | None, masks: str | None, what: str, fix: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        of_recipe(
            load_recipe("restore-artwork"), [*map(Path, inputs)],
            Path(images) if images else None, Path(masks) if masks else None, Path("out"),
        )  # fmt: skip
    assert what in caught.value.what
    assert caught.value.fix == fix


@pytest.mark.parametrize(
    ("inputs", "images", "got"), [([], "imgs", "--images"), ([], None, "nothing")]
)
def test_a_recipe_of_footage_says_so(inputs: list[Path], images: str | None, got: str) -> None:
    recipe = load_recipe("clean-backgrounds")
    with pytest.raises(ConfigError, match=f"wants footage, and got {got}") as caught:
        of_recipe(recipe, inputs, Path(images) if images else None, None, Path("out"))
    assert caught.value.fix == "multiplane run clean-backgrounds INPUT -o OUT"
    assert of_recipe(recipe, [Path("a.mp4")], None, None, Path("out")) == [Path("a.mp4")]


def test_how_a_stage_is_given_its_pictures() -> None:
    assert takes_pictures(("images",))
    assert not takes_pictures(("frames", "masks"))
    names = [[one.name for one in parameters(needs)] for needs in (
        ("images",), ("images", "masks"), ("images", "damage", "records"),
    )]  # fmt: skip
    assert names == [["inputs"], ["plane_images", "plane_masks"], ["inputs"]]


def test_a_recipe_for_pictures_that_takes_no_masks(here: Path) -> None:
    step = "{id: damage, stage: restore.damage, inputs: {images: input.images}}"
    text = f"name: look\nstages:\n  - {step}"
    (here / "look.yaml").write_text(text)
    recipe = load_recipe(here / "look.yaml")
    (found,) = of_recipe(recipe, [], Path("imgs"), None, Path("out"))  # type: ignore[misc]
    assert found.id == "a/wall"  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match="look has no use for --masks") as caught:
        of_recipe(recipe, [], Path("imgs"), Path("masks"), Path("out"))
    assert caught.value.fix == "leave out --masks"


@pytest.mark.usefixtures("here")
def test_damage_is_found_corrected_repaired_and_drawn_anew(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = told(capsys, "restore", "damage", "imgs", "-o", "found")
    assert code == 0, out + err
    (mask,) = Path("found/damage/masks").rglob("*.png")
    assert mask == Path("found/damage/masks/a/wall/wall.png")
    cv2.imwrite(str(mask), cv2.imread("masks/a/wall.png"))
    words = ["--set", "candidates.backend=opencv", "--set", "candidates.rows=1"]
    pair = ["--images", "imgs", "--masks", "found"]
    code, _, err = told(
        capsys, "run", "restore-artwork", *pair, "-o", "o", *words,
        "--set", "candidates.mask_mode=black",
    )  # fmt: skip
    assert code == 2
    assert "fix: --mask-mode white" in err
    code, out, err = told(capsys, "run", "restore-artwork", *pair, "-o", "out", *words)
    assert code == 0, out + err
    first = cv2.imread("out/wall_collage.png")
    assert first is not None
    assert first.shape == (80, 3 * 96 + 40, 3)
    code, out, err = told(capsys, "restore", "collage", "out", "-o", "o2", "--spacing_h_px", "0")
    assert code == 0, out + err
    second = cv2.imread("o2/wall_collage.png")
    assert second is not None
    assert second.shape == (80, 3 * 96, 3)
    assert np.array_equal(second[:, 192:], first[:, 232:])
    code, out, err = told(
        capsys, "restore", "candidates", *pair, "-o", "o3", "--backend", "opencv", "--rows", "1"
    )
    assert code == 0, out + err
    (made,) = Path("o3/candidates/candidates").rglob("*.png")
    assert np.array_equal(cv2.imread(str(made)), second[:, 192:])


@pytest.mark.usefixtures("here")
def test_a_stage_without_its_masks(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "restore", "candidates", "--images", "imgs", "-o", "out")
    assert code == 2
    assert "multiplane restore candidates got no --masks" in err
