from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.detect.config import DetectOptions, DFineOptions, YoloOptions


def test_defaults_need_no_download_and_no_foreign_licence() -> None:
    options = DetectOptions()
    assert options.backend.kind == "auto"
    assert options.labels == "person"
    assert options.threshold == 0.5


def test_a_bare_name_chooses_a_backend() -> None:
    assert parse_options(DetectOptions, {"backend": "d_fine"}, "detect").backend == DFineOptions()


def test_yolo_says_what_it_is_under() -> None:
    assert "AGPL-3.0" in str(YoloOptions.model_fields["model"].description)
    assert "AGPL-3.0" in str(YoloOptions.__doc__)


@pytest.mark.parametrize(
    ("name", "value"),
    [("threshold", 1.1), ("min_box_px", 0), ("every_frames", 0), ("labels", ""),
     ("max_boxes", 0), ("override_mode", "merge")],
)  # fmt: skip
def test_values_out_of_bounds(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        parse_options(DetectOptions, {name: value}, "detect")
