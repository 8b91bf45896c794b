from __future__ import annotations

import pytest
from pydantic import ValidationError

from multiplane.restore.collage.config import CollageOptions


def test_gaps_are_those_of_the_seed() -> None:
    options = CollageOptions()
    assert (options.spacing_h_px, options.spacing_v_px) == (20, 20)
    assert (options.mask_rgb, options.background_rgb) == ("#FFFFFF", "#FFFFFF")
    assert not options.captions
    assert not options.difference
    assert options.order == "rows"
    assert options.max_megapixels == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("spacing_h_px", -1), ("mask_rgb", "white"), ("background_rgb", "#FFF"), ("order", "best"),
     ("max_megapixels", -1), ("page_megapixels", 0)],
)  # fmt: skip
def test_impossible_values_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        CollageOptions.model_validate({name: value})
