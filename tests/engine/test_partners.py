"""Which mask belongs to which picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.engine.partners import Doubt, Found, masks_beside, match_partners


def found(*names: str) -> list[Found]:
    return [
        Found(Path("/top", name), str(Path(name).parent).strip("."), Path(name).stem)
        for name in names
    ]


@pytest.mark.parametrize(
    ("picture", "masks", "taken"),
    [
        ("a/x.png", ["x.png", "a/x_mask.png", "a/x.tif"], "a/x.tif"),
        ("a/x.png", ["x.png", "a/x_mask.png", "a/X.png"], "a/x_mask.png"),
        ("a/x.png", ["x.png", "A/X.png", "a/x/x.png", "b/x/x.png"], "a/x/x.png"),
        ("x.png", ["a/x.png", "x/x.png"], "x/x.png"),
        ("a/x.png", ["x.png", "A/X.png"], "A/X.png"),
        ("a/x.png", ["x_mask.png", "b/x.png"], "b/x.png"),
        ("a/x.png", ["X.png", "b/x_mask.png"], "b/x_mask.png"),
        ("a/x.png", ["X_MASK.png", "b/X.png"], "b/X.png"),
    ],
)
def test_the_surest_way_first(picture: str, masks: list[str], taken: str) -> None:
    partners = match_partners(found(picture), found(*masks))
    assert [(one.shown, other.shown) for one, other in partners.pairs] == [(picture, taken)]
    assert [mask.shown for mask in partners.masks] == [name for name in masks if name != taken]


def test_the_picture_that_a_mask_was_made_for_comes_before_all_names() -> None:
    (picture,) = found("x.png")
    named, made = Found(Path("/m/x.png"), "", "x"), Found(Path("/m/q.png"), "", "q", "/top/x.png")
    assert match_partners([picture], [named, made]).pairs == [(picture, made)]


def test_several_masks_each_once_and_in_the_order_of_the_pictures() -> None:
    pictures = found("b.png", "a.png")
    masks = found("a.png", "b_mask2.png", "b_mask10.png")
    pairs = match_partners(pictures, masks).pairs
    assert [(one.stem, other.stem) for one, other in pairs] == [
        ("b", "b_mask2"),
        ("b", "b_mask10"),
        ("a", "a"),
    ]


def test_a_doubt_settles_nothing_and_is_not_asked_again() -> None:
    pictures, masks = found("x.png", "x.jpg"), found("x.png")
    partners = match_partners(pictures, masks)
    assert partners.pairs == []
    assert partners.doubts == [Doubt(pictures, masks)]
    assert (partners.pictures, partners.masks) == ([], [])


def test_masks_beside_their_pictures() -> None:
    files = found("a.png", "a_mask.png", "b_mask.png", "q/a_mask3.png", "q/A.png")
    assert {one.shown for one in masks_beside(files)} == {"a_mask.png", "q/a_mask3.png"}
