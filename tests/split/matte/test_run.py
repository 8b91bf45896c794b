from __future__ import annotations

import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.core.items import Item, Record
from multiplane.hub import cache
from multiplane.media.images import read_alpha, write_frame, write_mask
from multiplane.split.matte.config import (
    AutoMatte,
    ClosedFormMatte,
    GuidedMatte,
    MatteOptions,
    VitMatteMatte,
)
from multiplane.split.matte.run import Matte, cut_out, cut_outs, open_refiner
from multiplane.split.matte.trimap import BACKGROUND, FOREGROUND, UNKNOWN, make_trimap

OPTIONS = MatteOptions(method=GuidedMatte(), edge_px=5, extend_px=8)
AUTO = OPTIONS.model_copy(update={"method": AutoMatte()})
LEMUR = Path(__file__).resolve().parents[3] / "../shared/media/lemur"


def blob(shift: int, wobble: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    frame = cv2.resize(rng.integers(0, 110, (12, 15, 3), dtype=np.uint8), (120, 96))
    alpha = np.zeros((96, 120), np.float32)
    cv2.circle(alpha, (60 + shift, 48), 28, 1.0, -1)
    mask = cv2.GaussianBlur(alpha, (0, 0), 2)
    frame = np.rint(240 * mask[..., None] + frame * (1 - mask[..., None])).astype(np.uint8)
    rough = np.zeros((96, 120), np.uint8)
    cv2.circle(rough, (60 + shift + wobble, 48 - wobble), 28, 1, -1)
    return frame, rough > 0


def make_item(root: Path, count: int = 3) -> Item:
    names: dict[str, list[str]] = {"frames": [], "masks": []}
    for number in range(count):
        frame, mask = blob(number)
        for plane, write, array in (("frames", write_frame, frame), ("masks", write_mask, mask)):
            name = f"in/{plane}/{number:06d}.png"
            write(root / name, array)
            names[plane].append(name)
    files = {plane: tuple(found) for plane, found in names.items()}
    return Item("clip/0001", root, "split.matte", files)


def run(item: Item, options: MatteOptions = OPTIONS) -> Record:
    return pickle.loads(pickle.dumps(Matte())).open(options).work(item)


@pytest.mark.parametrize("method", [OPTIONS.method, ClosedFormMatte()], ids=lambda m: m.kind)
def test_known_pixels_stay_what_they_are(drawn, method) -> None:
    options = OPTIONS.model_copy(update={"method": method})
    cut = cut_out(drawn.frame, drawn.mask, open_refiner(options), options)
    depth = cv2.distanceTransform(drawn.mask.astype(np.uint8), cv2.DIST_L2, 5)
    height = cv2.distanceTransform((~drawn.mask).astype(np.uint8), cv2.DIST_L2, 5)
    assert (cut.alpha[depth > 6] == 1).all()
    assert (cut.alpha[height > 6] == 0).all()
    assert ((cut.alpha > 0) & (cut.alpha < 1)).any()
    solid = cut.alpha == 1
    assert np.array_equal(cut.colour[solid], drawn.frame[solid])
    levels = cut.alpha * 255
    assert np.abs(levels - np.rint(levels)).max() < 1e-4


@pytest.mark.parametrize("value", [False, True])
def test_all_or_nothing(drawn, value: bool) -> None:
    mask = np.full(drawn.mask.shape, value)
    cut = cut_out(drawn.frame, mask, open_refiner(OPTIONS), OPTIONS)
    assert (cut.alpha == value).all()
    assert cut.band_px == 0


def test_what_is_cut_by_the_frame_has_no_edge_there(drawn) -> None:
    mask = np.zeros(drawn.mask.shape, bool)
    mask[40:] = True
    cut = cut_out(drawn.frame, mask, open_refiner(OPTIONS), OPTIONS)
    assert (cut.alpha[-1] == 1).all()


def test_a_part_is_matted_as_in_the_whole(drawn) -> None:
    wide = np.pad(drawn.frame, ((0, 0), (200, 200), (0, 0)), mode="reflect")
    mask = np.pad(drawn.mask, ((0, 0), (200, 200)))
    refiner = open_refiner(OPTIONS)
    cut = cut_out(wide, mask, refiner, OPTIONS)
    small = cut_out(drawn.frame, drawn.mask, refiner, OPTIONS)
    assert np.abs(cut.alpha[:, 200:-200] - small.alpha).mean() < 0.01


def test_a_stream_is_taken_as_it_is_needed() -> None:
    taken = 0

    def frames() -> Iterator[np.ndarray]:
        nonlocal taken
        for number in range(60):
            taken += 1
            yield blob(number % 8)[0]

    stream = cut_outs(frames(), (blob(number % 8)[1] for number in range(60)), OPTIONS)
    assert taken == 0
    next(stream)
    assert taken < 50
    stream.close()


def test_progress_is_told() -> None:
    told: list[tuple[int, int | None]] = []
    pairs = [blob(0), blob(1)]
    done = cut_outs(
        (p[0] for p in pairs),
        (p[1] for p in pairs),
        OPTIONS,
        2,
        lambda done, total: told.append((done, total)),
    )
    assert len(list(done)) == 2
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_a_mask_of_another_size_is_refused(drawn) -> None:
    with pytest.raises(InputError, match="mask is 120x90") as caught:
        cut_out(drawn.frame, drawn.mask[:90], open_refiner(OPTIONS), OPTIONS)
    assert caught.value.fix == "resize the mask to 120x96 first"


def test_fewer_masks_than_frames_are_refused(drawn) -> None:
    with pytest.raises(InputError, match="fewer masks") as caught:
        list(cut_outs([drawn.frame, drawn.frame], [drawn.mask], OPTIONS))
    assert caught.value.fix == "hand in one mask a frame, in the same order"


def test_the_stage_writes_alphas_and_cutouts(tmp_path) -> None:
    item = make_item(tmp_path)
    record = run(item)
    (planes,) = record.outputs
    assert planes.id == "clip/0001"
    for plane in ("alphas", "cutouts"):
        assert [Path(name).name for name in planes.files[plane]] == [
            "000000.png",
            "000001.png",
            "000002.png",
        ]
    alpha = read_alpha(tmp_path / planes.files["alphas"][1])
    frame, mask = blob(1)
    cut = cut_out(frame, mask, open_refiner(OPTIONS), OPTIONS)
    assert np.array_equal(alpha, cut.alpha)
    rgba = cv2.imread(str(tmp_path / planes.files["cutouts"][1]), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(rgba[..., 2::-1], cut.colour)
    assert np.array_equal(rgba[..., 3], np.rint(cut.alpha * 255))
    first = record.figures["frames"][0]
    assert first["frame"] == "000000"
    assert 0.2 < first["area_share"] < 0.25
    assert first["band_px"] > 500
    assert set(record.timings) == {"matte"}


def test_doing_it_again_gives_the_same_bytes(tmp_path) -> None:
    item = make_item(tmp_path)
    first = run(item)
    names = [name for files in first.outputs[0].files.values() for name in files]
    before = [(tmp_path / name).read_bytes() for name in names]
    second = run(item)
    assert first.figures == second.figures
    assert before == [(tmp_path / name).read_bytes() for name in names]


def test_cutouts_can_be_cropped(tmp_path) -> None:
    record = run(make_item(tmp_path, 1), OPTIONS.model_copy(update={"crop_cutouts": True}))
    x0, y0, x1, y1 = record.figures["frames"][0]["box_xyxy"]
    rgba = cv2.imread(str(tmp_path / record.outputs[0].files["cutouts"][0]), -1)
    assert rgba.shape == (y1 - y0, x1 - x0, 4)
    assert (x1 - x0) < 80


def test_a_missing_mask_fails_the_shot(tmp_path) -> None:
    item = make_item(tmp_path)
    files = {**item.files, "masks": item.files["masks"][:2]}
    with pytest.raises(InputError, match="3 frames and 2 masks") as caught:
        run(Item(item.id, item.root, item.folder, files))
    assert caught.value.fix == "hand in one mask a frame, in the same order"


def test_edges_are_steadier_than_those_of_a_mask_that_wobbles() -> None:
    pairs = [blob(0, wobble) for wobble in (0, 2, -1, 1, -2, 0)]
    cuts = list(cut_outs((p[0] for p in pairs), (p[1] for p in pairs), OPTIONS))
    alpha = np.mean([np.abs(a.alpha - b.alpha).sum() for a, b in pairwise(cuts)])
    mask = np.mean([(a[1] ^ b[1]).sum() for a, b in pairwise(pairs)])
    assert alpha < 0.35 * mask


def test_the_fast_way_loads_no_matching_library(tmp_path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom multiplane.hub.cache import choose_cache\n"
        "from multiplane.split.matte.run import Matte\n"
        "choose_cache(Path(sys.argv[1]))\n"
        "assert Matte().fingerprint(Matte.options()) == ''\n"
        "Matte().open(Matte.options())\n"
        "assert not {'pymatting', 'numba', 'torch'} & set(sys.modules)"
    )
    words = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def no_weights(tmp_path_factory, monkeypatch) -> None:
    monkeypatch.setitem(cache._chosen, "cache", tmp_path_factory.mktemp("cache"))


def test_left_alone_it_is_the_filter_where_there_are_no_weights(no_weights, tmp_path) -> None:
    record = run(make_item(tmp_path, 1), AUTO)
    assert record.figures["method"] == "guided"
    assert record.figures["why"].startswith("it needs no weights; for vitmatte, vitmatte-small ")
    assert Matte().weights(AUTO) == ()
    assert Matte().fingerprint(AUTO) == ""
    left_alone = [(tmp_path / n).read_bytes() for n in record.outputs[0].files["alphas"]]
    asked = run(make_item(tmp_path, 1))
    assert asked.figures["why"] == "asked for"
    assert left_alone == [(tmp_path / n).read_bytes() for n in asked.outputs[0].files["alphas"]]


def test_the_choice_is_logged(no_weights, caplog) -> None:
    with caplog.at_level("INFO", "multiplane.split.matte.run"):
        open_refiner(AUTO)
    assert "matting with guided: it needs no weights" in caplog.text


def test_a_network_is_told_apart_by_its_weights(vitmatte_folder, no_weights, tmp_path) -> None:
    options = OPTIONS.model_copy(update={"method": VitMatteMatte(model=str(vitmatte_folder))})
    before = Matte().fingerprint(options)
    assert re.fullmatch(r"own@[0-9a-f]{16}", before)
    assert Matte().weights(options) == ()
    copied = tmp_path / "copy"
    shutil.copytree(vitmatte_folder, copied)
    method = VitMatteMatte(model=str(copied))
    assert Matte().fingerprint(OPTIONS.model_copy(update={"method": method})) == before
    path = copied / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")
    assert Matte().fingerprint(OPTIONS.model_copy(update={"method": method})) != before


def test_the_network_runs_through_the_stage(vitmatte_folder, tmp_path) -> None:
    method = VitMatteMatte(model=str(vitmatte_folder), tile_px=64, overlap_px=32)
    record = run(make_item(tmp_path, 2), OPTIONS.model_copy(update={"method": method}))
    assert record.figures["method"] == "vitmatte"
    assert "memory" not in record.figures
    for number, name in enumerate(record.outputs[0].files["alphas"]):
        alpha, (_, mask) = read_alpha(tmp_path / name), blob(number)
        trimap = make_trimap(mask, OPTIONS.edge_px)
        assert (alpha[trimap == FOREGROUND] == 1).all()
        assert (alpha[trimap == BACKGROUND] == 0).all()
        assert ((alpha > 0) & (alpha < 1))[trimap == UNKNOWN].mean() > 0.9


def test_want_of_memory_is_in_the_record_of_its_shot(
    vitmatte_folder, tmp_path, monkeypatch
) -> None:
    method = VitMatteMatte(model=str(vitmatte_folder))
    worker = Matte().open(OPTIONS.model_copy(update={"method": method}))
    item = make_item(tmp_path, 1)
    short = "memory fell short with 8 tiles a batch; went on with 4"
    refine = worker._refiner.refine

    def falls_short(*asked: object) -> np.ndarray:
        worker._refiner.notes.append(short)
        return refine(*asked)

    monkeypatch.setattr(worker._refiner, "refine", falls_short)
    first = worker.work(item)
    monkeypatch.setattr(worker._refiner, "refine", refine)
    second = worker.work(item)
    assert first.figures["memory"] == [short]
    assert "memory" not in second.figures


@pytest.mark.skipif(not LEMUR.exists(), reason="the lemur is not part of the package")
def test_fur_is_found_from_a_hard_mask() -> None:
    frame = np.ascontiguousarray(cv2.imread(str(LEMUR / "lemur.png"))[..., ::-1])
    truth = cv2.imread(str(LEMUR / "lemur_alpha.png"), cv2.IMREAD_GRAYSCALE) / np.float32(255)
    mask = truth >= 0.5
    options = MatteOptions(method=GuidedMatte())
    cut = cut_out(frame, mask, open_refiner(options), options)
    feathered = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3)
    assert np.abs(cut.alpha - truth).mean() < 0.7 * np.abs(feathered - truth).mean()
    assert ((cut.alpha - truth) ** 2).mean() < 0.6 * ((feathered - truth) ** 2).mean()


def test_a_foreign_method_need_not_know_where_networks_run(monkeypatch) -> None:
    class Foreign:
        workers = 0

        def __init__(self, options: object, edge_px: int) -> None:
            self.told = options, edge_px

    monkeypatch.setattr("multiplane.split.matte.run.choose", lambda *_: Foreign)
    refiner = open_refiner(MatteOptions(method=GuidedMatte(), edge_px=7))
    assert refiner.told == (GuidedMatte(), 7)
