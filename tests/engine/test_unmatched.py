"""What is said of pictures and masks without partner."""

from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.engine.partners import Doubt, Found, Partners
from multiplane.engine.unmatched import STEP, refuse_strangers, unmatched


def one(name: str) -> Found:
    return Found(Path("/top", name), str(Path(name).parent).strip("."), Path(name).stem)


def test_each_has_something_to_type() -> None:
    doubts = [
        Doubt([one("x.png"), one("x.jpg")], [one("x.tif")]),
        Doubt([one("a/y.png"), one("b/y.png")], [one("y.png")]),
        Doubt([one("z.png")], [one("z.png"), one("z.tif")]),
    ]
    partners = Partners([], doubts, [one("my wall.png"), one("other.png")], [one("my-wall.tif")])
    told = list(unmatched(partners, Path("/m"), with_masks=True))
    assert [(failure.step, failure.item) for failure in told] == [
        (STEP, name)
        for name in ("x.png", "x.jpg", "a/y.png", "b/y.png", "z.png", "my wall.png", "other.png",
                     "my-wall.tif")
    ]  # fmt: skip
    assert all(failure.what and failure.why and failure.fix for failure in told)
    assert told[5].fix == "mv /top/my-wall.tif '/top/my wall.tif'"
    assert told[7].what.endswith("is it the mask of my wall.png?")
    assert len(list(unmatched(partners, Path("/m"), with_masks=False))) == len(told) - 1


def test_of_very_many_names_none_is_guessed() -> None:
    many = Partners([], [], [one(f"a{n}.png") for n in range(200)], [one("a200.png")] * 200)
    told = unmatched(many, Path("/m"), with_masks=True)
    assert next(told).fix == "name its mask a0.png and put it into /m"


def test_names_of_both_sides_and_the_reason_if_there_is_one() -> None:
    ours, theirs = [one("a.png")], [one("b.png")]
    lost = list(unmatched(Partners([], [], ours, theirs), Path("/m"), with_masks=True))
    with pytest.raises(InputError, match=r"pictures a\.png; masks b\.png") as caught:
        refuse_strangers(ours, theirs, Path("/i"), Path("/m"), lost)
    assert caught.value.fix == "name each mask like its picture, or <picture>_mask.png"
    doubt = Partners([], [Doubt(ours, [one("a.png"), one("a.tif")])])
    told = list(unmatched(doubt, Path("/m"), with_masks=True))
    with pytest.raises(InputError) as caught:
        refuse_strangers(ours, theirs, Path("/i"), Path("/m"), told)
    assert caught.value.why == "a.png has 2 masks: a.png, a.tif"
    assert caught.value.fix == told[0].fix
