from __future__ import annotations

import pytest

from multiplane.core.errors import DamagedFileError
from multiplane.media.clip import open_clip
from multiplane.media.frames import CodedFrames, Frames


@pytest.mark.parametrize("kind", ["frames", "coded_frames"])
def test_damage_is_raised_or_kept(make_clip, kind: str) -> None:
    path = make_clip("a.mp4", 60, front=True)
    path.write_bytes(path.read_bytes()[:-2000])
    clip = open_clip(path)
    stream: Frames | CodedFrames = getattr(clip, kind)(on_damage="stop")
    count = len(list(stream))
    assert 0 < count == stream.read < 60
    assert stream.damage
    with pytest.raises(DamagedFileError, match="is damaged") as caught:
        list(getattr(clip, kind)())
    assert "go on with the frames before the damage" in caught.value.fix


def test_closing_stops_decoding(make_clip) -> None:
    with open_clip(make_clip("a.mp4", 40)).coded_frames() as stream:
        assert next(stream).index == 0
    assert list(stream) == []
