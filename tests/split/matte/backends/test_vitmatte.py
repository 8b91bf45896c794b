from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("torchvision", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_vitmatte import make_vitmatte  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import BackendError, ConfigError, WeightsError  # noqa: E402
from multiplane.networks.vitmatte import VitMatte  # noqa: E402
from multiplane.split.matte.backends import vitmatte  # noqa: E402
from multiplane.split.matte.backends.vitmatte import VitMatteRefiner  # noqa: E402
from multiplane.split.matte.config import MatteOptions, VitMatteMatte  # noqa: E402
from multiplane.split.matte.run import cut_outs  # noqa: E402
from multiplane.split.matte.trimap import (  # noqa: E402
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    make_trimap,
)

CPU = torch.device("cpu")


class StandIn:
    """Says that a pixel is as much foreground as it is red, and remembers what it was asked."""

    unit = 32

    def __init__(self, *_: object) -> None:
        self.asked: list[list[tuple[int, int]]] = []
        self.room_px = 10**9

    def predict(self, frames: Sequence, trimaps: Sequence) -> list[np.ndarray]:
        self.asked.append([trimap.shape for trimap in trimaps])
        if sum(trimap.size for trimap in trimaps) > self.room_px:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [frame[..., 0] / np.float32(255) for frame in frames]


@pytest.fixture
def stand_in(monkeypatch, tmp_path: Path):
    """Opens refiners that hold a stand-in; gives (refiner, stand-in)."""
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr(vitmatte, "VitMatte", StandIn)

    def opened(compute: Compute | None = None, **words: int) -> tuple[VitMatteRefiner, StandIn]:
        refiner = VitMatteRefiner(VitMatteMatte(model=str(tmp_path), **words), 8, compute)
        return refiner, refiner._network

    return opened


def scene(size: tuple[int, int], edge_px: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A frame whose red is a soft disc, its mask and its trimap."""
    alpha = np.zeros(size, np.float32)
    cv2.circle(alpha, (size[1] // 2, size[0] // 2), max(1, min(size) // 3), 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 3)
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    frame[..., 0] = np.rint(alpha * 255)
    mask = alpha >= 0.5
    return frame, mask, make_trimap(mask, edge_px)


def test_an_untiled_picture_is_what_the_network_says(vitmatte_folder: Path, drawn) -> None:
    trimap = make_trimap(drawn.mask, 5)
    options = VitMatteMatte(model=str(vitmatte_folder))
    found = VitMatteRefiner(options, 5).refine(drawn.frame, drawn.mask, trimap)
    plain = VitMatte(vitmatte_folder, CPU, torch.float32).predict([drawn.frame], [trimap])[0]
    band = trimap == UNKNOWN
    assert np.array_equal(found[band], plain[band])
    assert plain[band].std() > 0.01


def test_tiled_is_untiled_where_the_network_sees_no_farther_than_the_overlap(tmp_path) -> None:
    folder = make_vitmatte(tmp_path / "near", near=True)
    frame = np.random.default_rng(1).integers(0, 256, (40, 800, 3), dtype=np.uint8)
    trimap = np.full((40, 800), UNKNOWN, np.uint8)

    def found(tile_px: int, overlap_px: int) -> np.ndarray:
        options = VitMatteMatte(model=str(folder), tile_px=tile_px, overlap_px=overlap_px)
        return VitMatteRefiner(options, 30).refine(frame, trimap > 0, trimap)

    whole, tiled, careless = found(1024, 0), found(512, 256), found(512, 0)
    assert np.abs(tiled - whole).max() < 1e-3
    assert np.abs(careless - whole).max() > 0.01, "the overlap is what does it"


def test_seams_cannot_be_seen(stand_in) -> None:
    frame, mask, trimap = scene((300, 420), 40)
    refiner, network = stand_in(tile_px=128, overlap_px=32)
    found = refiner.refine(frame, mask, trimap)
    band = trimap == UNKNOWN
    assert len(network.asked) > 6
    assert np.abs(found - frame[..., 0] / np.float32(255))[band].max() < 1e-6


@settings(deadline=None, max_examples=30)
@given(
    st.tuples(st.integers(1, 150), st.integers(1, 150)),
    st.integers(0, 2**16),
    st.sampled_from([(64, 0), (64, 32), (96, 32), (512, 96)]),
    st.integers(1, 5),
)
def test_known_pixels_stay_known_and_the_band_is_covered(size, seed, tiles, at_once) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), size, p=[0.45, 0.1, 0.45])
    refiner = VitMatteRefiner.__new__(VitMatteRefiner)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vitmatte, "VitMatte", StandIn)
        patch.setattr(vitmatte.weights, "find", Path)
        options = VitMatteMatte(tile_px=tiles[0], overlap_px=tiles[1])
        refiner.__init__(options, 8, Compute(batch_size=at_once))
    found = refiner.refine(frame, trimap == FOREGROUND, trimap)
    assert (found[trimap == FOREGROUND] == 1).all()
    assert (found[trimap == BACKGROUND] == 0).all()
    band = trimap == UNKNOWN
    assert np.allclose(found[band], frame[..., 0][band] / 255, atol=1e-6)


@pytest.mark.parametrize("place", [(0, 0), (299, 419), (150, 200)])
def test_one_unknown_pixel_takes_few_tiles(stand_in, place: tuple[int, int]) -> None:
    frame, mask, _ = scene((300, 420))
    trimap = mask.astype(np.uint8) * np.uint8(255)
    trimap[place] = UNKNOWN
    refiner, network = stand_in(tile_px=128, overlap_px=32)
    found = refiner.refine(frame, mask, trimap)
    assert found[place] == pytest.approx(frame[place][0] / 255)
    assert sum(map(len, network.asked)) <= 4


def test_a_picture_smaller_than_a_tile_goes_through_as_it_is(stand_in) -> None:
    frame, mask, trimap = scene((45, 77))
    refiner, network = stand_in()
    refiner.refine(frame, mask, trimap)
    assert network.asked == [[(45, 77)]]


def test_a_picture_of_one_pixel_is_answered(vitmatte_folder: Path) -> None:
    refiner = VitMatteRefiner(VitMatteMatte(model=str(vitmatte_folder)), 8)
    frame, trimap = np.full((1, 1, 3), 90, np.uint8), np.full((1, 1), UNKNOWN, np.uint8)
    assert 0 < refiner.refine(frame, np.ones((1, 1), bool), trimap)[0, 0] < 1


def test_tiles_go_through_in_batches(stand_in) -> None:
    frame, mask, trimap = scene((300, 420), 40)
    refiner, network = stand_in(Compute(batch_size=4), tile_px=128, overlap_px=32)
    refiner.refine(frame, mask, trimap)
    assert {len(batch) for batch in network.asked[:-1]} == {4}


def test_want_of_memory_is_answered_by_fewer_tiles_then_by_smaller_ones(stand_in) -> None:
    frame, mask, trimap = scene((400, 520), 40)
    refiner, network = stand_in(Compute(batch_size=4), tile_px=512, overlap_px=96)
    network.room_px = 300 * 300
    found = refiner.refine(frame, mask, trimap)
    band = trimap == UNKNOWN
    assert np.abs(found - frame[..., 0] / np.float32(255))[band].max() < 1e-6
    assert refiner.notes == [
        "memory fell short with 4 tiles a batch; went on with 2",
        "memory fell short with 2 tiles a batch; went on with 1",
        "memory fell short with 512 px a tile; went on with 256",
    ]
    asked = len(network.asked)
    refiner.notes.clear()  # as another shot does
    for _ in range(2):
        refiner.refine(frame, mask, trimap)
    assert max(max(shape) for batch in network.asked[asked:] for shape in batch) == 256
    assert refiner.notes == ["tiles of 256 px, not 512: memory fell short before"]


def test_too_little_memory_for_anything_is_told(stand_in) -> None:
    frame, mask, trimap = scene((300, 300), 40)
    refiner, network = stand_in()
    network.room_px = 100
    with pytest.raises(BackendError, match="too small even for 128 px a tile") as caught:
        refiner.refine(frame, mask, trimap)
    assert "--max-vram-gb" in caught.value.fix
    assert isinstance(caught.value.__cause__, torch.OutOfMemoryError)


def test_other_failures_are_not_taken_for_want_of_memory(stand_in, monkeypatch) -> None:
    frame, mask, trimap = scene((300, 300))
    refiner, network = stand_in()

    def fail(frames: object, trimaps: object) -> None:
        raise BackendError("ViTMatte failed", fix="multiplane doctor")

    monkeypatch.setattr(network, "predict", fail)
    with pytest.raises(BackendError, match="ViTMatte failed"):
        refiner.refine(frame, mask, trimap)
    assert refiner.notes == []


def test_one_thread_asks_the_network(
    vitmatte_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = VitMatteMatte(model=str(vitmatte_folder), tile_px=64, overlap_px=32)
    monkeypatch.setattr("multiplane.split.matte.run.open_refiner", lambda _: refiner)
    refiner, threads = VitMatteRefiner(options, 8), set()
    ask = refiner.refine

    def noted(*one: Any) -> Any:
        threads.add(threading.current_thread())
        return ask(*one)

    monkeypatch.setattr(refiner, "refine", noted)
    frames, masks = zip(*(scene((70, 80 + step))[:2] for step in range(3)), strict=True)
    assert len(list(cut_outs(frames, masks, MatteOptions()))) == 3
    assert threads == {threading.current_thread()}


def test_weights_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        VitMatteRefiner(VitMatteMatte(model=str(tmp_path / "nowhere")), 8)
    assert "multiplane models list" in caught.value.fix


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
def test_cuda_that_is_not_there_is_told(vitmatte_folder: Path) -> None:
    with pytest.raises(ConfigError, match="'cuda' is not there"):
        VitMatteRefiner(VitMatteMatte(model=str(vitmatte_folder)), 8, Compute(device="cuda"))
