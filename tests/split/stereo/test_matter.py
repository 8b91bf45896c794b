from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle_people import SIDES, OraclePeople, Wrong, right
from stereo_film import leg, near_film

from multiplane.core.choice import Choice
from multiplane.core.compute import Compute
from multiplane.core.errors import InputError
from multiplane.media.vr180.layout import Layout
from multiplane.split.stereo import people_choice
from multiplane.split.stereo.config import StereoOptions
from multiplane.split.stereo.edges_config import EdgesOptions
from multiplane.split.stereo.matter import Footage, Matter, StereoMattes, check_length
from multiplane.split.stereo.people_config import PeopleOptions, SamPeople

EDGES = EdgesOptions(edge_px=3)


def matte(
    layout: Layout | None = None, wrong: Wrong = right, frames: Any = None, **options: Any
) -> tuple[StereoMattes, OraclePeople]:
    film = near_film()
    oracle = OraclePeople(film, wrong)
    matter = Matter(StereoOptions(edges=EDGES, **options), lambda: oracle)
    reopen = frames or (lambda: iter(film.frames))
    return matter.matte(Footage(reopen, layout or film.layout, 1.0, first=30)), oracle


def test_a_chunk_goes_through() -> None:
    film = near_film()
    told, _ = matte(wrong=leg("right", [2]), validation_threshold=0.9)
    frames = list(told.frames)
    assert [frame.index for frame in frames] == [30, 31, 32, 33]
    for index, frame in enumerate(frames):
        assert [one.id for eye in frame.people.eyes for one in eye] == [1, 2, 1, 2]
        for side, alpha in zip(SIDES, frame.alphas, strict=True):
            assert np.abs(alpha - film.alphas[side][index]).mean() < 0.01
    figures = told.figures
    assert (figures["backend"], figures["why"], figures["mode"]) == (
        "oracle", "knows the scene", "master_slave",
    )  # fmt: skip
    assert figures["disagreements"] == figures["corrected"] == 1
    assert figures["rectification"]["matches"] > 100  # type: ignore[index,call-overload,operator]
    assert [row["frame"] for row in figures["frames"]] == [  # type: ignore[union-attr,index,call-overload]
        "000030", "000031", "000032", "000033",
    ]  # fmt: skip
    assert figures["empty_frames"] == 0
    assert set(told.timings) == {"decode", "people", "stereo", "edges"}


def test_both_eyes_at_once_is_the_same() -> None:
    one, _ = matte(wrong=leg("left", [1]))
    two, _ = matte(wrong=leg("left", [1]), parallel_eyes=True)
    for first, second in zip(one.frames, two.frames, strict=True):
        assert first.people == second.people
        for a, b in zip(first.alphas, second.alphas, strict=True):
            np.testing.assert_array_equal(a, b)
    assert one.figures == two.figures


def test_one_eye_alone() -> None:
    film = near_film()
    mono = Layout.of("mono", (256, 256))
    told, oracle = matte(mono, frames=lambda: (frame[:, :256] for frame in film.frames))
    frames = list(told.frames)
    assert [len(frame.alphas) for frame in frames] == [1] * 4
    assert frames[0].people.pairs == ()
    assert told.figures["mode"] == "one eye"
    assert "agreement" not in told.figures
    assert oracle.calls[0] == ("follow", "left", False)


def test_eyes_taken_for_each_other_are_told() -> None:
    film = near_film()
    exchanged = [np.hstack([frame[:, 256:], frame[:, :256]]) for frame in film.frames]
    told, _ = matte(frames=lambda: iter(exchanged))
    list(told.frames)
    assert told.figures["rectification"]["swapped"]  # type: ignore[index,call-overload]
    (note,) = told.figures["memory"]  # type: ignore[misc]
    assert "--set chunks.eyes=right_first" in str(note)
    layout = Layout.of("sbs", (512, 256), projection="half_equirect", swapped=True)
    told, _ = matte(layout)
    list(told.frames)
    assert "chunks.eyes=left_first" in str(told.figures["memory"])
    told, _ = matte(layout, frames=lambda: iter(exchanged))
    list(told.frames)
    assert "memory" not in told.figures


@pytest.mark.parametrize("parallel", [False, True])
def test_both_eyes_have_their_say(parallel: bool) -> None:
    film = near_film()

    class Talks(OraclePeople):
        def follow(self, frames: Any, seeds: Any = None) -> Any:
            self.notes.clear()
            yield from super().follow(frames, seeds)
            self.notes.append(f"followed {self.calls[-1][1]}")

    matter = Matter(StereoOptions(edges=EDGES, parallel_eyes=parallel), lambda: Talks(film))
    told = matter.matte(Footage(lambda: iter(film.frames), film.layout, 1.0))
    list(told.frames)
    assert told.figures["memory"] == ["followed left", "followed right"]


def test_without_disparity_nothing_is_checked() -> None:
    told, _ = matte(wrong=leg("left", [1]), use_disparity=False, mode="independent")
    frames = list(told.frames)
    assert told.figures["disagreements"] == 0
    assert "rectification" not in told.figures
    assert all(pair.agreement is None for frame in frames for pair in frame.people.pairs)
    assert [one.id for one in frames[0].people.eyes[1]] == [1, 2]


def test_flat_pictures_have_no_poles() -> None:
    told, _ = matte(Layout.of("sbs", (512, 256), projection="flat"))
    list(told.frames)
    assert told.figures["rectification"] == {"why": "flat picture: rows are taken to match"}
    assert told.figures["agreement"]["checked"] >= 4  # type: ignore[index,call-overload,operator]


def test_one_frame() -> None:
    film = near_film()
    told, _ = matte(frames=lambda: iter(film.frames[:1]))
    (frame,) = told.frames
    assert [len(eye) for eye in frame.people.eyes] == [2, 2]


def test_a_chunk_has_the_same_frames_twice() -> None:
    film = near_film()
    for count in (3, 5):
        lengths = iter([4, count])
        told, _ = matte(frames=lambda: iter((film.frames * 2)[: next(lengths)]))  # noqa: B023
        with pytest.raises(InputError, match="had 4 frames and now") as wrong:
            list(told.frames)
        assert "split.chunks" in wrong.value.fix
    check_length(4, 4)


def test_fp16_is_short_for_a_precision() -> None:
    assert Compute.of(StereoOptions(fp16=True)).precision == "fp16"
    assert Compute.of(StereoOptions(precision="bf16")).precision == "bf16"


def test_memory_is_offloaded_whoever_chose_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def make(kind: object, options: PeopleOptions, **more: object) -> OraclePeople:
        asked.append(options.backend)
        return OraclePeople(near_film())

    chosen = Choice(SamPeople(), "is here")
    monkeypatch.setattr(people_choice, "choose_people", lambda *_: chosen)
    monkeypatch.setattr(people_choice, "choose", lambda *_: None)  # the network stays unloaded
    monkeypatch.setattr(people_choice, "make", make)
    for wanted in (False, True):
        Matter(StereoOptions(memory_offload=wanted))
    assert asked == [SamPeople(), SamPeople(memory_offload=True)]
