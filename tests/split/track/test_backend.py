"""What every way to follow objects has to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.core.choice import Choice
from multiplane.core.compute import Compute
from multiplane.core.instances import box_of
from multiplane.core.plugins import load
from multiplane.split.track.backend import BACKENDS, EVERYTHING, Look, Propagator
from multiplane.split.track.choice import open_propagator
from multiplane.split.track.config import (
    Backend,
    EdgeTamOptions,
    FlowOptions,
    Sam3Options,
    SamOptions,
)

SCENE = draw([Thing(RED, lambda i: (20 + 4 * i, 30)), Thing(BLUE, lambda i: (120, 70 - i))], 5)
KINDS = {"sam2": "sam2_video", "edgetam": "edgetam_video", "sam3": "sam3_tracker_video"}
OPTIONS = {"sam2": SamOptions, "edgetam": EdgeTamOptions, "sam3": Sam3Options}


@pytest.fixture(params=sorted(BACKENDS))
def propagator(request: pytest.FixtureRequest, tmp_path: Path) -> Propagator:
    kind = request.param
    options: Backend = FlowOptions(work_px=160)
    if kind in KINDS:
        pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
        pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")
        from tiny_sam_video import save_tiny_video_sam  # noqa: PLC0415

        options = OPTIONS[kind](model=str(save_tiny_video_sam(tmp_path, KINDS[kind])))
    return open_propagator(Choice(options, ""), Compute("cpu"), offload=False)


def test_the_contract(propagator: Propagator) -> None:
    following = propagator.start()
    assert dict(following.step(SCENE.frames[0])) == {}
    for number, mask in ((5, SCENE.truth[0][0]), (2, SCENE.truth[0][1])):
        shown = following.add(number, Look(mask, box_of(mask), 0.9))
        np.testing.assert_array_equal(shown.mask, mask)
    for frame in SCENE.frames[1:4]:
        seen = following.step(frame)
        assert set(seen) == {2, 5}
        for one in seen.values():
            assert one.mask.shape == (100, 160)
            assert one.mask.dtype == np.bool_
            assert 0 <= one.score <= 1
    following.remove(5)
    assert set(following.step(SCENE.frames[4])) == {2}
    assert dict(propagator.start().step(SCENE.frames[0])) == {}  # nothing crosses
    assert list(propagator.notes) == []
    assert propagator.drifts in {True, False}
    assert not propagator.fell_short(ValueError("another thing"))


def test_the_table_names_what_is_there() -> None:
    pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
    for target in (*BACKENDS.values(), *EVERYTHING.values()):
        assert load(target)
    assert set(EVERYTHING) <= set(BACKENDS)
