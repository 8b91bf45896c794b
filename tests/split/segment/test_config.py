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
