from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Record
from multiplane.measure.region import grow
from multiplane.media.images import read_frame, read_map, write_frame, write_mask
from multiplane.motion.camera import still_path
from multiplane.restore.inpaint.backend import Filled, Gap
from multiplane.restore.inpaint.config import OpenCvOptions, PatchMatchOptions
from multiplane.restore.inpaint.run import Inpaint, InpaintOptions, inpaint

QUICK = InpaintOptions(backend=PatchMatchOptions(rounds=1), grow_px=4, context_px=32)


def item_of(root: Path, planes: dict[str, list[Frame] | list[Mask]], suffix: str = "png") -> Item:
    """An item of the engine's own files (PNG), or of the user's (absolute names)."""
    files = {}
    for plane, pictures in planes.items():
        names = []
        for number, picture in enumerate(pictures):
            kind = suffix if plane == "frames" else "png"
            name = f"{plane}/{number:06d}.{kind}"
            write = write_mask if picture.dtype == np.bool_ else write_frame
            write(root / name, picture)  # type: ignore[operator]
            names.append(name if suffix == "png" else str(root / name))
        files[plane] = tuple(names)
    return Item("clip/0001", root, "inpaint", files)


def run(item: Item, options: InpaintOptions = QUICK) -> Record:
    return Inpaint().open(options).work(item)


def test_frames_and_masks_are_enough(tmp_path: Path, bricks: Frame, blob: Mask) -> None:
    record = run(item_of(tmp_path, {"frames": [bricks] * 2, "masks": [blob] * 2}))
    (planes,) = record.outputs
    assert planes.id == "clip/0001"
    assert planes.files["backgrounds"][1] == "inpaint/backgrounds/clip/0001/000001.png"
    background = read_frame(tmp_path / planes.files["backgrounds"][0])
    fills = read_map(tmp_path / planes.files["fills"][0])
    outside = ~grow(blob, 4)
    assert np.array_equal(background[outside], bricks[outside])
    assert np.array_equal(fills > 0, ~outside)
    rows = record.figures["frames"]
    assert [row["frame"] for row in rows] == ["000000", "000001"]  # type: ignore[union-attr, index, call-overload]
    assert json.dumps(record.figures)
    assert record.timings["total_s"] > 0


def test_with_plates_and_camera(tmp_path: Path, bricks: Frame, blob: Mask) -> None:
    unseen = blob & (np.arange(96)[:, None] >= 48)
    frame = np.where(blob[..., None], 0, bricks).astype(np.uint8)
    plate = np.where(unseen[..., None], 0, bricks).astype(np.uint8)
    item = item_of(
        tmp_path,
        {
            "frames": [frame] * 3, "masks": [blob] * 3, "plates": [plate] * 3,
            "unseen": [unseen] * 3, "holes": [blob] * 3,
        },
    )  # fmt: skip
    (tmp_path / "camera.json").write_text(json.dumps(still_path(3).to_json()))
    files = {**item.files, "camera": ("camera.json",)}
    record = run(Item(item.id, item.root, item.folder, files))
    fills = read_map(tmp_path / record.outputs[0].files["fills"][2])
    assert np.array_equal(fills == 2, unseen)
    assert np.array_equal(fills > 0, blob)
    assert 0.3 < record.figures["invented_share"] < 0.7  # type: ignore[operator]
    assert len(record.figures["sheets"]) == 1  # type: ignore[arg-type]


def test_the_users_own_pictures_keep_their_format(
    tmp_path: Path, bricks: Frame, blob: Mask
) -> None:
    item = item_of(tmp_path, {"frames": [bricks], "masks": [blob]}, suffix="jpg")
    record = run(item)
    assert record.outputs[0].files["backgrounds"] == ("inpaint/backgrounds/clip/0001/000000.jpg",)
    chosen = run(item, QUICK.model_copy(update={"format": "webp", "quality": 80}))
    assert chosen.outputs[0].files["backgrounds"][0].endswith("000000.webp")


def test_pictures_of_different_sizes_are_filled_one_by_one(
    tmp_path: Path, bricks: Frame, blob: Mask
) -> None:
    frames, masks = [bricks, bricks[:90]], [blob, blob[:90]]
    record = run(item_of(tmp_path, {"frames": frames, "masks": masks}, suffix="bmp"))
    sizes = [read_frame(tmp_path / n).shape for n in record.outputs[0].files["backgrounds"]]
    assert sizes == [(96, 128, 3), (90, 128, 3)]


