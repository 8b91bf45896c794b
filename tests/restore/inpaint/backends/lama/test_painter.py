from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.core.arrays import Frame, Mask  # noqa: E402
from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import BackendError, ConfigError, WeightsError  # noqa: E402
from multiplane.restore.inpaint.backend import BatchInpainter, Gap  # noqa: E402
from multiplane.restore.inpaint.backends.lama import LamaInpainter, painter  # noqa: E402
from multiplane.restore.inpaint.config import LamaOptions  # noqa: E402
from multiplane.restore.inpaint.crops import fill_holes  # noqa: E402

CPU = Compute(device="cpu")


def lama(checkpoint: Path, compute: Compute = CPU, **options: Any) -> LamaInpainter:
    return LamaInpainter(LamaOptions(model=str(checkpoint), **options), compute=compute)


def stand_in(monkeypatch: pytest.MonkeyPatch, sizes: list[tuple[int, ...]] | None = None) -> None:
    """Paint as OpenCV does, where the network stands; note what it is shown."""

    def paint(_: Any, images: Any, masks: Any) -> Any:
        if sizes is not None:
            sizes.append(tuple(images.shape))
        pictures = (images.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
        holes = masks[:, 0].numpy().astype(np.uint8)
        done = [cv2.inpaint(*pair, 5, cv2.INPAINT_NS) for pair in zip(pictures, holes, strict=True)]
        return torch.from_numpy(np.stack(done)).permute(0, 3, 1, 2).float() / 255

    monkeypatch.setattr(painter, "predict", paint)


def gap(height: int, width: int, seed: int) -> Gap:
    rng = np.random.default_rng(seed)
    frame = cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), dtype=np.uint8), (0, 0), 3)
    hole = np.zeros((height, width), np.bool_)
    hole[height // 3 : height // 2, width // 4 : width // 2] = True
    return Gap(frame, hole, ~hole)


def test_it_takes_crops_together(checkpoint: Path) -> None:
    assert isinstance(lama(checkpoint), BatchInpainter)
    assert lama(checkpoint).at_once == 1
    assert lama(checkpoint, Compute(device="cpu", batch_size=5)).at_once == 5


def test_crops_of_mixed_sizes_come_out_as_they_do_alone(checkpoint: Path) -> None:
    sizes = [(64, 64), (40, 56), (64, 64), (33, 70), (40, 56), (64, 64)]
    gaps = [gap(*size, seed) for seed, size in enumerate(sizes)]
    many = lama(checkpoint, Compute(device="cpu", batch_size=3)).fill_many(gaps)
    alone = lama(checkpoint)
    for one, filled in zip(gaps, many, strict=True):
        single = alone.fill(*one).frame.astype(int)
        assert np.abs(filled.frame - single).max() <= 1
        assert filled.frame.std() > 0
        assert filled.by == "lama"


def test_crops_of_one_size_are_one_batch(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, ...]] = []
    stand_in(monkeypatch, sizes)
    inpainter = lama(checkpoint, Compute(device="cpu", batch_size=2))
    inpainter.fill_many([gap(64, 64, 0), gap(64, 128, 1), gap(64, 64, 2), gap(64, 64, 3)])
    assert [(size[0], *size[2:]) for size in sizes] == [(2, 64, 64), (1, 64, 64), (1, 64, 128)]


def test_colours_are_rounded(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        painter, "predict", lambda _, images, masks: torch.full_like(images, 100.7 / 255)
    )
    one = gap(32, 32, 0)
    assert (lama(checkpoint).fill(*one).frame[one.hole] == 101).all()


def test_others_are_hidden_like_the_hole_and_stay(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = gap(64, 64, 0)
    somebody = np.zeros_like(one.hole)
    somebody[32:44, 10:30] = True
    frame = one.frame.copy()
    frame[somebody] = (0, 0, 255)
    shown = []

    def look(_: Any, images: Any, masks: Any) -> Any:
        shown.append(masks[0, 0].numpy() > 0)
        return torch.zeros_like(images)

    monkeypatch.setattr(painter, "predict", look)
    filled = lama(checkpoint).fill(frame, one.hole, ~one.hole & ~somebody).frame
    assert np.array_equal(shown[0], one.hole | somebody)
    assert (filled[somebody] == (0, 0, 255)).all()
    assert not filled[one.hole].any()


def test_large_crops_are_painted_smaller(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, ...]] = []
    stand_in(monkeypatch, sizes)
    y, x = np.mgrid[0:400, 0:700]
    frame = np.stack([y / 2, x / 4, (x + y) / 5], -1).astype(np.uint8)
    hole = np.zeros((400, 700), np.bool_)
    hole[100:130, 200:420] = True
    holed = np.where(hole[..., None], 255, frame).astype(np.uint8)
    filled = lama(checkpoint, max_megapixels=0.1).fill(holed, hole, ~hole).frame
    assert sizes == [(1, 3, 256, 416)]
    assert np.array_equal(filled[~hole], frame[~hole])
    whole = lama(checkpoint).fill(holed, hole, ~hole).frame
    assert sizes[1:] == [(1, 3, 400, 700)]
    assert np.abs(filled.astype(int) - whole).max() <= 6, "white does not bleed"


