from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.media.vr180.layout import Layout
from multiplane.split.stereo.eyes import read_eyes, shrunk, work_size

LAYOUT = Layout.of("sbs", (16, 8), projection="half_equirect")


def frame(value: int) -> np.ndarray:
    picture = np.full((8, 16, 3), value, np.uint8)
    picture[:, 8:] += 100
    return picture


def test_eyes_are_cut_and_made_small() -> None:
    read = read_eyes((frame(value) for value in (10, 20)), LAYOUT, 0.5)
    assert read.size == (4, 4)
    assert len(read) == 2
    assert [eye[1].mean() for eye in read.frames] == [20, 120]
    assert read.bytes == 2 * 2 * 4 * 4 * 3
    swapped = Layout.of("sbs", (16, 8), swapped=True)
    assert [eye[0].mean() for eye in read_eyes([frame(10)], swapped, 1.0).frames] == [110, 10]
    mono = read_eyes([frame(10)], Layout.of("mono", (16, 8)), 0.25)
    assert (len(mono.frames), mono.size) == (1, (4, 2))


def test_pictures_of_the_chunk_do_not_keep_the_frame() -> None:
    whole = frame(10)
    read = read_eyes([whole], LAYOUT, 1.0)
    whole[:] = 0
    assert read.frames[0][0].min() == 10


def test_areas_are_averaged() -> None:
    board = (np.indices((8, 8)).sum(axis=0) % 2 * 200).astype(np.uint8)
    assert set(np.unique(shrunk(np.dstack([board] * 3), (4, 4)))) == {100}


def test_what_is_no_chunk() -> None:
    with pytest.raises(InputError, match="without frames") as none:
        read_eyes([], LAYOUT, 0.5)
    assert "split.chunks" in none.value.fix
    with pytest.raises(InputError, match="a frame of 8x8, wanted 16x8") as other:
        read_eyes([frame(1), frame(1)[:, :8]], LAYOUT, 0.5)
    assert "split.chunks" in other.value.fix
    with pytest.raises(InputError, match=r"scale of 1\.5") as scale:
        work_size((16, 8), 1.5)
    assert "scale: 0.5" in scale.value.fix
