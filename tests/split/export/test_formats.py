from __future__ import annotations

from typing import get_args

import pytest

from multiplane.core.errors import InputError
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.tags import read_tags
from multiplane.split.export.config import ExportOptions, Format
from multiplane.split.export.formats import KINDS, plan_targets

VR180 = Layout.of("sbs", (256, 128), projection="half_equirect")
ALL = ExportOptions(formats=get_args(Format))


def names(source: str, layout: Layout, **options: object) -> list[str]:
    chosen = ALL.model_copy(update=options)
    return [target.name for target in plan_targets(source, layout, chosen)]


def test_every_format_has_a_kind_and_options_that_hold_together() -> None:
    assert set(KINDS) == set(get_args(Format))
    for target in plan_targets("a.mp4", VR180, ALL):
        if target.format != "png":
            encoded = target.video_options(ALL, "keep")
            assert encoded.alpha == (target.kind.shows == "cutout")


@pytest.mark.parametrize("eyes", ["together", "separate"])
@pytest.mark.parametrize("tags", [True, False])
@pytest.mark.parametrize("source", ["dance_180_LR.mp4", "my.dance.mov", "alpha", "a b_LR.mkv"])
def test_no_two_files_of_one_name(eyes: str, tags: bool, source: str) -> None:
    found = names(source, VR180, eyes=eyes, name_tags=tags)
    assert len(set(found)) == len(found)
    assert not any("folder" in name for name in found)


def test_names_say_to_players_what_they_play() -> None:
    found = dict(zip(ALL.formats, names("dance_180_LR.mp4", VR180), strict=True))
    assert found["prores_4444"] == "dance_prores4444_180_LR.mov"
    assert found["png"] == "dance_png_180_LR"
    assert found["packed_alpha"] == "dance_fisheye190_LR_alpha.mp4"
    packed = read_tags(found["packed_alpha"])
    assert (packed.kind, packed.field, packed.alpha) == ("sbs", "fisheye190", True)
    for name in (found["greenscreen_h265"], found["matte"]):
        said = read_tags(name)
        assert (said.kind, said.field, said.alpha) == ("sbs", "180", False)
    plain = dict(zip(ALL.formats, names("dance_180_LR.mp4", VR180, name_tags=False), strict=True))
    assert plain["packed_alpha"] == "dance_packed.mp4"
    assert plain["vp9"] == "dance_vp9.webm"


def test_right_first_and_over_under_keep_their_tags() -> None:
    swapped = Layout.of("sbs", (256, 128), True, "half_equirect")
    assert names("a.mp4", swapped, formats=("matte",)) == ["a_matte_180_RL.mkv"]
    over = Layout.of("over_under", (128, 256), projection="half_equirect")
    assert names("a.mp4", over, formats=("matte",)) == ["a_matte_180_TB.mkv"]
    (packed,) = plan_targets("a.mp4", over, ALL.model_copy(update={"formats": ("packed_alpha",)}))
    assert (packed.size, packed.layout.kind) == ((256, 128), "sbs")
    assert names("a.mp4", Layout.of("mono", (99, 77)), formats=("matte",)) == ["a_matte.mkv"]


def test_eyes_apart_are_of_one_eye() -> None:
    options = ALL.model_copy(update={"eyes": "separate", "formats": ("ffv1",)})
    left, right = plan_targets("dance_LR.mp4", VR180, options)
    assert (left.name, right.name) == ("dance_ffv1_left_180.mkv", "dance_ffv1_right_180.mkv")
    assert left.size == (128, 128)
    assert left.layout.eyes == 1


@pytest.mark.parametrize(
    "layout",
    [
        Layout.of("mono", (128, 128), projection="half_equirect"),
        Layout.of("sbs", (256, 128)),
        Layout.of("sbs", (256, 100), projection="half_equirect"),
    ],
)
def test_packed_alpha_is_for_vr180_alone(layout: Layout) -> None:
    with pytest.raises(InputError) as caught:
        plan_targets("a.mp4", layout, ExportOptions(formats=("packed_alpha",)))
    assert "leave packed_alpha out of export.formats" in caught.value.fix


def test_codecs_get_what_they_take() -> None:
    chosen = ALL.model_copy(update={"quality": 9, "packed_codec": "h264", "encoder": "cpu"})
    found = {t.format: t for t in plan_targets("a.mp4", VR180, chosen)}
    assert found["ffv1"].video_options(chosen, "drop").quality is None
    assert found["vp9"].video_options(chosen, "drop").quality == 9
    assert found["packed_alpha"].video_options(chosen, "drop").codec == "libx264"
    assert found["matte"].video_options(chosen, "drop").pixel_format == "gray"
    assert found["prores_4444"].video_options(chosen, "drop").sound == "drop"
