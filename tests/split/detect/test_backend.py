"""The contract that every backend keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_yolo import save_yolo

from multiplane.core.compute import Compute
from multiplane.core.errors import InputError
from multiplane.core.plugins import load
from multiplane.split.detect import backend, config
from multiplane.split.detect.backend import Footage

SIZE = (90, 52)
COMPUTE = Compute(device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def options(kind: str, folder: Path) -> Any:
    """The options of a backend, with tiny weights of the real classes."""
    if kind == "parts":
        return config.PartsOptions(segmenter="motion")
    if kind == "yolo":
        rows = [[32, 32, 20, 10, 0.9, 0.1, 0.1], [20, 40, 8, 8, 0.1, 0.6, 0.1]]
        return config.YoloOptions(model=str(save_yolo(folder / "yolo.onnx", rows)))
    pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
    pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")
    import tiny_detectors  # noqa: PLC0415 - after the skip

    if kind == "d_fine":
        return config.DFineOptions(model=str(tiny_detectors.save_d_fine(folder / kind)))
    return config.RfDetrOptions(model=str(tiny_detectors.save_rf_detr(folder / kind)))


KINDS = ("d_fine", "rf_detr", "yolo", "parts")
detectors: dict[str, Any] = {}


@pytest.fixture(params=KINDS)
def detector(request: pytest.FixtureRequest, folder: Path) -> Any:
    kind = request.param
    if kind not in detectors:
        how = options(kind, folder)  # skips where an extra is not installed
        detectors[kind] = load(backend.BACKENDS[kind])(how, compute=COMPUTE)
    return detectors[kind]


def test_every_backend_is_tried_here() -> None:
    assert set(KINDS) == set(backend.BACKENDS)


def test_boxes_of_each_frame_and_the_same_again(detector: Any, footage: Any, masks: Any) -> None:
    shot = Footage(footage(5), SIZE, [0, 2, 3], masks(5))
    runs = [[list(boxes) for boxes in detector.detect(shot, 0.3)] for _ in range(2)]
    assert len(runs[0]) == 3
    assert runs[0] == runs[1]
    assert any(runs[0])
    known = set(detector.labels.values())
    for boxes in runs[0]:
        for one in boxes:
            assert all(isinstance(value, int | float) for value in one.box)
            assert 0.3 <= one.score <= 1
            assert one.label in known
            assert one.id is None or one.id >= 1
    assert all(isinstance(note, str) for note in detector.notes)


def test_nothing_is_sure_enough(detector: Any, footage: Any) -> None:
    shot = Footage(footage(2), SIZE, [0, 1], [np.zeros((SIZE[1], SIZE[0]), bool)] * 2)
    assert [list(boxes) for boxes in detector.detect(shot, 1.0)] == [[], []]


def test_a_single_frame(detector: Any, footage: Any, masks: Any) -> None:
    (boxes,) = detector.detect(Footage(footage(1), SIZE, [0], masks(1)), 0.3)
    assert boxes


def test_nobody_looks_where_nothing_is_wanted(detector: Any, footage: Any, masks: Any) -> None:
    assert list(detector.detect(Footage(footage(2), SIZE, [], masks(2)), 0.3)) == []


@pytest.mark.parametrize("size", [(1, 1), (40, 3), (3, 40)])
def test_tiny_frames_do_not_break(detector: Any, size: tuple[int, int]) -> None:
    frame = np.full((size[1], size[0], 3), 90, np.uint8)
    mask = np.ones((size[1], size[0]), bool)
    for boxes in detector.detect(Footage([frame] * 2, size, [0, 1], [mask] * 2), 0.0):
        for one in boxes:
            assert np.isfinite(one.box).all()


def test_a_frame_of_another_size(detector: Any, footage: Any, masks: Any) -> None:
    frames = [*footage(1), *footage(1, (64, 64))]
    wrong = [*masks(1), np.zeros((64, 64), bool)]
    with pytest.raises(InputError, match=r"1 is 64x64, the shot 90x52") as caught:
        list(detector.detect(Footage(frames, SIZE, [0, 1], wrong), 0.3))
    assert caught.value.fix == "split the pictures by size first: multiplane split shots"
