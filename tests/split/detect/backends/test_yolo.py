from __future__ import annotations

from pathlib import Path

import pytest
from tiny_yolo import save_yolo

from multiplane.core.detections import Detection
from multiplane.core.errors import WeightsError
from multiplane.split.detect.backend import Footage
from multiplane.split.detect.backends.yolo import YoloDetector
from multiplane.split.detect.config import YoloOptions

ROWS = [[32, 32, 20, 10, 0.875, 0, 0], [33, 32, 20, 10, 0.75, 0, 0], [50, 32, 4, 4, 0, 0.5, 0]]


def test_boxes_with_their_names(tmp_path: Path, footage) -> None:
    path = save_yolo(tmp_path / "yolo.onnx", ROWS)
    detector = YoloDetector(YoloOptions(model=str(path)))
    found = list(detector.detect(Footage(footage(3, (128, 64)), (128, 64), [0, 2]), 0.3))
    assert found == 2 * [
        [Detection((44, 22, 84, 42), 0.875, "person"), Detection((96, 28, 104, 36), 0.5, "dog")]
    ]
    every = YoloDetector(YoloOptions(model=str(path), nms_iou=1))
    (found_all,) = every.detect(Footage(footage(1, (128, 64)), (128, 64), [0]), 0.3)
    assert len(found_all) == 3
    assert detector.labels["traffic light"] == "traffic light"
    assert detector.notes == ("the weights of YOLOv8 are under the AGPL-3.0",)


def test_the_pickles_of_its_makers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"is no \.onnx file") as caught:
        YoloDetector(YoloOptions(model=str(tmp_path / "yolov8n.pt")))
    assert "AGPL-3.0" in caught.value.fix


def test_a_file_has_to_be_named() -> None:
    with pytest.raises(WeightsError, match=r"yolo needs an \.onnx file of your own") as caught:
        YoloDetector(YoloOptions())
    assert "AGPL-3.0" in caught.value.why
    assert "--set detect.backend.model=FILE.onnx" in caught.value.fix
    assert "--backend d_fine (Apache-2.0)" in caught.value.fix
