from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_chunks import EYE, frame_of, sbs_alpha
from PIL import Image

from multiplane.core.errors import OutputError
from multiplane.media.clip import VideoFrame, open_clip
from multiplane.media.vr180.layout import Layout
from multiplane.split.export.composite import Composed, Composing
from multiplane.split.export.config import ExportOptions, Format
from multiplane.split.export.formats import Target, plan_targets
from multiplane.split.export.sinks import PictureSink, open_sink, picture_of

LAYOUT = Layout.of("sbs", (2 * EYE, EYE), projection="half_equirect")


def target(kind: Format, eye: int = 0) -> Target:
    eyes = "separate" if eye else "together"
    found = plan_targets("a.mp4", LAYOUT, ExportOptions(formats=(kind,), eyes=eyes))  # type: ignore[arg-type]
    return found[max(0, eye - 1)]


def unit(index: int) -> tuple[VideoFrame, Composed]:
    frame = frame_of(index)
    return (
        VideoFrame(index, index * 0.04, index * 40, frame),
        Composed(frame, sbs_alpha(index), Composing(LAYOUT)),
    )


def test_each_target_shows_its_own() -> None:
    composed = unit(2)[1]
    assert np.array_equal(picture_of(target("matte"), composed), composed.alpha)
    assert np.array_equal(picture_of(target("ffv1"), composed), composed.cutout)
    assert np.array_equal(picture_of(target("greenscreen_h264"), composed), composed.screen)
    left, right = (picture_of(target("matte", eye), composed) for eye in (1, 2))
    assert np.array_equal(np.concatenate([left, right], axis=1), composed.alpha)
    assert right.flags.c_contiguous


def test_a_folder_of_pictures_is_exact(tmp_path: Path) -> None:
    sink = PictureSink(target("png"), tmp_path / "out")
    with sink:
        for index in range(7, 20):
            sink.write(*unit(index))
    assert [p.name for p in sorted((tmp_path / "out").iterdir())] == [
        f"{index:06d}.png" for index in range(7, 20)
    ]
    for index in (7, 19):
        with Image.open(tmp_path / "out" / f"{index:06d}.png") as picture:
            assert np.array_equal(np.array(picture), unit(index)[1].cutout)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with (
        pytest.raises(OutputError) as caught,
        PictureSink(target("png"), tmp_path / "out") as sink,
    ):
        for index in range(9):
            sink.write(*unit(index))
    assert "choose another folder" in caught.value.fix


def test_a_video_is_written_when_the_block_ends_well(make_source, tmp_path: Path) -> None:
    clip = open_clip(make_source(times=3))
    place = tmp_path / "out" / "a.mkv"
    with open_sink(target("matte"), place, clip, ExportOptions(), "drop") as sink:
        for index in range(3):
            sink.write(*unit(index))
        assert not place.exists()
    assert sink.notes == []
    assert open_clip(place).count() == 3
    with (
        pytest.raises(RuntimeError),
        open_sink(target("ffv1"), tmp_path / "b.mkv", clip, ExportOptions(), "drop") as sink,
    ):
        sink.write(*unit(0))
        raise RuntimeError
    assert not list(tmp_path.glob("*b.mkv"))
