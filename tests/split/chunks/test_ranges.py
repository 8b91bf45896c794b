from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.chunks.ranges import Chunk, cut


def test_a_short_clip_is_one_chunk() -> None:
    assert cut(0, 10, 10, 4) == [Chunk(0, 1, 0, 0, 10)]
    assert cut(5, 6, 100, 12) == [Chunk(0, 1, 5, 5, 6)]


def test_chunks_of_one_frame() -> None:
    assert cut(3, 6, 1, 0) == [
        Chunk(0, 3, 3, 3, 4),
        Chunk(1, 3, 4, 4, 5),
        Chunk(2, 3, 5, 5, 6),
    ]


def test_the_last_chunk_is_not_tiny() -> None:
    lengths = [chunk.stop - chunk.first for chunk in cut(0, 101, 50, 0)]
    assert lengths == [33, 34, 34]


def test_what_travels_is_plain() -> None:
    assert cut(0, 10, 6, 2)[1].to_json() == {
        "index": 1, "count": 2, "first": 4, "start": 6, "stop": 10,
    }  # fmt: skip


@given(
    start=st.integers(0, 1000),
    total=st.integers(1, 2000),
    overlap=st.integers(0, 60),
    new=st.integers(1, 200),
)
def test_own_frames_are_all_frames_each_once(
    start: int, total: int, overlap: int, new: int
) -> None:
    chunk_frames = overlap + new
    chunks = cut(start, start + total, chunk_frames, overlap)
    own = [frame for chunk in chunks for frame in range(chunk.start, chunk.stop)]
    assert own == list(range(start, start + total))
    lengths = [chunk.stop - chunk.first for chunk in chunks]
    assert max(lengths) <= chunk_frames
    assert max(lengths) - min(lengths) <= 1
    for before, chunk in pairwise(chunks):
        assert chunk.start - chunk.first == overlap
        assert chunk.start == before.stop
        assert chunk.first > before.first
    # fewer chunks could not hold them
    fewer = len(chunks) - 1
    assert fewer == 0 or fewer * chunk_frames - (fewer - 1) * overlap < total
