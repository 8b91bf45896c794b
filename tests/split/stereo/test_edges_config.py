from __future__ import annotations

import pytest
from pydantic import ValidationError

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.matte.config import GuidedMatte
from multiplane.split.stereo.edges_config import EdgesOptions


def test_a_method_may_be_named_alone() -> None:
    assert EdgesOptions.model_validate({"method": "guided"}).method == GuidedMatte()


@pytest.mark.parametrize(
    "wrong", [{"edge_px": 0}, {"steady": 1.0}, {"upsample": "cubic"}, {"haze": 0.5}, {"edges": 1}]
)
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EdgesOptions.model_validate(wrong)


def test_a_wrong_way_is_told_with_the_right_ones() -> None:
    with pytest.raises(ConfigError, match=r"edges\.refine: got 'fine'") as caught:
        parse_options(EdgesOptions, {"refine": "fine"}, "edges")
    assert caught.value.fix == "refine: 'none', 'coarse' or 'full'"
