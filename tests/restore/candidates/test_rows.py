from __future__ import annotations

import pytest

from multiplane.core.choice import Choice
from multiplane.restore.candidates import rows as module
from multiplane.restore.candidates.config import MOST_SEED, CandidatesOptions
from multiplane.restore.candidates.rows import distinct, first_seed, plan_rows


def planned(**given: object) -> list[tuple[str, list[tuple[int, int]]]]:
    options = CandidatesOptions.model_validate({"backend": "patchmatch", "seed": 100, **given})
    first = first_seed(options)
    return [(group.kind, distinct(group, first, seeded=True)[0]) for group in plan_rows(options)]


def test_a_number_of_rows_counts_the_seed_up() -> None:
    assert planned(rows=3) == [("patchmatch", [(1, 100), (2, 101), (3, 102)])]


def test_a_list_names_backends_and_seeds() -> None:
    assert planned(rows="patchmatch, opencv, patchmatch:7, patchmatch") == [
        ("patchmatch", [(1, 100), (3, 7), (4, 103)]),
        ("opencv", [(2, 101)]),
    ]


def test_a_row_that_names_the_backend_of_the_stage_means_that_one() -> None:
    own = {"kind": "diffusion", "steps": 12, "prompt": "a mural"}
    other = {"kind": "diffusion", "steps": 50}
    options = CandidatesOptions.model_validate(
        {"backend": own, "rows": ["diffusion", "diffusion:9", {"backend": other}, {}]}
    )
    first, second = plan_rows(options)
    assert first.choice.options.model_dump()["steps"] == 12
    assert [one.row for one in first.rows] == [1, 2, 4]
    assert second.choice.options.model_dump()["steps"] == 50
    assert second.choice.options.model_dump()["prompt"] == ""
    again = CandidatesOptions.model_validate(options.model_dump(mode="json"))
    assert plan_rows(again) == [first, second]


def test_auto_stands_for_one_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    def decide(options: object) -> Choice:
        if getattr(options, "kind", "") != "auto":
            return Choice(options, "asked for")  # type: ignore[arg-type]
        return Choice(CandidatesOptions(backend="opencv").backend, "it is here")  # type: ignore[arg-type]

    monkeypatch.setattr(module, "decide", decide)
    group, other = plan_rows(CandidatesOptions(rows="auto,opencv,patchmatch"))  # type: ignore[arg-type]
    assert group.chosen == "auto chose opencv: it is here"
    assert [one.row for one in group.rows] == [1, 2]
    assert other.chosen == ""


def test_rows_that_would_be_the_same_are_one() -> None:
    (group,) = plan_rows(CandidatesOptions.model_validate({"backend": "opencv", "rows": 4}))
    assert distinct(group, 100, seeded=False) == (
        [(1, 0)], ["opencv gives the same whatever the seed: 1 row instead of 4"],
    )  # fmt: skip
    (group,) = plan_rows(
        CandidatesOptions.model_validate(
            {"backend": "patchmatch", "rows": "patchmatch:5," * 2 + "patchmatch:6"}
        )
    )
    assert distinct(group, 100, seeded=True) == (
        [(1, 5), (3, 6)], ["patchmatch was asked for the same seed again: 2 rows instead of 3"],
    )  # fmt: skip


def test_seeds_stay_in_range_and_are_drawn_when_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    assert planned(rows=2, seed=MOST_SEED) == [("patchmatch", [(1, MOST_SEED), (2, 1)])]
    open_seed = CandidatesOptions(seed=0)
    assert 1 <= first_seed(open_seed) <= MOST_SEED
    assert len({first_seed(open_seed) for _ in range(8)}) > 1
    monkeypatch.setattr("secrets.randbelow", lambda most: most - 1)
    assert first_seed(open_seed) == MOST_SEED
