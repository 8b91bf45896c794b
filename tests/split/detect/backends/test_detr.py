from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_detectors import save_d_fine, save_rf_detr  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import ConfigError, WeightsError  # noqa: E402
from multiplane.split.detect.backend import Footage  # noqa: E402
from multiplane.split.detect.backends import detr  # noqa: E402
from multiplane.split.detect.backends.detr import DFineDetector, RfDetrDetector  # noqa: E402
from multiplane.split.detect.config import (  # noqa: E402
    DetectOptions,
    DFineOptions,
    RfDetrOptions,
)
from multiplane.split.detect.run import detect  # noqa: E402

CPU = Compute(device="cpu", batch_size=2)
SIZE = (90, 52)


class Watched(list):
    """Frames that remember how many were asked for."""

    asked = 0

    def __getitem__(self, index):
        self.asked += 1
        return super().__getitem__(index)


@pytest.mark.parametrize("kind", ["d_fine", "rf_detr"])
def test_frames_are_taken_a_batch_at_a_time(kind: str, tmp_path: Path, footage) -> None:
    if kind == "d_fine":
        detector = DFineDetector(DFineOptions(model=str(save_d_fine(tmp_path))), compute=CPU)
    else:
        detector = RfDetrDetector(RfDetrOptions(model=str(save_rf_detr(tmp_path))), compute=CPU)
    frames = Watched(footage(7))
    stream = detector.detect(Footage(frames, SIZE, range(0, 7, 2)), 0.3)
    first = next(stream)
    assert frames.asked == 2  # of which one was handed on
    detector.notes.append("memory fell short")  # type: ignore[attr-defined]
    rest = list(stream)
    assert detector.notes == ["memory fell short"]
    assert frames.asked == 4
    assert len(rest) == 3
    alone = list(detector.detect(Footage(frames, SIZE, [0]), 0.3))
    assert [one.label for one in first] == [one.label for one in alone[0]]
    assert [one.score for one in first] == pytest.approx([one.score for one in alone[0]], abs=1e-4)
    assert detector.labels == {name: name for name in ("person", "dog", "traffic light")}
    assert detector.notes == []  # each shot has its own


def test_no_more_frames_are_held_than_memory_is_meant_for(
    tmp_path: Path, footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detr, "MOST_HELD_PX", 2 * SIZE[0] * SIZE[1])
    options = DFineOptions(model=str(save_d_fine(tmp_path)))
    detector = DFineDetector(options, compute=Compute(device="cpu", batch_size=4000))
    frames = Watched(footage(5))
    next(detector.detect(Footage(frames, SIZE, range(5)), 0.3))
    assert frames.asked == 2


def test_classes_without_a_name_are_no_objects(tmp_path: Path, footage) -> None:
    detector = RfDetrDetector(RfDetrOptions(model=str(save_rf_detr(tmp_path))), compute=CPU)
    del detector._network.labels[0]  # type: ignore[attr-defined]
    (found,) = detector.detect(Footage(footage(1), SIZE, [0]), 0.0)
    assert found
    assert {one.label for one in found} <= {"dog", "traffic light"}


def test_a_checkpoint_that_does_not_name_its_classes(tmp_path: Path, footage) -> None:
    labels = {number: f"LABEL_{number}" for number in range(3)}
    options = DetectOptions(backend=DFineOptions(model=str(save_d_fine(tmp_path, labels))))
    with pytest.raises(ConfigError, match="its classes have no names") as caught:
        detect(footage(1), options)
    assert "config.json" in caught.value.fix


def test_a_checkpoint_whose_person_is_spelled_otherwise(tmp_path: Path, footage) -> None:
    labels = {0: "persona", 1: "dog"}
    options = DetectOptions(backend=RfDetrOptions(model=str(save_rf_detr(tmp_path, labels))))
    with pytest.raises(ConfigError, match="did you mean 'persona'") as caught:
        detect(footage(1), options)
    assert caught.value.fix == "--labels persona, or --labels all"


@pytest.mark.parametrize("made", [DFineDetector, RfDetrDetector])
def test_weights_that_are_nowhere(made: type, tmp_path: Path) -> None:
    options = DFineOptions if made is DFineDetector else RfDetrOptions
    with pytest.raises(WeightsError, match="is not there") as caught:
        made(options(model=str(tmp_path / "nowhere")), compute=CPU)
    assert "name an existing file or folder" in caught.value.fix
