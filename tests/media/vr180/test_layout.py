from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.media.clip import open_clip
from multiplane.media.vr180.layout import Layout, detect_layout
from multiplane.media.vr180.sidecar import write_sidecar
from multiplane.media.vr180.spherical import Spherical, vr180_boxes


def scene(seed: int, width: int = 128, height: int = 128) -> np.ndarray[Any, Any]:
    """Blobs of all sizes: nothing of one seed looks like another."""
    noise = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for _ in range(40):
        x, y, side = noise.integers(0, width), noise.integers(0, height), noise.integers(4, 24)
        picture[y : y + side, x : x + side] = noise.integers(20, 236, 3)
    return picture.astype(np.uint8)


def eyes() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    left = scene(1)
    return left, np.roll(left, -3, axis=1)


@pytest.fixture
def show(tmp_path: Path) -> Any:
    def make(picture: np.ndarray[Any, Any], name: str = "clip.mkv") -> Any:
        path = tmp_path / name
        with av.open(str(path), "w") as output:
            stream: Any = output.add_stream("ffv1", rate=25)
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "bgr0"
            for _ in range(2):
                output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            output.mux(stream.encode(None))
        return open_clip(path)

    return make


@pytest.mark.parametrize("kind", ["sbs", "over_under", "mono"])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("channels", [(), (3,), (4,)])
def test_join_undoes_split(kind, swapped, channels) -> None:
    frame = np.random.default_rng(0).integers(0, 255, (6, 8, *channels), np.uint8)
    layout = Layout.of(kind, (8, 6), swapped)
    parts = layout.split(frame)
    assert len(parts) == layout.eyes
    assert all(part.shape[1::-1] == layout.eye_size for part in parts)
    np.testing.assert_array_equal(layout.join(parts), frame)
    assert Layout.from_json(layout.to_json()) == layout


def test_the_left_eye_comes_first() -> None:
    frame = np.zeros((4, 8), np.uint8)
    frame[:, 4:] = 1
    assert Layout.of("sbs", (8, 4)).split(frame)[0].max() == 0
    assert Layout.of("sbs", (8, 4), swapped=True).split(frame)[0].min() == 1
    assert np.shares_memory(Layout.of("sbs", (8, 4)).split(frame)[1], frame)


def test_odd_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="width 9 is odd") as caught:
        Layout.of("sbs", (9, 4))
    assert "with the width 8 or 10, or take it as one picture: layout: mono" in caught.value.fix
    with pytest.raises(InputError, match="height 5 is odd"):
        Layout.of("over_under", (9, 5))
    assert Layout.of("mono", (9, 5)).eye_size == (9, 5)
    with pytest.raises(InputError, match="width 7 is odd"):
        Layout.of("sbs", (8, 4)).split(np.zeros((4, 7)))


def test_eyes_that_do_not_belong_together_are_refused() -> None:
    layout = Layout.of("sbs", (8, 4))
    with pytest.raises(InputError, match="wanted 2 of one shape") as caught:
        layout.join([np.zeros((4, 4)), np.zeros((4, 3))])
    assert caught.value.fix == "hand over what split gave, in the same order"
    with pytest.raises(InputError, match="wanted 2"):
        layout.join([np.zeros((4, 4))])


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*Layout.of("sbs", (8, 4)).to_json()]), JUNK) | JUNK)
def test_only_layouts_are_read(raw: object) -> None:
    with pytest.raises(InputError) as caught:
        Layout.from_json(raw)
    assert "split.chunks" in caught.value.fix


def test_an_eye_size_that_is_not_the_half_is_refused() -> None:
    with pytest.raises(InputError):
        Layout.from_json(Layout.of("sbs", (8, 4)).to_json() | {"eye_size": [8, 4]})


def test_halves_that_look_alike_are_eyes(show) -> None:
    layout = detect_layout(show(np.hstack(eyes())))
    assert (layout.kind, layout.projection) == ("sbs", "half_equirect")
    assert "are alike" in layout.reasons[0]
    layout = detect_layout(show(np.vstack(eyes())))
    assert (layout.kind, layout.projection) == ("over_under", "half_equirect")


def test_halves_that_do_not_are_one_picture(show) -> None:
    layout = detect_layout(show(np.hstack([scene(1), scene(2)])))
    assert (layout.kind, layout.projection) == ("mono", "flat")
    assert "are not alike" in layout.reasons[0]
    assert detect_layout(show(scene(3, 160, 90))).kind == "mono"


