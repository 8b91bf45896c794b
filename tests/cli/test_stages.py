"""Each stage on its own from the command line."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(list(words))
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    frames, masks = tmp_path / "frames", tmp_path / "masks"
    frames.mkdir()
    masks.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    for i in range(2):
        picture = cv2.GaussianBlur(noise, (0, 0), 2 + i)
        mask = np.zeros((48, 64), np.uint8)
        mask[20:28, 30:40] = 255
        cv2.imwrite(str(frames / f"{i}.png"), picture)
        cv2.imwrite(str(masks / f"{i}.png"), mask)
    return frames, masks


@pytest.mark.parametrize(
    ("verb", "stages"),
    [("split", ["shots", "segment", "matte"]), ("restore", ["plate", "inpaint", "check"])],
)
def test_lists_its_stages(verb: str, stages: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, verb, "--help")
    assert code == 0
    assert all(stage in out for stage in stages)


def test_a_stage_shows_the_options_of_its_model(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "restore", "inpaint", "--help")
    assert code == 0
    for flag in ("--frames", "--masks", "--grow-px", "--backend", "--set", "--retry-failed"):
        assert flag in out


def test_planes_are_described_as_they_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = told(capsys, "restore", "plate", "--help")
    text = " ".join(out.split())
    assert "--frames FOLDER The frames: a folder of pictures, or the folder of a run." in text
    assert "--camera FILE|FOLDER The camera.json of the shot, or the folder of a run." in text


def test_inpaint_on_folders(
    pictures: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames, masks = pictures
    out = tmp_path / "out"
    words = ["restore", "inpaint", "--frames", str(frames), "--masks", str(masks)]
    code, text, err = told(capsys, *words, "-o", str(out), "--backend", "opencv", "--grow-px", "2")
    assert code == 0, text + err
    made = sorted((out / "inpaint" / "backgrounds").rglob("*.png"))
    assert [path.stem for path in made] == ["0", "1"]
    before, after = cv2.imread(str(frames / "0.png")), cv2.imread(str(made[0]))
    changed = (before != after).any(axis=2)
    assert changed[22:26, 32:38].any()
    assert not changed[:10].any()


def test_inpaint_takes_pictures_and_masks_side_by_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both, out = tmp_path / "in", tmp_path / "out"
    both.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    cv2.imwrite(str(both / "wall.png"), cv2.GaussianBlur(noise, (0, 0), 2))
    for name, x in (("wall_mask001", 10), ("wall_mask002", 40)):
        mask = np.zeros((48, 64), np.uint8)
        mask[20:28, x : x + 10] = 255
        cv2.imwrite(str(both / f"{name}.png"), mask)
    words = ["restore", "inpaint", "--frames", str(both), "--masks", str(both), "-o", str(out)]
    code, text, err = told(capsys, *words, "--backend", "opencv", "--mask-dilate", "2")
    assert code == 0, text + err
    made = sorted((out / "inpaint" / "backgrounds" / "in").glob("*.png"))
    assert [path.stem for path in made] == ["wall_mask001", "wall_mask002"]
    before = cv2.imread(str(both / "wall.png"))
    left, right = ((cv2.imread(str(path)) != before).any(axis=2) for path in made)
    assert left[22:26, 12:18].any()
    assert not left[:, 30:].any(), "the other mask is another task"
    assert right[22:26, 42:48].any()
    assert not right[:, :30].any()


def test_one_mask_for_all_pictures(
    pictures: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames, masks = pictures
    words = ["restore", "inpaint", "--frames", str(frames), "--masks", str(masks / "0.png")]
    code, text, err = told(capsys, *words, "-o", str(tmp_path / "out"), "--backend", "opencv")
    assert code == 0, text + err
    made = sorted((tmp_path / "out" / "inpaint" / "backgrounds").rglob("*.png"))
    assert [path.stem for path in made] == ["0", "1"]


def of_the_readme() -> list[str]:
    """The stages that the README runs alone, a line each."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line.partition("  #")[0] for line in text.splitlines())
    return [line for line in lines if line.startswith(("multiplane split", "multiplane rest"))]


def needs_more(command: str) -> bool:
    """Whether it needs a network, or pictures of the user's own."""
    words = {"sam2", "sam3", "lama", "damage", "--image", "--images"}
    return bool(words & set(shlex.split(command)))


@pytest.mark.parametrize("command", [line for line in of_the_readme() if needs_more(line)])
def test_the_readme_writes_flags_as_they_are(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command)
    _, out, _ = told(capsys, *words[1:3], "--help")
    shown = set(re.split(r"[\s,/]+", out))
    assert {word for word in words if word.startswith("--")} <= shown


def test_the_stages_of_the_readme_follow_each_other(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(clip, tmp_path / "film.mp4")
    monkeypatch.chdir(tmp_path)
    commands = [line for line in of_the_readme() if not needs_more(line)]
    assert len(commands) == 4
    for command in commands:
        code, out, err = told(capsys, *shlex.split(command)[1:])
        assert code == 0, (command, out, err)
    frames = sorted(Path("masks/shots/frames").rglob("*.png"))
    made = sorted(Path("filled/inpaint/backgrounds").rglob("*.png"))
    assert [path.stem for path in made] == [path.stem for path in frames]
    assert made[0].parent == Path("filled/inpaint/backgrounds/film/0001")


def test_a_wrong_value_is_refused_before_anything_runs(
    pictures: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames, masks = pictures
    words = ["restore", "inpaint", "--frames", str(frames), "--masks", str(masks)]
    code, _, err = told(capsys, *words, "-o", str(tmp_path / "out"), "--grow-px", "-3")
    assert code == 2
    assert "error: --grow-px: got -3; wanted a whole number from 0 to 500" in err
    assert "fix: --grow-px: a whole number from 0 to 500" in err
    assert not (tmp_path / "out").exists()


def test_options_that_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["split", "shots", str(ROOT), "-o", "out", "--start-s", "5", "--stop-s", "3"]
    code, _, err = told(capsys, *words)
    assert code == 2
    assert "error: --start-s: stop_s 3 is not after start_s 5\n" in err


def test_a_stage_of_footage_takes_planes_too(
    pictures: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames, masks = pictures
    code, _, err = told(
        capsys, "split", "track", "--frames", str(frames), "--masks", str(masks),
        "-o", str(tmp_path / "out"), "--backend", "flow", "--min-instance-px", "10", "-q",
    )  # fmt: skip
    assert code == 0, err
    followed = sorted((tmp_path / "out" / "track" / "masks").rglob("*.png"))
    assert [path.name for path in followed] == ["0.png", "1.png"]
    shown = cv2.imread(str(masks / "0.png"), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(cv2.imread(str(followed[0]), cv2.IMREAD_GRAYSCALE), shown)


@pytest.mark.parametrize("words", [[], ["--masks", "m"], ["film.mp4", "--masks", "m"]])
def test_footage_and_planes_are_two_ways_in(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, "split", "track", *words, "-o", str(tmp_path / "out"))
    assert code == 2
    assert "wanted footage, or --frames with their planes" in err
    assert "fix: multiplane split track film.mp4 -o OUT, or multiplane split track --frames" in err
    assert not (tmp_path / "out").exists()
