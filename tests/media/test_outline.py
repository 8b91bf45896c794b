from __future__ import annotations

from pathlib import Path

import av
import pytest

from multiplane.core.errors import InputError
from multiplane.media.outline import outline_of


def test_what_a_file_holds(make_clip) -> None:
    found = outline_of(make_clip("a.mkv", [0, 40, 77], audio="aac"))
    assert found.times == pytest.approx([0, 0.04, 0.077])
    assert found.tick_s == 0.001
    assert found.fault == ""
    (track,) = found.tracks
    assert track.tick_s == 0.001
    assert len(track.stamps) > 3
    assert track.stamps == sorted(track.stamps)
    assert track.size > 100


def test_sound_alone(make_clip, tmp_path: Path) -> None:
    source = make_clip("a.mp4", 10, audio="aac")
    with av.open(str(source)) as old, av.open(str(tmp_path / "a.mka"), "w") as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(audio=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    with pytest.raises(InputError, match="has no picture") as caught:
        outline_of(tmp_path / "a.mka")
    assert "give a video file" in caught.value.fix
    whole = outline_of(source)
    alone = outline_of(tmp_path / "a.mka", picture=False)
    assert alone.times == []
    assert alone.tracks[0].digest.digest() == whole.tracks[0].digest.digest()


def test_frames_without_timestamps_are_told(make_clip, tmp_path: Path) -> None:
    source, raw = make_clip("a.mp4", 6), tmp_path / "a.h264"
    with av.open(str(source)) as old, av.open(str(raw), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    found = outline_of(raw)
    assert len(found.times) == 6
    assert found.fault == "6 of 6 frames have no timestamp"
