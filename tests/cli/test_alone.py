from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import typer

from multiplane.cli.alone import run_alone, run_planes
from multiplane.core.errors import ConfigError

INPAINT = "restore.inpaint"


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """A frame with a mask."""
    found = {plane: tmp_path / plane for plane in ("frames", "masks")}
    for plane, folder in found.items():
        folder.mkdir()
        grey = np.zeros((24, 32), np.uint8)
        grey[8:12, 10:14] = 255 if plane == "masks" else 90
        cv2.imwrite(str(folder / "0.png"), grey)
    return found


def values(out: Path, **more: Any) -> dict[str, Any]:
    return {"out": out, "settings": [], "quiet": True, "retry_failed": False, **more}


def test_folders_of_planes_are_the_items_of_a_run(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        run_planes(INPAINT, folders, {"backend": "opencv"}, values(tmp_path / "out"))
    assert ended.value.exit_code == 0
    assert "inpaint  1 done" in capsys.readouterr().out
    (made,) = (tmp_path / "out" / "inpaint" / "backgrounds").rglob("*.png")
    assert not cv2.imread(str(made)).any(), "the hole is filled with what is round it"


@pytest.mark.skipif(sys.platform != "linux", reason="here all file names are text")
def test_a_frame_whose_name_is_no_text_is_told(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = folders["frames"] / os.fsdecode(b"2\xe9.png")
    name.write_bytes((folders["frames"] / "0.png").read_bytes())
    with pytest.raises(typer.Exit) as ended:
        run_planes(INPAINT, folders, {"backend": "opencv"}, values(tmp_path / "out"))
    told = capsys.readouterr()
    assert ended.value.exit_code == 3, told.out + told.err
    assert "inpaint  1 done" in told.out
    missing = f"{folders['frames']}/2\\xe9.png"
    assert f"left out: inpaint 2\\xe9.png: the name {missing} is not UTF-8" in told.err


def test_a_flag_and_a_setting_do_not_contradict_each_other(tmp_path: Path) -> None:
    typed = values(tmp_path / "out", settings=["inpaint.grow_px=3"])
    with pytest.raises(ConfigError) as refused:
        run_alone(INPAINT, [], {"grow_px": "5"}, typed)
    assert "--grow-px and --set inpaint.grow_px give the same option" in refused.value.what
    assert refused.value.fix == "leave out --grow-px, or --set inpaint.grow_px"
    assert not (tmp_path / "out").exists()
