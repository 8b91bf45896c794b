from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.media.vr180.tags import NameTags, plain_stem, read_tags, write_tags


@pytest.mark.parametrize(
    ("name", "kind", "swapped", "field", "alpha"),
    [
        ("a_180_LR.mp4", "sbs", False, "180", False),
        ("a_LR_180.mp4", "sbs", False, "180", False),
        ("clips/a_sbs.mp4", "sbs", False, None, False),
        ("a_TB.mov", "over_under", False, None, False),
        ("a-ou.mov", "over_under", False, None, False),
        ("a_RL_180x180.mp4", "sbs", True, "180", False),
        ("a_360_BT.mp4", "over_under", True, "360", False),
        ("a_FISHEYE190_alpha_SBS.mp4", "sbs", False, "fisheye190", True),
        ("a_fisheye.mp4", None, False, "fisheye190", False),
        ("a.mkx200.LR.mp4", "sbs", False, "mkx200", False),
        ("a_fisheye200_LR.mp4", "sbs", False, "fisheye200", False),
        ("LR_180.mp4", None, False, "180", False),
        ("solr_1804_lrx.mp4", None, False, None, False),
        ("a.mp4", None, False, None, False),
    ],
)
def test_tags_are_read(name, kind, swapped, field, alpha) -> None:
    tags = read_tags(name)
    assert (tags.kind, tags.swapped, tags.field, tags.alpha) == (kind, swapped, field, alpha)
    assert tags.fisheye == (field not in {None, "180", "360"})


@pytest.mark.parametrize("words", list(itertools.permutations(["180", "LR", "alpha"])))
def test_tags_are_replaced_in_any_order(words) -> None:
    name = "_".join(["my_dance", *words]) + ".mp4"
    tags = NameTags("sbs", False, "fisheye190", True)
    assert write_tags(name, tags) == "my_dance_fisheye190_LR_alpha.mp4"
    assert plain_stem(name) == "my_dance"


def test_a_folder_and_no_suffix_are_kept() -> None:
    assert write_tags("x/a_180_LR", NameTags("over_under", False, "180")) == "x/a_180_TB"
    assert write_tags("a_180_LR.mp4", NameTags()) == "a.mp4"


def test_a_projection_without_a_tag_is_refused() -> None:
    with pytest.raises(InputError, match="'cubemap'") as caught:
        write_tags("a.mp4", NameTags(field="cubemap"))
    assert "use one of 180, 360, fisheye190, mkx200" in caught.value.fix


@given(
    st.from_regex(r"[a-z]{1,6}(_[a-z]{4,6})?", fullmatch=True),
    st.sampled_from([("sbs", False), ("sbs", True), ("over_under", False), ("over_under", True),
                     (None, False)]),
    st.sampled_from([None, "180", "360", "fisheye190", "mkx200", "rf52"]),
    st.booleans(),
)  # fmt: skip
def test_what_is_written_is_read(stem, eyes, field, alpha) -> None:
    stem = stem.replace("alpha", "alphb").replace("mono", "moni").replace("fsbs", "fsbt")
    stem = stem.replace("hsbs", "hsbt").replace("fisheye", "fish")
    tags = NameTags(eyes[0], eyes[1], field, alpha)
    name = write_tags(f"{stem}.mp4", tags)
    back = read_tags(name)
    assert (back.kind, back.swapped, back.field, back.alpha) == (*eyes, field, alpha)
    assert plain_stem(name) == stem
