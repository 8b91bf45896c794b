from __future__ import annotations

import numpy as np
from stereo_film import person

from multiplane.split.stereo.figures import agreement_figures, frame_figures, people_figures
from multiplane.split.stereo.masks import EyeTrack, People
from multiplane.split.stereo.people_file import Disagreement, Pair

BIG, SMALL = np.ones((4, 4), np.bool_), np.eye(4, dtype=np.bool_)


def test_who_is_there_and_when() -> None:
    left = [{1: person(BIG, 1, 1.0)}, {1: person(SMALL, 1, 0.5)}, {}]
    right = [{}, {1: person(BIG, 1, 0.6), 2: person(SMALL, 2, 0.5)}, {}]
    assert people_figures((left, right), 10) == [
        {"id": 1, "first": 10, "last": 11, "frames": [2, 1], "largest_px": 16, "score": 0.7},
        {"id": 2, "first": 11, "last": 11, "frames": [0, 1], "largest_px": 4, "score": 0.5},
    ]
    assert people_figures(([{}], [{}]), 0) == []


def test_how_far_they_agree() -> None:
    pairs = [
        (Pair(1, 0.9, 0.7, (1, 1)), Pair(2, 0.96, 0.5, (1, 0.5), "transfer")),
        (Pair(1, 0.6, 0.6, (1, 1)), Pair(2, None, None, (1, 0), hidden="right")),
    ]
    told = [
        Disagreement(0, 2, None, (1, 0), "right", "missed", "transfer", 0.96),
        Disagreement(1, 1, 0.6, (1, 1), "left", "the pictures", "none", 0.6),
    ]
    found = agreement_figures(pairs, told, 0.8)
    assert found["agreement"] == {
        "threshold": 0.8, "checked": 3, "mean": 0.82, "least": 0.6, "below_share": 0.33333,
        "disagreed_share": 0.66667, "disagreed_mean": 0.6, "raw_mean": 0.6,
    }  # fmt: skip
    assert found["disagreements"] == 2
    assert found["missed_by_one_eye"] == 1
    assert found["corrected"] == 1
    assert found["did"] == {"none": 1, "transfer": 1}
    assert found["hidden_from"] == {"right": 1}
    nobody = agreement_figures([(), ()], [], 0.8)["agreement"]
    assert isinstance(nobody, dict)
    assert nobody["mean"] is None
    assert nobody["checked"] == 0


def test_a_frame() -> None:
    nobody: People = {}
    tracks: list[EyeTrack] = [[{1: person(BIG)}], [nobody]]
    row = frame_figures(7, tracks, 0, (Pair(1, 0.91234, 0.5, (1, 1), "transfer"),), (0.25, 0.0))
    assert row == {
        "frame": "000007", "people": [1, 0], "area_share": [0.25, 0.0], "agreement": 0.9123,
        "corrected": 1,
    }  # fmt: skip
    assert frame_figures(7, tracks[:1], 0, (), (0.25,)) == {
        "frame": "000007", "people": [1], "area_share": [0.25],
    }  # fmt: skip
