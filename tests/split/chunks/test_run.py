from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from multiplane.core.errors import ConfigError, InputError
from multiplane.core.items import Item, Record
from multiplane.engine.outcome import done
from multiplane.split.chunks.config import ChunksOptions
from multiplane.split.chunks.run import Chunks


def run(source: Path, root: Path, **options: object) -> Record:
    item = Item("clip", root, "chunks", {"source": (str(source),)})
    record = pickle.loads(pickle.dumps(Chunks())).open(ChunksOptions(**options)).work(item)
    done(item, record)  # the engine's own check of places and of what JSON can hold
    return record


def test_a_clip_becomes_chunks_that_overlap(make_clip, tmp_path: Path) -> None:
    source = make_clip(times=20)
    record = run(
        source, tmp_path, layout="sbs", chunk_frames=9, overlap_frames=2, eyes="left_first",
        scale=0.25,
    )  # fmt: skip
    assert [planes.id for planes in record.outputs] == ["clip/0001", "clip/0002", "clip/0003"]
    second = record.outputs[1]
    assert second.files == {"footage": (str(source),)}
    assert second.data["clip"] == "clip"
    assert second.data["work_scale"] == 0.25
    assert second.data["chunk"] == {"index": 1, "count": 3, "first": 6, "start": 8, "stop": 14}
    layout = second.data["layout"]
    assert (layout["kind"], layout["size"], layout["eye_size"]) == ("sbs", [128, 64], [64, 64])
    assert layout["swapped"] is False
    assert record.figures["frames"] == record.figures["source_frames"] == 20
    assert sum(row["own_frames"] for row in record.figures["chunks"]) == 20
    assert record.figures["layout"]["reasons"]
    assert record.figures["bad_files"] == []


def test_doing_it_again_gives_the_same(make_clip, tmp_path: Path) -> None:
    source = make_clip()
    assert run(source, tmp_path, layout="mono").outputs == run(
        source, tmp_path, layout="mono"
    ).outputs  # fmt: skip


def test_a_short_clip_is_one_chunk_where_memory_allows(make_clip, tmp_path: Path) -> None:
    record = run(make_clip(times=20), tmp_path, layout="mono")
    assert [planes.data["chunk"]["stop"] for planes in record.outputs] == [20]
    assert record.figures["chunk_frames"] > 10_000


def test_chunks_of_one_frame(make_clip, tmp_path: Path) -> None:
    record = run(make_clip(times=5), tmp_path, layout="mono", chunk_frames=1, overlap_frames=0)
    assert len(record.outputs) == 5


def test_a_part_of_a_clip(make_clip, tmp_path: Path) -> None:
    record = run(make_clip(times=20), tmp_path, layout="mono", start_s=0.2, stop_s=0.4)
    chunk = record.outputs[0].data["chunk"]
    assert (chunk["first"], chunk["stop"]) == (5, 10)
    assert record.figures["notes"] == ["only frames 5 to 9 of 20 are worked on"]


def test_a_clip_that_is_cut_off_goes_on_with_what_is_whole(make_clip, tmp_path: Path) -> None:
    source = make_clip("cut.mp4", times=60, front=True)
    data = source.read_bytes()
    source.write_bytes(data[: int(len(data) * 0.7)])
    record = run(source, tmp_path, layout="mono")
    stop = record.outputs[-1].data["chunk"]["stop"]
    assert 0 < stop < 60
    (bad,) = record.figures["bad_files"]
    assert f"{stop} of 60 frames are whole" in bad["what"]
    assert "copy or export it again" in bad["fix"]


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(tmp_path, tmp_path)
    assert "wanted a video file" in caught.value.what
    assert "clean-backgrounds" in caught.value.fix


def test_too_little_memory_is_refused(make_clip, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        run(make_clip(), tmp_path, layout="mono", max_memory_gb=0.5)
    assert "chunks.max_memory_gb" in caught.value.fix
