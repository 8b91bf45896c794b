from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.chunks.config import ChunksOptions


@pytest.mark.parametrize("overlap", [30, 31])
def test_an_overlap_as_long_as_the_chunk_is_refused(overlap: int) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(ChunksOptions, {"chunk_frames": 30, "overlap_frames": overlap}, "chunks")
    assert caught.value.what == (
        f"chunks.overlap_frames: got {overlap}; each chunk must bring new frames, and "
        "chunk_frames is 30: wanted 29 at most"
    )
    assert caught.value.fix == "overlap_frames: a whole number from 0, less than chunk_frames"


def test_a_chunk_of_one_frame_overlaps_with_none() -> None:
    options = parse_options(ChunksOptions, {"chunk_frames": 1, "overlap_frames": 0}, "chunks")
    assert options.chunk_frames == 1
    with pytest.raises(ConfigError, match="wanted 0 at most"):
        parse_options(ChunksOptions, {"chunk_frames": 1}, "chunks")


def test_any_overlap_goes_with_chunks_that_memory_cuts() -> None:
    assert ChunksOptions(overlap_frames=500).chunk_frames == 0


def test_the_stop_is_after_the_start() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(ChunksOptions, {"start_s": 3, "stop_s": 2}, "chunks")
    assert caught.value.what == "chunks.stop_s: got 2; start_s is 3, and nothing lies before it"
    assert caught.value.fix == "stop_s: a number of seconds after start_s, or null"
    assert ChunksOptions(start_s=1, stop_s=2).stop_s == 2
