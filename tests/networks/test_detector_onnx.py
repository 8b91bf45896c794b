from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tiny_yolo import LABELS, SIDE_PX, save_yolo

from multiplane.core.errors import WeightsError
from multiplane.networks import detector_onnx
from multiplane.networks.detector_onnx import Yolo, letterbox, read_rows, suppress

ROWS = [
    [32, 32, 20, 10, 0.9, 0.1, 0.1],
    [33, 32, 20, 10, 0.8, 0.1, 0.1],  # nearly the first
    [33, 32, 20, 10, 0.1, 0.1, 0.7],  # there too, but of another class
    [50, 22, 4, 4, 0.1, 0.6, 0.2],
    [10, 10, 5, 5, 0.1, 0.2, 0.15],  # not sure
]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return save_yolo(tmp_path / "yolo.onnx", ROWS)


def picture(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_what_it_finds(weights: Path) -> None:
    network = Yolo(weights, threads=1)
    assert network.labels == LABELS
    boxes, scores, classes = network.detect(picture(SIDE_PX, SIDE_PX), 0.3, 0.7)
    assert boxes.tolist() == [[22, 27, 42, 37], [23, 27, 43, 37], [48, 20, 52, 24]]
    assert scores == pytest.approx([0.9, 0.7, 0.6])
    assert classes.tolist() == [0, 2, 1]
    assert len(network.detect(picture(SIDE_PX, SIDE_PX), 0.3, 1.0)[0]) == 4
    assert len(network.detect(picture(SIDE_PX, SIDE_PX), 0.95, 1.0)[0]) == 0


def test_boxes_are_in_pixels_of_the_frame(weights: Path) -> None:
    boxes, _, _ = Yolo(weights, threads=1).detect(picture(128, 64), 0.85, 0.7)
    assert boxes.tolist() == [[44, 22, 84, 42]]  # twice the size, 16 lines of grey above


@given(st.integers(1, 400), st.integers(1, 400))
def test_the_letterbox_can_be_taken_back(width: int, height: int) -> None:
    frame = np.full((height, width, 3), 255, np.uint8)
    made, scale, (x, y) = letterbox(frame, (64, 96))
    assert made.shape == (1, 3, 64, 96)
    white = np.argwhere(made[0, 0] > 0.9)
    low, high = white.min(axis=0), white.max(axis=0) + 1
    assert (low == (y, x)).all()
    assert abs((high[1] - x) / scale - width) <= 1 / scale
    assert abs((high[0] - y) / scale - height) <= 1 / scale
    outside = np.ones((64, 96), bool)
    outside[low[0] : high[0], low[1] : high[1]] = False
    assert np.allclose(made[0][:, outside], 114 / 255)


def test_colours_stay_in_their_order() -> None:
    frame = np.zeros((64, 64, 3), np.uint8)
    frame[..., 0] = 255
    made, _, _ = letterbox(frame, (64, 64))
    assert made[0].mean(axis=(1, 2)).tolist() == [1, 0, 0]


boxes_of = arrays(np.float32, st.tuples(st.integers(0, 12), st.just(2)),
                  elements=st.integers(0, 30).map(float)).map(
    lambda corner: np.concatenate([corner, corner + 10], axis=1))  # fmt: skip


@given(boxes_of, st.integers(1, 3), st.sampled_from([0.3, 0.5, 0.9]))
def test_suppression_against_torchvisions(boxes: np.ndarray, kinds: int, iou: float) -> None:
    torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
    ops = pytest.importorskip("torchvision.ops", reason="needs pip install 'multiplane[neural]'")
    classes = np.arange(len(boxes), dtype=np.int64) % kinds
    scores = torch.arange(len(boxes), 0, -1).float()
    want = ops.batched_nms(torch.from_numpy(boxes), scores, torch.from_numpy(classes), iou)
    assert suppress(boxes, classes, iou).tolist() == sorted(want.tolist())


def test_nothing_is_found_in_nothing() -> None:
    rows = np.zeros((0, 7), np.float32)
    boxes, scores, classes = read_rows(rows, 1.0, (0, 0), 0.5, 0.7)
    assert boxes.shape == (0, 4)
    assert len(scores) == len(classes) == 0


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "yolov8n.pt"
    path.write_bytes(b"cos\nsystem\n(S'touch /tmp/never'\ntR.")
    with pytest.raises(WeightsError, match=r"is no \.onnx file") as caught:
        Yolo(path)
    assert "pickles, which can run code" in caught.value.why
    assert "AGPL-3.0" in caught.value.fix
    assert "yolo export model=yolov8n.pt format=onnx" in caught.value.fix


def test_a_file_that_is_not_there_or_too_large(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WeightsError, match="not there: ") as caught:
        Yolo(tmp_path / "nowhere.onnx")
    assert "never fetched" in caught.value.why
    monkeypatch.setattr(detector_onnx, "MAX_BYTES", 10)
    with pytest.raises(WeightsError, match="has more than 10 bytes"):
        Yolo(weights)


def test_a_file_that_is_no_network(tmp_path: Path) -> None:
    path = tmp_path / "yolo.onnx"
    path.write_bytes(b"GIF89a")
    with pytest.raises(WeightsError, match="cannot be loaded as an ONNX network") as caught:
        Yolo(path)
    assert "yolo export" in caught.value.fix


@pytest.mark.parametrize(
    ("names", "what"),
    [
        ("", "does not name its classes"),
        ("__import__('os').getcwd()", "does not name its classes"),
        ("{0: 'person', 2: 'dog', 3: 'cat'}", "does not name its classes"),
        ("[1, 2]", "does not name its classes"),
        ("{0: 'person', 1: 'dog'}", "wanted [1, 6, boxes]"),
        ('{"0": "person", "1": "dog", "2": "cat"}', ""),
    ],
)
def test_names_of_the_classes(tmp_path: Path, names: str, what: str) -> None:
    path = save_yolo(tmp_path / "yolo.onnx", ROWS, names)
    if not what:
        assert Yolo(path).labels == {0: "person", 1: "dog", 2: "cat"}
        return
    with pytest.raises(WeightsError) as caught:
        Yolo(path)
    assert what in caught.value.what
    assert "yolo export" in caught.value.fix


def test_an_input_beyond_all_bounds(tmp_path: Path) -> None:
    path = save_yolo(tmp_path / "yolo.onnx", ROWS, side_px=100_000)
    with pytest.raises(WeightsError, match=r"wanted \[1, 3, H, W\] with sides of 4096 px"):
        Yolo(path)