def test_no_seam_at_the_border_of_a_crop(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    y, x = np.mgrid[0:300, 0:520]
    frame = np.stack([60 + y / 4, 40 + x / 4, 200 - x / 8 - y / 8], -1).astype(np.uint8)
    hole = np.zeros((300, 520), np.bool_)
    for left in (20, 190, 400):
        hole[110:170, left : left + 50] = True
    hole[150:200, 60:130] = True
    holed = np.where(hole[..., None], (255, 0, 255), frame).astype(np.uint8)
    filled, done = fill_holes(holed, hole, ~hole, lama(checkpoint), 48)
    assert len(done) >= 2
    assert np.abs(filled.astype(int) - frame).max() <= 6


def fall_short(monkeypatch: pytest.MonkeyPatch, most_px: int) -> None:
    def paint(_: Any, images: Any, masks: Any) -> Any:
        if images[:, 0].numel() > most_px:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return torch.zeros_like(images)

    monkeypatch.setattr(painter, "predict", paint)


def test_with_too_little_memory_fewer_go_through(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fall_short(monkeypatch, 2 * 64 * 64)
    inpainter = lama(checkpoint, Compute(device="cpu", batch_size=8))
    filled = inpainter.fill_many([gap(64, 64, n) for n in range(8)])
    assert all(not one.frame[gap(64, 64, 0).hole].any() for one in filled)
    assert inpainter.notes[-1] == "memory fell short with 4 crops a batch; went on with 2"


def test_with_less_a_crop_is_painted_smaller(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fall_short(monkeypatch, 300 * 300)
    inpainter = lama(checkpoint)
    one = gap(400, 400, 0)
    inside = cv2.erode(one.hole.astype(np.uint8), np.ones((9, 9))) > 0
    assert not inpainter.fill(*one).frame[inside].any()
    assert inpainter.notes == ["memory fell short with 160000 px a crop; went on with 80000"]


def test_with_none_it_says_what_to_do(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fall_short(monkeypatch, 0)
    with pytest.raises(BackendError, match="too small even for 65536 px a crop") as caught:
        lama(checkpoint).fill(*gap(400, 400, 0))
    assert "--max-vram-gb" in caught.value.fix


def test_another_failure_of_torch_is_told(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("cuFFT error: CUFFT_INTERNAL_ERROR")

    monkeypatch.setattr(painter, "predict", fail)
    with pytest.raises(BackendError, match="CUFFT_INTERNAL_ERROR") as caught:
        lama(checkpoint).fill(*gap(64, 64, 0))
    assert "--backend patchmatch" in caught.value.fix
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("refine", [False, True])
def test_what_is_no_number_is_not_painted(checkpoint: Path, refine: bool) -> None:
    inpainter = lama(checkpoint, refine=refine)
    with torch.no_grad():
        inpainter._generator.model[1].ffc.convl2l.weight.fill_(torch.inf)
    with pytest.raises(BackendError, match="no numbers") as caught:
        inpainter.fill(*gap(64, 64, 0))
    assert caught.value.fix == "--precision fp32"


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_a_gpu_that_is_not_there_is_told(checkpoint: Path) -> None:
    with pytest.raises(ConfigError, match="'cuda' is not there"):
        lama(checkpoint, Compute(device="cuda"))


def test_a_damaged_checkpoint_is_told_when_it_is_opened(checkpoint: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.ckpt"
    cut.write_bytes(checkpoint.read_bytes()[:-2000])
    with pytest.raises(WeightsError) as caught:
        lama(cut)
    assert str(cut) in caught.value.what
    with pytest.raises(WeightsError, match="nowhere"):
        lama(tmp_path / "nowhere.ckpt")


def test_less_precision_changes_little(checkpoint: Path, bricks: Frame, blob: Mask) -> None:
    exact = lama(checkpoint).fill(bricks, blob, ~blob).frame.astype(int)
    half = Compute(device="cpu", precision="bf16")
    close = lama(checkpoint, half).fill(bricks, blob, ~blob).frame
    assert np.abs(close - exact).mean() < 2