def test_squeezed_eyes_are_told_of(show) -> None:
    squeezed = np.hstack([eye[:, ::2] for eye in eyes()])
    layout = detect_layout(show(squeezed))
    assert layout.kind == "mono"
    assert "say layout: sbs" in layout.reasons[0]
    assert detect_layout(show(squeezed), "sbs").projection == "flat"


def test_sbs_of_a_picture_that_is_mono_is_refused(show) -> None:
    clip = show(scene(3, 160, 90))
    for kind in ("sbs", "over_under"):
        with pytest.raises(InputError, match="the aspect says mono") as caught:
            detect_layout(clip, kind)
        assert "layout: mono" in caught.value.fix
    assert detect_layout(clip, "mono").kind == "mono"


def test_names_say_it_when_the_picture_can_be_that(show) -> None:
    pair = np.hstack([scene(1), scene(2)])
    layout = detect_layout(show(pair, "a_180_RL.mkv"))
    assert (layout.kind, layout.swapped, layout.projection) == ("sbs", True, "half_equirect")
    assert detect_layout(show(np.vstack(eyes()), "a_TB.mkv")).kind == "over_under"
    layout = detect_layout(show(scene(3, 160, 90), "ici_ou_la.mkv"))
    assert layout.kind == "mono"
    assert "aspect and picture do not" in layout.reasons[0]


@pytest.mark.parametrize("name", ["a_fisheye190_LR.mkv", "a_MKX200_SBS.mkv", "a_RF52.mkv"])
def test_fisheye_is_refused(show, name) -> None:
    clip = show(np.hstack(eyes()), name)
    with pytest.raises(InputError, match="its name says fisheye") as caught:
        detect_layout(clip)
    assert "v360=fisheye:hequirect" in caught.value.fix
    assert "projection: flat" in caught.value.fix
    assert detect_layout(clip, projection="flat").projection == "flat"


def test_eyes_of_a_picture_that_is_turned_are_refused(show) -> None:
    clip = replace(show(np.hstack([scene(1), scene(2)])), rotation=90)
    with pytest.raises(InputError, match="turned by 90 degrees") as caught:
        detect_layout(clip, spherical=vr180_boxes())
    assert caught.value.fix.startswith("write it upright, without rotation")
    assert detect_layout(clip, "mono", spherical=vr180_boxes()).kind == "mono"


def test_boxes_say_it(show) -> None:
    clip = show(np.hstack([scene(1), scene(2)]))
    layout = detect_layout(clip, spherical=vr180_boxes())
    assert (layout.kind, layout.projection) == ("sbs", "half_equirect")
    assert "st3d" in layout.reasons[0]
    assert "sv3d" in layout.reasons[1]
    mono = detect_layout(clip, "mono", spherical=vr180_boxes())
    assert (mono.kind, mono.projection) == ("mono", "flat")


def test_a_sidecar_says_it(show) -> None:
    clip = show(np.hstack([scene(1), scene(2)]))
    write_sidecar(clip.path, vr180_boxes())
    assert detect_layout(clip).kind == "sbs"


def test_a_mesh_is_refused(show) -> None:
    mesh = Spherical(b"", b"", 3, "mesh")
    with pytest.raises(InputError, match="its box mshp") as caught:
        detect_layout(show(np.hstack(eyes())), "sbs", spherical=mesh)
    assert "convert it first" in caught.value.fix


def test_two_whole_spheres_are_refused(show) -> None:
    sphere = Spherical(b"", b"", 1, "equirectangular", bounds=(0, 0, 0, 0))
    clip = show(np.vstack(eyes()))
    with pytest.raises(InputError, match="360 degrees") as caught:
        detect_layout(clip, spherical=sphere)
    assert "in_stereo=tb" in caught.value.fix
    assert detect_layout(clip, projection="flat", spherical=sphere).kind == "over_under"
    alone = dataclasses.replace(sphere, stereo_mode=0)
    assert detect_layout(clip, spherical=alone).projection == "flat"


def test_what_the_user_says_counts(show) -> None:
    clip = show(np.hstack([scene(1), scene(2)]), "a_TB.mkv")
    layout = detect_layout(clip, "sbs", "half_equirect", swapped=True)
    assert (layout.kind, layout.swapped, layout.projection) == ("sbs", True, "half_equirect")
