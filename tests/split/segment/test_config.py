from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.segment.config import CombinedOptions, SegmentOptions


def test_the_default_chooses_by_itself() -> None:
    options = SegmentOptions()
    assert options.backend.kind == "auto"
    assert options.context is None


def test_nested_backends_come_from_a_recipe() -> None:
    values = {"backend": {"kind": "combined", "motion": {"references": 8}}}
    options = parse_options(SegmentOptions, values, "segment")
    assert isinstance(options.backend, CombinedOptions)
    assert options.backend.motion.references == 8


@pytest.mark.parametrize("context", ["transparent", "white", "#12aBcd", "blur", "original"])
def test_contexts(context) -> None:
    assert SegmentOptions(context=context).context == context


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"backend": {"kind": "sam"}}, "segment.backend"),
        ({"context": "pinkish"}, "segment.context"),
        ({"min_instance": 4}, "did you mean 'min_instance_px'"),
        ({"smoothing_frames": -1}, "wanted a whole number from 0 to 8"),
    ],
)
def test_wrong_values_are_named(values, said) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_options(SegmentOptions, values, "segment")


def test_networks_that_find_everything_begin_with_the_optimized_preset() -> None:
    for kind in ("sam2", "edgetam", "sam3"):
        options = parse_options(SegmentOptions, {"backend": kind}, "segment")
        assert options.backend.automatic.preset == "optimized"
    values = {"backend": {"kind": "sam2", "automatic": {"points_per_side": 8}}}
    automatic = parse_options(SegmentOptions, values, "segment").backend.automatic
    assert (automatic.preset, automatic.points_per_side) == ("optimized", 8)
    values = {"backend": {"kind": "sam2", "automatic": {"preset": "conservative"}}}
    automatic = parse_options(SegmentOptions, values, "segment").backend.automatic
    assert automatic.preset == "conservative"


def test_everything_is_not_followed() -> None:
    values = {"backend": {"kind": "sam2", "who": "everything", "every_frames": 8}}
    with pytest.raises(ConfigError, match="each frame by itself; wanted 1") as told:
        parse_options(SegmentOptions, values, "segment")
    assert "every_frames" in told.value.fix
    values["backend"]["every_frames"] = 1
    assert parse_options(SegmentOptions, values, "segment").backend.who == "everything"


def test_prompts_are_typed() -> None:
    values = {"backend": "sam3", "boxes": "1,2,30,40", "points": "5,6;7,8,0", "text": "boy"}
    assert parse_options(SegmentOptions, values, "segment").boxes == "1,2,30,40"
    assert SegmentOptions(boxes="1,2,3,4").backend.kind == "auto"


@pytest.mark.parametrize(
    ("values", "said", "fix"),
    [
        ({"backend": "sam2", "boxes": "1,2,3"}, "segment.boxes: .*is no box", "x0,y0,x1,y1 in px"),
        ({"backend": "sam2", "points": "1"}, "segment.points: .*is no point", "x,y in px"),
        ({"backend": "motion", "boxes": "1,2,3,4"}, "'motion' looks by itself", "with sam2"),
        ({"backend": "combined", "prompts": "a.json"}, "takes no prompts", "with sam2"),
        ({"backend": "sam2", "text": "boy"}, "'sam2' takes no words", "with sam3"),
        ({"text": "boy"}, "'auto' takes no words", "with sam3"),
    ],
)
def test_prompts_that_nobody_can_follow(values, said, fix) -> None:
    with pytest.raises(ConfigError, match=said) as told:
        parse_options(SegmentOptions, values, "segment")
    assert fix in told.value.fix