def test_a_mask_of_another_size_fails_the_item(tmp_path: Path, bricks: Frame, blob: Mask) -> None:
    item = item_of(tmp_path, {"frames": [bricks], "masks": [blob[:50]]}, suffix="bmp")
    with pytest.raises(InputError, match="128x50") as caught:
        run(item)
    assert "resize these masks" in caught.value.fix
    with pytest.raises(InputError, match="128x50"):
        run(item_of(tmp_path / "own", {"frames": [bricks], "masks": [blob[:50]]}))


def test_plates_without_unseen_are_refused(tmp_path: Path, bricks: Frame, blob: Mask) -> None:
    item = item_of(tmp_path, {"frames": [bricks], "masks": [blob], "plates": [bricks]})
    with pytest.raises(InputError, match="the unseen are missing"):
        run(item)


def test_the_same_comes_out_to_the_byte(tmp_path: Path, bricks: Frame, blob: Mask) -> None:
    planes: dict[str, list[Frame] | list[Mask]] = {"frames": [bricks] * 3, "masks": [blob] * 3}
    first, second = (run(item_of(tmp_path / name, planes)) for name in "ab")
    assert first.figures == second.figures
    for one, two in zip(*(r.outputs[0].files["backgrounds"] for r in (first, second)), strict=True):
        assert (tmp_path / "a" / one).read_bytes() == (tmp_path / "b" / two).read_bytes()


def test_the_record_says_what_invents_why_and_what_memory_did(
    tmp_path: Path, bricks: Frame, blob: Mask
) -> None:
    worker = Inpaint().open(QUICK)
    item = item_of(tmp_path, {"frames": [bricks], "masks": [blob]})

    class Short:
        step_px, context_share, at_once = 8, 0.5, 1

        def __init__(self) -> None:
            self.notes = ["of a shot that failed"]
            self.shorts = ["memory fell short"]

        def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
            return Filled(frame.copy(), "short")

        def fill_many(self, gaps: list[Gap]) -> list[Filled]:
            self.notes += [self.shorts.pop()] if self.shorts else []
            return [self.fill(*gap) for gap in gaps]

    worker._inpainter = Short()
    first, second = worker.work(item), worker.work(item)
    assert (first.figures["backend"], first.figures["why"]) == ("patchmatch", "asked for")
    assert first.figures["memory"] == ["memory fell short"]
    assert "memory" not in second.figures


def test_one_picture_with_several_masks(tmp_path: Path, bricks: Frame, blob: Mask) -> None:
    frame, masks = tmp_path / "wall.png", [tmp_path / f"wall_mask{n}.png" for n in (1, 2)]
    write_frame(frame, bricks)
    places = [np.roll(blob, shift, 1) for shift in (-35, 35)]
    for path, mask in zip(masks, places, strict=True):
        write_mask(path, mask)
    files = {"frames": (str(frame),) * 2, "masks": tuple(map(str, masks))}
    record = run(Item("in", tmp_path, "inpaint", files))
    names = record.outputs[0].files["backgrounds"]
    assert [Path(name).name for name in names] == ["wall_mask1.png", "wall_mask2.png"]
    assert [row["frame"] for row in record.figures["frames"]] == ["wall_mask1", "wall_mask2"]  # type: ignore[union-attr, index, call-overload]
    assert record.figures["sheets"] == []
    for name, mask in zip(names, places, strict=True):
        changed = (read_frame(tmp_path / name) != bricks).any(axis=2)
        assert changed[mask].mean() > 0.5
        assert not changed[~grow(mask, 4)].any()


def test_the_stage_can_travel_and_names_its_backend() -> None:
    stage = pickle.loads(pickle.dumps(Inpaint()))
    assert stage.fingerprint(QUICK) == "patchmatch"
    assert stage.fingerprint(InpaintOptions(backend=OpenCvOptions())) == "opencv"


def test_as_a_stream_it_finds_the_camera_itself(bricks: Frame, blob: Mask) -> None:
    told: list[tuple[int, int | None]] = []
    done = list(inpaint([bricks] * 3, [blob] * 3, QUICK, progress=lambda d, t: told.append((d, t))))
    assert np.array_equal(done[0].background, done[2].background)
    assert done[1].carried
    assert told[-1] == (3, 3)
