from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_chunks import EYE, frame_of, sbs_alpha
from PIL import Image

from multiplane.core.errors import OutputError
from multiplane.media.clip import VideoFrame, open_clip
from multiplane.media.timestamps import read_timestamps
from multiplane.media.vr180.layout import Layout
from multiplane.split.export.composite import Composed, Composing, Still
from multiplane.split.export.config import ExportOptions, Format
from multiplane.split.export.formats import Target, plan_targets
from multiplane.split.export.sinks import open_sink

LAYOUT = Layout.of("sbs", (2 * EYE, EYE), projection="half_equirect")


def target(kind: Format, eye: int = 0) -> Target:
    eyes = "separate" if eye else "together"
    found = plan_targets("a.mp4", LAYOUT, ExportOptions(formats=(kind,), eyes=eyes))  # type: ignore[arg-type]
    return found[max(0, eye - 1)]


def unit(index: int) -> tuple[VideoFrame, Composed]:
    frame = frame_of(index)
    return (
        VideoFrame(index, index * 0.04, index * 40, frame),
        Composed(Still(frame), sbs_alpha(index), Composing(LAYOUT)),
    )


def test_a_folder_of_pictures_is_exact(make_source, tmp_path: Path) -> None:
    clip = open_clip(make_source(times=3, sound=1))
    with open_sink(target("png"), tmp_path / "out", clip, ExportOptions(), "keep") as sink:
        for index in range(7, 20):
            sink.write(*unit(index))
    assert [p.name for p in sorted((tmp_path / "out").glob("*.png"))] == [
        f"{index:06d}.png" for index in range(7, 20)
    ]
    assert read_timestamps(tmp_path / "out").pts == tuple(range(280, 800, 40))
    assert (tmp_path / "out" / "sound.mka").exists()
    for index in (7, 19):
        with Image.open(tmp_path / "out" / f"{index:06d}.png") as picture:
            assert np.array_equal(np.array(picture), unit(index)[1].cutout)


def test_a_folder_without_sound(make_source, tmp_path: Path) -> None:
    clip = open_clip(make_source(times=3, sound=1))
    with open_sink(target("png"), tmp_path / "out", clip, ExportOptions(), "drop") as sink:
        sink.write(*unit(0))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "000000.png", "timestamps.json"
    ]  # fmt: skip


def test_a_folder_that_cannot_be_written_is_told(make_source, tmp_path: Path) -> None:
    clip = open_clip(make_source(times=3))
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(OutputError) as caught,
        open_sink(target("png"), tmp_path / "file" / "out", clip, ExportOptions(), "keep") as sink,
    ):
        sink.write(*unit(0))
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
