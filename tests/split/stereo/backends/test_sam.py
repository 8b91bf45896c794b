from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_objects import RED, Thing, draw

from multiplane.core.compute import Compute
from multiplane.core.errors import InputError, WeightsError
from multiplane.core.instances import box_of
from multiplane.split.detect.config import AutoOptions as DetectAuto
from multiplane.split.detect.config import PartsOptions, YoloOptions
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.stereo.people_config import SamPeople as SamOptions
from multiplane.split.track.backend import Look
from multiplane.split.track.config import SamOptions as Tracker

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_sam_video import save_tiny_video_sam

from multiplane.split.stereo.backends import sam
from multiplane.split.stereo.backends.sam import SamPeople

SCENE = draw([Thing(RED, lambda i: (18 + 11 * i, 40))], 12)
PARTS = PartsOptions(segmenter="motion")


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    return Tracker(model=str(save_tiny_video_sam(tmp_path_factory.mktemp("sam"))))


def opened(backend: SamOptions, **more: float) -> SamPeople:
    options = PeopleOptions(backend=backend, min_person_share=0.0, **more)  # type: ignore[arg-type]
    return SamPeople(options, Compute("cpu"))


def test_a_detector_finds_and_the_network_is_shown_boxes(tracker: Tracker) -> None:
    people = opened(SamOptions(detector=PARTS, tracker=tracker), every_frames=4)
    shown: list[tuple[int, Look]] = []
    following = people._propagator.start()
    add = type(following).add
    keep = pytest.MonkeyPatch()
    with keep.context() as patch:
        patch.setattr(
            type(following),
            "add",
            lambda self, n, look: shown.append((n, look)) or add(self, n, look),
        )
        assert len(list(people.follow(SCENE.frames))) == 12
    assert shown
    number, look = shown[0]
    assert (number, look.mask) == (1, None)
    assert np.abs(np.subtract(look.box, box_of(SCENE.truth[0][0]))).max() <= 4
    assert people.notes[0].startswith("detector: parts, asked for")


def test_windows_stand_in(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reddish:
        def __init__(self, path: Path) -> None: ...

        def predict(self, frame: np.ndarray) -> np.ndarray:
            return np.clip((frame[..., 0].astype(np.float32) - frame[..., 1] - 20) / 60, 0, 1)

    monkeypatch.setattr(sam, "detects_by_windows", lambda detector: True)
    monkeypatch.setattr(sam, "Selfie", Reddish)
    monkeypatch.setattr(sam.weights, "find", Path)
    people = opened(SamOptions(detector=DetectAuto(), tracker=tracker))
    assert len(list(people.follow(SCENE.frames))) == 12
    assert "selfie-segmentation finds people" in people.notes[0]


def test_looking_depends_on_the_hint(tracker: Tracker) -> None:
    people = opened(SamOptions(detector=PARTS, tracker=tracker, fp16=False))
    first, score = people.look(SCENE.frames[3], SCENE.truth[3][0])
    assert 0 <= score <= 1
    assert first.any()
    second, _ = people.look(SCENE.frames[3], SCENE.truth[8][0])
    assert not np.array_equal(first, second)
    with pytest.raises(InputError, match="hint is 80x100") as caught:
        people.look(SCENE.frames[3], SCENE.truth[3][0][:, :80])
    assert "resize the hint" in caught.value.fix


def test_weights_that_cannot_be_had(tracker: Tracker, tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        opened(SamOptions(detector=PARTS, tracker=Tracker(model=str(tmp_path / "none"))))
    assert caught.value.fix
    with pytest.raises(WeightsError, match="onnx") as caught:
        opened(SamOptions(detector=YoloOptions(), tracker=tracker))
    assert "d_fine" in caught.value.fix
