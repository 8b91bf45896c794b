from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_chunks import sbs_alpha

from multiplane.core.errors import DamagedFileError
from multiplane.media.clip import open_clip
from multiplane.media.png_sequence import PngSequenceWriter
from multiplane.media.vr180.layout import Layout
from multiplane.split.export import stream as composing
from multiplane.split.export.composite import Composing
from multiplane.split.export.config import ExportOptions, Format
from multiplane.split.export.crossfade import fade_alphas
from multiplane.split.export.formats import plan_targets
from multiplane.split.export.identities import JoinedPeople
from multiplane.split.export.parts import read_parts
from multiplane.split.export.sinks import Sink
from multiplane.split.export.stream import Footage, Unit, stream


def footage_of(clip) -> Footage:
    layout, parts = read_parts(clip.item)
    source = open_clip(clip.source)
    alphas, people = fade_alphas(parts, source.size), JoinedPeople(parts)
    how = Composing(layout)
    return Footage(source, parts[0].start, parts[-1].stop, alphas, people, how)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_frames_alphas_and_people_go_in_step(make_clip, threads: int) -> None:
    footage = footage_of(make_clip(chunks=(5, 2), times=[0, 40, 95, 160, 171, 260, 300, 333]))
    seen: list[Unit] = []
    stamps = stream(footage, [], seen.append, threads)
    assert [unit.frame.index for unit in seen] == list(range(8))
    assert [unit.people.index for unit in seen] == list(range(8))
    for unit in seen:
        assert np.array_equal(unit.composed.alpha, sbs_alpha(unit.frame.index))
    times = [0, 40, 95, 160, 171, 260, 300, 333]
    assert (np.array(stamps) * float(footage.clip.time_base)).tolist() == pytest.approx(
        [time / 1000 for time in times]
    )


def test_a_part_of_a_clip(make_clip) -> None:
    footage = footage_of(make_clip(extent=(3, 9), chunks=(4, 1)))
    seen: list[int] = []
    stream(footage, [], lambda unit: seen.append(unit.frame.index))
    assert (footage.start, footage.stop, seen) == (3, 9, list(range(3, 9)))


def test_a_clip_that_lost_frames_since_is_refused(make_clip, make_source) -> None:
    clip = make_clip(times=8)
    footage = footage_of(clip)
    make_source(times=6)
    with pytest.raises(DamagedFileError, match="gave 6 frames from 0 on, wanted 8") as caught:
        stream(footage, [], lambda unit: None)
    assert "copy it again" in caught.value.fix


def test_large_frames_are_composed_one_at_a_time(monkeypatch) -> None:
    monkeypatch.setattr(composing, "memory_bytes", lambda: 8_000_000_000)
    monkeypatch.setattr(composing, "cpu_count", lambda: 16)
    assert composing._workers((6144, 3072), [sink("prores_4444"), sink("packed_alpha")]) == 1
    assert composing._workers((6144, 3072), [sink("matte")]) == 3
    assert composing._workers((1920, 960), [sink("prores_4444")]) == 4
    monkeypatch.setattr(composing, "memory_bytes", lambda: 128_000_000_000)
    assert composing._workers((6144, 3072), [sink("prores_4444"), sink("packed_alpha")]) == 4


def sink(kind: Format) -> Sink:
    layout = Layout.of("sbs", (128, 64), projection="half_equirect")
    (target,) = plan_targets("a.mp4", layout, ExportOptions(formats=(kind,)))
    return Sink(target, PngSequenceWriter(Path("nowhere"), target.size, 25))
