from __future__ import annotations

import pytest
from pydantic import ValidationError

from multiplane.restore.candidates.config import CandidatesOptions, Row
from multiplane.restore.inpaint.config import LamaOptions
from multiplane.restore.inpaint.diffusion import DiffusionOptions


@pytest.mark.parametrize(
    "rows", ["diffusion:7, lama", "[diffusion:7,lama]", ["diffusion:7", "lama"]]
)
def test_rows_are_named_by_words(rows: object) -> None:
    options = CandidatesOptions.model_validate({"rows": rows})
    assert options.rows == (Row(backend=DiffusionOptions(), seed=7), Row(backend=LamaOptions()))


@pytest.mark.parametrize("rows", [3, "3"])
def test_or_counted(rows: object) -> None:
    assert CandidatesOptions.model_validate({"rows": rows}).rows == 3


@pytest.mark.parametrize("rows", [0, 65, [], ["lama"] * 65])
def test_there_are_one_to_64(rows: object) -> None:
    with pytest.raises(ValidationError, match="wanted 1 to 64"):
        CandidatesOptions.model_validate({"rows": rows})


@pytest.mark.parametrize("rows", ["foo", "diffusion:x", "diffusion:-1", [3]])
def test_words_that_mean_nothing_are_refused(rows: object) -> None:
    with pytest.raises(ValidationError):
        CandidatesOptions.model_validate({"rows": rows})


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("diffusion,foo", "no backend 'foo'; wanted how many rows, or a list of auto, diffusion, "),
        ("lama,,opencv", "no backend ''; wanted how many rows"),
        ("2.5", "no backend '2.5'; wanted how many rows"),
        (2.5, "wanted a whole number from 1 to 64, or backends with commas between: patchmatch,"),
        (None, "wanted a whole number from 1 to 64"),
        ("", "wanted a whole number from 1 to 64"),
        (True, "wanted a whole number from 1 to 64"),
        ("lama:x", "seed 'x' of lama, wanted 0 to 2147483647: lama:7"),
        ("lama:99999999999", "seed '99999999999' of lama, wanted 0 to 2147483647"),
        ("diffusion:", "seed '' of diffusion, wanted 0 to 2147483647: diffusion:7"),
    ],
)
def test_what_is_wrong_with_a_word_is_said(rows: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CandidatesOptions.model_validate({"rows": rows})
    (error,) = caught.value.errors()
    assert said in error["msg"]


def test_the_defaults_are_those_of_the_seed() -> None:
    options = CandidatesOptions()
    assert (options.rows, options.seed, options.mask_threshold) == (4, 0, 128)
    assert (options.backend.kind, options.grow_px) == ("auto", 0)
