"""Segment first, look at the masks, inpaint later on the masks of that run, with LaMa."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from tiny_lama import save_upstream, tiny_generator  # noqa: E402

from multiplane.cli.main import main  # noqa: E402
from multiplane.measure.region import grow  # noqa: E402
from multiplane.media.images import read_frame, read_map, read_mask, write_frame  # noqa: E402


def told(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    with pytest.raises(SystemExit) as caught:
        main(list(map(str, words)))
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out + err


@pytest.fixture
def frames(drawn: Any, tmp_path: Path) -> Path:
    for number, frame in enumerate(drawn.frames[:6]):
        write_frame(tmp_path / "frames" / f"{number:03d}.png", frame)
    return tmp_path / "frames"


def test_masks_now_backgrounds_later(
    frames: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save_upstream(tmp_path / "big-lama", tiny_generator())
    earlier, out = tmp_path / "out", tmp_path / "bg"
    code, text = told(capsys, "split", "segment", frames, "-o", earlier, "--backend", "motion")
    assert code == 0, text
    words = ["restore", "inpaint", "--frames", frames, "--masks", earlier, "-o", out,
             "--backend", "lama", "--mask-dilate", "20", "--batch-size", "8",
             "--set", f"inpaint.backend.model={model}", "--set", "inpaint.carry=false"]  # fmt: skip
    code, text = told(capsys, *words, "--device", "cpu")
    assert code == 0, text
    metadata = json.loads((out / "inpaint" / "inpainting_metadata.json").read_text())
    assert metadata["options"]["grow_px"] == 20
    (item,) = metadata["items"]
    figures = item["figures"]
    assert (figures["backend"], figures["why"]) == ("lama", "asked for")
    assert {row["filled_by"] for row in figures["frames"]} <= {"lama", ""}
    (files,) = (entry["files"] for entry in item["outputs"])
    assert len(files["backgrounds"]) == 6
    masks = sorted((earlier / "segment" / "masks").rglob("*.png"))
    assert any(read_mask(path).any() for path in masks)
    for name, fill, mask in zip(files["backgrounds"], files["fills"], masks, strict=True):
        before, after = read_frame(frames / Path(name).name), read_frame(out / name)
        changed = (before != after).any(axis=2)
        assert not changed[read_map(out / fill) == 0].any()
        assert not changed[~grow(read_mask(mask), 20)].any()
        assert changed.any() == read_mask(mask).any()
    code, text = told(capsys, *words, "--device", "cpu", "--max-vram-gb", "4")
    assert code == 0, text
    assert "inpaint  1 done, 1 of them before" in text


def test_what_cannot_run_is_told_before_it_begins(
    frames: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["restore", "inpaint", "--frames", frames, "--masks", frames / "000.png"]
    words += ["--backend", "lama", "-o", tmp_path / "bg", "--set"]
    absent = tmp_path / "absent" / "best.ckpt"
    code, text = told(capsys, *words, f"inpaint.backend.model={absent}")
    assert code == 2
    assert f"{absent} is not there" in text
    assert "fix: name an existing file or folder of weights" in text
    assert not (tmp_path / "bg").exists()
    cut = tmp_path / "cut.ckpt"
    cut.write_bytes(save_upstream(tmp_path / "whole", tiny_generator()).read_bytes()[:-999])
    code, text = told(capsys, *words, f"inpaint.backend.model={cut}")
    assert code == 2
    assert str(cut) in text
    assert not list((tmp_path / "bg").rglob("*.png"))
    if not torch.cuda.is_available():
        code, text = told(
            capsys, *words, f"inpaint.backend.model={tmp_path / 'whole'}", "--device", "cuda"
        )
        assert code == 2
        assert "device 'cuda' is not there" in text
