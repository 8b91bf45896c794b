from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.detections import Detection
from multiplane.split.detect.config import DetectOptions
from multiplane.split.detect.sift import sift

SIZE = (64, 48)
PERSON = frozenset({"person"})
floats = st.floats(-200, 200)
found = st.builds(
    Detection,
    st.tuples(floats, floats, floats, floats),
    st.floats(0, 1),
    st.sampled_from(["person", "dog"]),
)


@given(st.lists(found, max_size=20), st.integers(1, 20), st.integers(1, 5))
def test_what_is_kept(boxes: list[Detection], least_px: int, most: int) -> None:
    options = DetectOptions(threshold=0.3, min_box_px=least_px, max_boxes=most)
    kept = sift(boxes, PERSON, SIZE, options)
    assert len(kept) <= most
    assert [one.score for one in kept] == sorted((one.score for one in kept), reverse=True)
    for one in kept:
        x0, y0, x1, y1 = one.box
        assert 0 <= x0 < x1 <= SIZE[0]
        assert 0 <= y0 < y1 <= SIZE[1]
        assert min(x1 - x0, y1 - y0) >= least_px
        assert one.label == "person"
        assert one.score >= 0.3
        assert one.box == tuple(round(value, 2) for value in one.box)
    assert sift(kept, PERSON, SIZE, options) == kept


def test_boxes_are_cut_to_the_frame_and_the_surest_come_first() -> None:
    boxes = [
        Detection((-5.004, 10, 20.126, 60), 0.6, "person"),
        Detection((30, 10, 50, 40), 0.9, "person"),
        Detection((70, 10, 90, 40), 0.95, "person"),  # outside
        Detection((40, 10, 35, 40), 0.95, "person"),  # inside out
        Detection((30, 10, 34, 40), 0.95, "person"),  # thin
        Detection((30, 10, 50, 40), 0.95, "dog"),
        Detection((30, 10, 50, 40), 0.2, "person"),
    ]
    assert sift(boxes, PERSON, SIZE, DetectOptions()) == (
        Detection((30, 10, 50, 40), 0.9, "person"),
        Detection((0, 10, 20.13, 48), 0.6, "person"),
    )


def test_numbers_of_the_same_object_stay() -> None:
    one = Detection((1, 1, 20, 20), 0.9, "person", 7)
    assert sift([one], PERSON, SIZE, DetectOptions())[0].id == 7
