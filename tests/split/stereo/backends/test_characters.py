from __future__ import annotations

import numpy as np
import pytest
from drawn_objects import RED, Thing, draw

from multiplane.core.arrays import Alpha, Frame
from multiplane.core.errors import InputError
from multiplane.split.segment.config import AutoOptions, CombinedOptions, MotionOptions
from multiplane.split.segment.config import SalientOptions as Salient
from multiplane.split.stereo.backends import characters
from multiplane.split.stereo.backends.characters import CharacterPeople
from multiplane.split.stereo.people_config import CharacterPeople as CharacterOptions
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.track.overlap import iou

SCENE = draw([Thing(RED, lambda i: (70, 50), 24)], 1)
FRAME, TRUTH = SCENE.frames[0], SCENE.truth[0][0]


class Reddish:
    def predict(self, frame: Frame) -> Alpha:
        return np.clip((frame[..., 0].astype(np.float32) - frame[..., 1] - 20) / 60, 0, 1)


def people(evidence: AutoOptions | CombinedOptions | MotionOptions | Salient) -> CharacterPeople:
    return CharacterPeople(PeopleOptions(backend=CharacterOptions(evidence=evidence)))


@pytest.mark.parametrize("missing", ["", "u2netp is not here"])
def test_looking_with_a_network_and_without(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    loaded = []
    monkeypatch.setattr(characters, "missing_weights", lambda: missing)
    monkeypatch.setattr(
        characters, "load_predictor", lambda options: loaded.append(options.model) or Reddish()
    )
    asked = people(AutoOptions())
    for _ in range(2):
        alpha, score = asked.look(FRAME, TRUTH)
        assert iou(np.asarray(alpha >= 0.5), TRUTH) > 0.9
        assert score > 0.5
    assert loaded == ([] if missing else ["u2netp"])  # once


def test_motion_has_no_network() -> None:
    alpha, _ = people(MotionOptions()).look(FRAME, TRUTH)
    assert iou(np.asarray(alpha >= 0.5), TRUTH) > 0.9


def test_sizes_are_compared() -> None:
    with pytest.raises(InputError, match="hint is 80x100") as caught:
        people(MotionOptions()).look(FRAME, TRUTH[:, :80])
    assert "resize the hint" in caught.value.fix
