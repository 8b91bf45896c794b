from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from multiplane.engine.price import keep_price
from multiplane.engine.report.cost import belongs, cost_lines, cost_of, frames_s, money
from multiplane.engine.report.read import read_run
from multiplane.engine.resources import FILE_NAME, Usage


def test_the_cost_of_a_clip_is_that_of_the_work_in_it(clip_folder: Path) -> None:
    assert cost_of(read_run(clip_folder)) is None
    assert cost_lines(clip_folder) == []
    keep_price(clip_folder, 36.0)
    cost = cost_of(read_run(clip_folder))
    assert cost is not None
    [clip] = cost.clips
    assert clip.work_s == 1.0 + 2 * 4.0 + 3.0
    assert clip.footage_s == pytest.approx(0.2)
    assert clip.cost == pytest.approx(0.12)
    assert clip.per_minute == pytest.approx(36.0)
    assert cost_lines(clip_folder) == [
        "walk: 0.12, 36.00 a minute of footage", "in all: 0.12 for 12.0 s of work at 36 an hour",
    ]  # fmt: skip


def test_what_the_machine_was_held_for_is_told_too(clip_folder: Path) -> None:
    keep_price(clip_folder, 36.0)
    usages = [Usage("2026-01-01", 10.0, (0.0,), (1.0,)), Usage("2026-01-02", 20.0, (0.0,), (1.0,))]
    runs = [usage.to_json() for usage in usages]
    (clip_folder / FILE_NAME).write_text(json.dumps({"version": 1, "runs": runs}))
    assert cost_lines(clip_folder)[-1].endswith("; the machine was held for 30.0 s: 0.3")


def test_footage_of_other_recipes_is_measured(run_folder: Path, tmp_path: Path) -> None:
    clip = tmp_path / "a.mkv"
    with av.open(str(clip), "w") as out:
        stream = out.add_stream("ffv1", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 32, 32, "bgr0"
        for _ in range(20):
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            out.mux(stream.encode(picture.reformat(format="bgr0")))
        out.mux(stream.encode())
    given = [{"id": "clip", "files": {"source": [str(clip)]}, "data": {}}]
    (run_folder / "inputs.json").write_text(json.dumps(given))
    keep_price(run_folder, 3600.0)
    cost = cost_of(read_run(run_folder))
    assert cost is not None
    assert cost.clips[0].footage_s == pytest.approx(2.0, abs=0.11)
    assert cost.clips[0].work_s == 2.5


def test_a_clip_that_is_gone_has_no_minutes(run_folder: Path) -> None:
    keep_price(run_folder, 3600.0)
    assert cost_lines(run_folder)[0] == "clip: 2.50"


@pytest.mark.parametrize(
    "figures",
    [{}, {"frames": 3}, {"frames": "x", "rate": "1/1"}, {"frames": 3, "rate": "1/0"},
     {"frames": 0, "rate": "1/1"}, {"frames": 3, "rate": None}, None, []],
)  # fmt: skip
def test_no_length_is_none(figures: object) -> None:
    assert frames_s(figures) is None


def test_amounts() -> None:
    told = [money(value) for value in (0, 0.00001234, 0.01234, 0.4, 1, 1234.567)]
    assert told == ["0.00", "1.2e-05", "0.0123", "0.4", "1.00", "1234.57"]


def test_parts_belong_to_their_clip_alone() -> None:
    assert belongs("a", "a")
    assert belongs("a/0001", "a")
    assert not belongs("ab/0001", "a")
