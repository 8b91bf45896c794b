from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multiplane.media.clip import Clip, VideoFrame, open_clip, open_container
from multiplane.media.decode import Decoded, decode


class Known:
    """A clip and its frames; a class of its own keeps failure reports short."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.whole: list[VideoFrame] = list(clip.frames())


@pytest.fixture(scope="module", params=["a.mp4", "a.mkv"])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Known:
    path = tmp_path_factory.mktemp("clip") / request.param
    times = np.cumsum([1 + (i * 37) % 9 for i in range(150)])
    with av.open(str(path), "w") as output:
        stream = output.add_stream(
            "libx264", rate=25, options={"crf": "5", "x264-params": "open-gop=1"}
        )
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 100)
        stream.codec_context.gop_size = 20
        for index, time in enumerate(times):
            picture = np.full((48, 64, 3), index, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = int(time), Fraction(1, 100)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return Known(open_clip(path))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)
@given(st.integers(0, 160), st.integers(0, 60), st.integers(1, 9))
def test_any_range_is_a_slice_of_the_whole(
    known: Known, start: int, length: int, step: int
) -> None:
    clip, whole = known.clip, known.whole
    part = list(clip.frames(start, start + length, step))
    wanted = whole[start : start + length : step]
    assert [f.index for f in part] == [f.index for f in wanted]
    assert [f.pts for f in part] == [f.pts for f in wanted]
    assert all(np.array_equal(a.frame, b.frame) for a, b in zip(part, wanted, strict=True))


def test_unwanted_frames_are_not_converted(known: Known) -> None:
    clip, whole = known.clip, known.whole
    with open_container(clip.path) as container:
        found = list(decode(container, clip, range(0, 150, 50)))
    assert [unit.index for unit in found] == [0, 50, 100]
    assert all(isinstance(unit, Decoded) for unit in found)
    assert len(whole) == 150
