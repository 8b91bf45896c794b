from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.split.segment.config import (
    AutoOptions,
    CombinedOptions,
    MotionOptions,
    SalientOptions,
    SegmentOptions,
)


def parse(**code) -> SegmentOptions:
    return parse_options(SegmentOptions, code, "stages[1].options")


@pytest.mark.parametrize("model", [AutoOptions, SalientOptions, MotionOptions, CombinedOptions])
def test_backends_are_told_apart_by_kind(model) -> None:
    kind = model.model_fields["kind"].default
    assert parse(backend={"kind": kind}).backend == model()


def test_the_backend_is_found_out_unless_one_is_asked_for() -> None:
    assert parse().backend == AutoOptions()
    assert parse().context is None


def test_an_unknown_backend_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="combined"):
        parse(backend={"kind": "combind"})


def test_options_of_the_parts_of_combined_can_be_reached() -> None:
    code = {"kind": "combined", "salient": {"every_frames": 1}, "motion": {"references": 4}}
    backend = parse(backend=code).backend
    assert isinstance(backend, CombinedOptions)
    assert backend.salient.every_frames == 1
    assert backend.motion == MotionOptions(references=4)


@given(
    st.one_of(
        st.sampled_from(["transparent", "white", "black", "gray", "grey", "blur", "original"]),
        st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True),
    )
)
def test_contexts_are_names_or_colours(context: str) -> None:
    assert parse(context=context).context == context


@pytest.mark.parametrize("context", ["", "pink", "#12345", "#1234567", "12ab9f", "white "])
def test_another_context_is_refused(context: str) -> None:
    with pytest.raises(ConfigError, match="context"):
        parse(context=context)


@pytest.mark.parametrize(
    "code",
    [
        {"smoothing_frames": -1},
        {"min_instance_px": -1},
        {"edges": "crf"},
        {"backend": {"kind": "motion", "references": 1}},
        {"backend": {"kind": "motion", "tolerance": 0}},
        {"backend": {"kind": "salient", "every_frames": 0}},
        {"backend": {"kind": "salient", "work_px": 8}},
        {"backend": {"kind": "motion", "every_frames": 2}},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(code) -> None:
    with pytest.raises(ConfigError):
        parse(**code)
