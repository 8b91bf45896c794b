from __future__ import annotations

from pathlib import Path

import pytest
from drawn_chunks import EYE, frame_of, people_of, sbs_alpha

from multiplane.media.clip import open_clip
from multiplane.media.vr180.layout import Layout
from multiplane.split.export.composite import Composed, Composing, Still
from multiplane.split.export.config import ExportOptions
from multiplane.split.export.stream import Unit
from multiplane.split.export.visuals import Visuals

LAYOUT = Layout.of("sbs", (2 * EYE, EYE), projection="half_equirect")


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, {"previews": 4}),
        ({"pictures": 0}, {}),
        ({"pictures": 2, "overlays": "pictures"}, {"previews": 2, "overlays": 2}),
        (
            {"pictures": 99, "overlays": "video", "confidence": "pictures"},
            {"previews": 8, "overlays": 1, "confidence": 8},
        ),
        ({"pictures": 0, "confidence": "video"}, {"confidence": 1}),
    ],
)
def test_what_is_wanted_is_drawn(
    make_source, tmp_path: Path, options: dict, wanted: dict[str, int]
) -> None:
    clip = open_clip(make_source(times=8))
    with Visuals(tmp_path / "out", clip, (0, 8), ExportOptions(preview_px=96, **options)) as drawn:
        for frame in clip.coded_frames():
            composed = Composed(
                Still(frame_of(frame.index)), sbs_alpha(frame.index), Composing(LAYOUT)
            )
            drawn.add(Unit(frame, composed, people_of(frame.index)))
    found = {
        plane: len(list((tmp_path / "out" / plane).iterdir()))
        for plane in ("previews", "overlays", "confidence")
        if (tmp_path / "out" / plane).is_dir()
    }
    assert found == wanted
    for video in (tmp_path / "out").rglob("*.mp4"):
        written = open_clip(video)
        assert (written.count(), written.size) == (8, (96, 48))
