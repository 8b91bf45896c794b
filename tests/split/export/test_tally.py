from __future__ import annotations

from dataclasses import replace

from drawn_chunks import people_of

from multiplane.split.export.parts import read_parts
from multiplane.split.export.tally import Tally, disagreements


def test_people_and_their_agreement_are_counted() -> None:
    tally = Tally(10)
    for index, agreement in enumerate((0.9, 0.7, 0.8), start=10):
        people = people_of(index, (1, 2) if index == 11 else (1,), agreement)
        if index == 12:
            pair = replace(people.pairs[0], agreement=None, corrected="transfer")
            people = replace(people, pairs=(pair,))
        tally.add(people)
    told = tally.figures()
    assert told["people"] == [
        {"id": 1, "first_frame": 10, "last_frame": 12, "frames": 3, "mean_score": 0.9},
        {"id": 2, "first_frame": 11, "last_frame": 11, "frames": 1, "mean_score": 0.9},
    ]
    agreement = told["agreement"]
    assert (agreement["min"], agreement["min_frame"], agreement["min_id"]) == (0.7, 11, 1)
    assert agreement["mean"] == round((0.9 + 0.7 + 0.7) / 3, 4)
    assert agreement["corrected"] == {"transfer": 1}
    assert agreement["without_figure"] == 1
    assert agreement["points"] == [0.9, 0.7, None]
    assert told["people_per_frame"]["points"] == [1.0, 2.0, 1.0]


def test_nobody_in_the_clip() -> None:
    tally = Tally(0)
    tally.add(replace(people_of(0), eyes=((), ()), pairs=()))
    told = tally.figures()
    assert told["people"] == []
    assert told["agreement"]["mean"] is None


def test_disagreements_of_the_overlap_are_told_once(make_clip) -> None:
    clip = make_clip(chunks=(5, 2))
    _, parts = read_parts(clip.item)
    told = disagreements(parts, [{1: 4}] * len(parts))
    assert told["count"] == len(parts)
    assert [one["frame"] for one in told["listed"]] == [part.start for part in parts]
    assert {one["id"] for one in told["listed"]} == {4}
    assert told["listed"][1]["chunk"] == "dance/0002"
    assert told["listed"][0]["scores"] == [0.9, 0.4]
