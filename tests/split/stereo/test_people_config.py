from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.stereo.people_config import (
    AutoPeople,
    CharacterPeople,
    MotionPeople,
    PeopleOptions,
    SamPeople,
    SelfiePeople,
)
from multiplane.split.track.config import EdgeTamOptions


@pytest.mark.parametrize(
    "model", [AutoPeople, SelfiePeople, CharacterPeople, MotionPeople, SamPeople]
)
def test_backends_by_their_kind(model: type) -> None:
    kind = model.model_fields["kind"].default
    assert parse_options(PeopleOptions, {"backend": kind}, "people").backend == model()


def test_detector_and_tracker_inside() -> None:
    raw = {"kind": "sam", "detector": "rf_detr", "tracker": {"kind": "edgetam"}, "fp16": True}
    backend = parse_options(PeopleOptions, {"backend": raw, "threshold": 0.7}, "people").backend
    assert isinstance(backend, SamPeople)
    assert backend.detector.kind == "rf_detr"
    assert backend.tracker == EdgeTamOptions()


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"backend": "selfy"}, "did you mean 'selfie'"),
        ({"max_people": 0}, "from 1 to 256"),
        ({"backend": {"kind": "sam", "tracker": "flow"}}, "'sam2', 'edgetam' or 'sam3'"),
        ({"min_person_px": 5}, "unknown key"),
    ],
)
def test_what_is_wrong_is_told(raw: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse_options(PeopleOptions, raw, "people")
