from __future__ import annotations

import pytest

from multiplane.split.segment.typed import parse_boxes, parse_points, parse_text


def test_boxes_are_objects_of_the_first_frame() -> None:
    first, second = parse_boxes("10,20,110,220.5; 0,0,5,5;")
    assert (first.box, first.object_id, first.index) == ((10, 20, 110, 220.5), 1, 0)
    assert (second.box, second.object_id) == ((0, 0, 5, 5), 2)


def test_points_of_one_object_stand_together() -> None:
    first, second = parse_points("120,80; 300,90,1; 310,200,0 | 7,8", first=3)
    assert first.points == ((120, 80), (300, 90), (310, 200))
    assert first.labels == (1, 1, 0)
    assert (first.object_id, second.object_id) == (3, 4)
    assert second.points == ((7, 8),)


def test_texts_are_about_every_frame() -> None:
    found = parse_text("a boy in a red shirt; a sea monster")
    assert [(p.text, p.index) for p in found] == [
        ("a boy in a red shirt", None), ("a sea monster", None)]  # fmt: skip


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (parse_boxes, "1,2,3", "'1,2,3' is no box"),
        (parse_boxes, "5,5,1,9", "x0 < x1"),
        (parse_boxes, ";", "0 of them"),
        (parse_boxes, "a,b,c,d", "could not convert"),
        (parse_boxes, "0,0,inf,9", "no pixel"),
        (parse_points, "4", "'4' is no point"),
        (parse_points, "4,5,2", "is no point"),
        (parse_points, "4,5,0", "no point on the object"),
        (parse_text, " ; ", "0 of them"),
    ],
)
def test_anything_else_is_refused(parse, text, said) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)
