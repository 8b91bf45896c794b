from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.arrays import Alpha, Frame
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Record
from multiplane.measure.region import grow
from multiplane.media.images import write_frame, write_map, write_mask
from multiplane.restore.check.look import Finished
from multiplane.restore.check.run import Check, CheckOptions, FinishedFiles, check

ALONE = CheckOptions(residual=False, closely_every_frames=1)


class Everything:
    def predict_raw(self, frame: Frame) -> Alpha:
        return np.full(frame.shape[:2], 0.9, np.float32)


def item_of(root: Path, done: list[Finished], leave_out: tuple[str, ...] = ()) -> Item:
    writers = {
        "frames": lambda p, d: write_frame(p, d.frame),
        "backgrounds": lambda p, d: write_frame(p, d.background),
        "masks": lambda p, d: write_mask(p, d.mask),
        "fills": lambda p, d: write_map(p, d.fills),
        "unseen": lambda p, d: write_mask(p, d.fills == 2),
        "holes": lambda p, d: write_mask(p, d.hole),
    }
    files = {}
    for plane, write in writers.items():
        if plane not in leave_out:
            names = [f"{plane}/{n:06d}.png" for n in range(len(done))]
            for name, one in zip(names, done, strict=True):
                write(root / name, one)
            files[plane] = tuple(names)
    return Item("clip/0001", root, "check", files)


def run(item: Item, options: CheckOptions = ALONE) -> Record:
    return Check().open(options).work(item)


def test_a_clean_shot_has_nothing_against_it(tmp_path: Path, clean: Finished) -> None:
    record = run(item_of(tmp_path, [clean] * 4))
    assert record.outputs == ()
    assert record.figures["worst"] == []
    assert record.figures["outside_identical"] is True
    assert [row["frame"] for row in record.figures["frames"]] == [f"{n:06d}" for n in range(4)]  # type: ignore[union-attr, index, call-overload]
    assert json.dumps(record.figures)


def test_the_bad_frame_is_named(tmp_path: Path, clean: Finished) -> None:
    lit = clean.background.copy()
    lit[clean.hole] += 90
    shot = [clean, clean, replace(clean, background=lit), clean]
    record = run(item_of(tmp_path, shot))
    assert record.figures["worst"][0]["frame"] in {"000002", "000003"}  # type: ignore[index, call-overload]
    assert "border" in str(record.figures["next_step"])


@pytest.mark.parametrize("without", [(), ("fills",), ("holes",)])
def test_holes_or_fills_say_what_was_filled(
    tmp_path: Path, clean: Finished, without: tuple[str, ...]
) -> None:
    done = FinishedFiles(item_of(tmp_path, [clean], without), 0)[0]
    assert np.array_equal(done.fills, clean.fills)


def test_without_either_it_is_the_grown_mask_never_what_changed(
    tmp_path: Path, clean: Finished
) -> None:
    background = clean.background.copy()
    background[2:6, 3:9] = 255
    damaged = replace(clean, background=background)
    item = item_of(tmp_path, [damaged], ("fills", "holes"))
    done = FinishedFiles(item, 4)[0]
    assert np.array_equal(done.hole, grow(clean.mask, 4))
    assert np.array_equal(done.fills == 2, clean.fills == 2)
    row = run(item, ALONE.model_copy(update={"grow_px": 4})).figures["frames"][0]  # type: ignore[index, call-overload]
    assert row["outside_identical"] is False  # type: ignore[index, call-overload]


def test_what_was_filled_beyond_the_hole_is_touched_outside(
    tmp_path: Path, clean: Finished
) -> None:
    fills, background = clean.fills.copy(), clean.background.copy()
    fills[2:6, 3:9], background[2:6, 3:9] = 1, 255
    item = item_of(tmp_path, [replace(clean, background=background, fills=fills)])
    write_mask(tmp_path / item.files["holes"][0], clean.hole)
    record = run(item)
    assert record.figures["outside_identical"] is False
    assert "outside" in str(record.figures["worst"])


def test_leftovers_are_looked_for_now_and_then(clean: Finished) -> None:
    options = CheckOptions(every_frames=2, closely_every_frames=3)
    rows = list(check([clean] * 5, options, Everything()))
    assert ["residual" in row for row in rows] == [True, False, True, False, True]
    assert ["seam" in row for row in rows] == [True, False, False, True, False]
    assert ["flicker" in row for row in rows] == [False, False, False, True, False]
    assert all("residual" not in row for row in check([clean] * 2, options))


def test_planes_that_do_not_belong_together(tmp_path: Path, clean: Finished) -> None:
    item = item_of(tmp_path, [clean] * 2)
    short = {**item.files, "masks": item.files["masks"][:1]}
    with pytest.raises(InputError, match="number of masks") as caught:
        run(replace(item, files=short))
    assert "restore inpaint" in caught.value.fix
    write_mask(tmp_path / item.files["masks"][0], clean.mask[:50])
    with pytest.raises(InputError, match="mask is 120x50"):
        run(item)


def test_the_stage_can_travel_and_names_its_network() -> None:
    stage = pickle.loads(pickle.dumps(Check()))
    assert stage.fingerprint(ALONE) == ""
    assert stage.fingerprint(CheckOptions()).startswith("u2netp@")
