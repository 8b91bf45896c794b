from __future__ import annotations

import pytest

from multiplane.core.config import decisive, parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.track.config import SamOptions, TrackOptions


def parse(**values: object) -> TrackOptions:
    return parse_options(TrackOptions, values, "track")


def test_names_people_know() -> None:
    options = parse(memory_offload=True, fp16=True, chunk_frames=900, overlap_frames=60)
    assert options.memory_offload
    assert options.fp16
    assert parse(backend="sam2").backend == SamOptions()


def test_offloading_makes_nothing_anew() -> None:
    assert decisive(parse(memory_offload=True)) == decisive(parse())
    assert decisive(parse(fp16=True)) != decisive(parse())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"chunk_frames": 1}, "a chunk of one frame cannot overlap"),
        ({"chunk_frames": 8, "overlap_frames": 8}, "wanted 7 at most"),
        ({"chunk_frames": 3}, "chunks of 3 frames that overlap by 4 never get on"),
        ({"overlap_frames": 0}, "got 0; wanted a whole number from 1 to 1000"),
        ({"fp16": True, "precision": "bf16"}, "fp16 asks for another"),
        ({"backend": "sam-2"}, "did you mean 'sam2'"),
        ({"every_frame": 3}, "did you mean 'every_frames'"),
    ],
)
def test_what_cannot_be(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse(**values)


def test_the_overlap_is_free_without_chunks() -> None:
    assert parse(overlap_frames=60).chunk_frames == 0
    assert parse(fp16=True, precision="fp16").precision == "fp16"
