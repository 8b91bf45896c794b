from __future__ import annotations

from multiplane.split.segment.backends.sam.presets import Criteria, criteria_of
from multiplane.split.segment.config import AutomaticOptions


def test_presets_are_what_their_description_says() -> None:
    told = AutomaticOptions.model_fields["preset"].description
    for name in ("upstream", "conservative", "optimized"):
        found = criteria_of(AutomaticOptions(preset=name))
        assert f"{found.points_per_side}" in told.split(name)[1]
    assert criteria_of(AutomaticOptions()) == Criteria(32, 0.8, 0.95)
    assert criteria_of(AutomaticOptions(preset="conservative")) == Criteria(20, 0.76, 0.86)
    assert criteria_of(AutomaticOptions(preset="optimized")) == Criteria(32, 0.7, 0.8)


def test_single_values_stand_whatever_the_preset_zero_too() -> None:
    options = AutomaticOptions(preset="optimized", points_per_side=7, stability_score_thresh=0.0)
    assert criteria_of(options) == Criteria(7, 0.7, 0.0)
    assert criteria_of(AutomaticOptions(pred_iou_thresh=0.0)).pred_iou == 0.0


def test_what_no_preset_says_begins_as_upstreams() -> None:
    told = AutomaticOptions().model_dump()
    upstream = {
        "points_per_batch": 64, "stability_score_offset": 1.0, "mask_threshold": 0.0,
        "box_nms_thresh": 0.7, "crop_n_layers": 0, "crop_nms_thresh": 0.7,
        "crop_overlap_ratio": 512 / 1500, "crop_n_points_downscale_factor": 1,
        "min_mask_region_area": 0,
    }  # fmt: skip
    assert {name: told[name] for name in upstream} == upstream
