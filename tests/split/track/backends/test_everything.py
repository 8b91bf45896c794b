from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from drawn_objects import RED, Thing, draw
from tiny_sam_video import save_tiny_video_sam

from multiplane.core.compute import Compute
from multiplane.split.segment.config import AutomaticOptions
from multiplane.split.segment.shot import Shot
from multiplane.split.track.backends.everything import Everything
from multiplane.split.track.config import SamOptions, TrackOptions
from multiplane.split.track.run import Followers, Footage

ALL = AutomaticOptions(
    points_per_side=3, pred_iou_thresh=0.0, stability_score_thresh=0.0, box_nms_thresh=1.0
)
SCENE = draw([Thing(RED, lambda i: (20 + 4 * i, 30))], 3)


def test_what_sam_finds_is_followed(tmp_path: Path) -> None:
    save_tiny_video_sam(tmp_path)
    options = SamOptions(model=str(tmp_path), automatic=ALL)
    looks = Everything(options, Compute("cpu"))(0, SCENE.frames[0])
    assert looks
    assert [look.score for look in looks] == sorted((look.score for look in looks), reverse=True)
    for look in looks:
        assert look.mask is not None
        assert look.mask.shape == (100, 160)
    track = TrackOptions(backend=options, device="cpu", min_instance_px=1, every_frames=0)
    found = Followers(track).follow(Footage(Shot(SCENE.frames)))
    told = list(found.frames)
    assert found.figures["looked_for"] == "everything"
    assert told[0]
    assert [one.track_id for one in told[0]] == list(range(1, len(told[0]) + 1))
