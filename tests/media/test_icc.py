"""RGB profiles: numbers as sRGB and back, held to Little CMS."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from profiles import ADOBE, P3, PROPHOTO, gamma, parametric, rgb_profile, table

from multiplane.media.icc import beyond_us, read_rgb_space, seen_as_srgb
from multiplane.media.inks import srgb_profile

SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
STAR = [round(65535 * (value / 32) ** 2.4) for value in range(33)]
SPACES = {
    "Adobe RGB": rgb_profile(ADOBE, gamma(2.19921875)),
    "ProPhoto": rgb_profile(PROPHOTO, gamma(1.8)),
    "Display P3": rgb_profile(P3, parametric(3, *SRGB_CURVE)),
    "a table": rgb_profile(ADOBE, table(*STAR)),
    "linear": rgb_profile(P3, table()),
    "offset": rgb_profile(ADOBE, parametric(1, 2.2, 0.95, 0.05)),
    "floor": rgb_profile(ADOBE, parametric(2, 2.2, 0.9, 0.05, 0.02)),
    "seven": rgb_profile(ADOBE, parametric(4, *SRGB_CURVE, 0.001, 0.001)),
    "plain power": rgb_profile(PROPHOTO, parametric(0, 2.0)),
}
RAMP = np.stack(np.meshgrid(*[np.linspace(0, 255, 12)] * 3), -1).reshape(-1, 12, 3)
LEVELS = np.rint(RAMP).astype(np.uint8)


def by_little_cms(levels: np.ndarray, icc: bytes) -> np.ndarray:
    source, target = (ImageCms.ImageCmsProfile(io.BytesIO(b)) for b in (icc, srgb_profile()))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    transform = ImageCms.buildTransform(source, target, "RGB", "RGB", intent)
    return np.asarray(transform.apply(Image.fromarray(levels)))


@pytest.mark.parametrize("name", SPACES)
def test_seen_as_little_cms_shows_it(name: str) -> None:
    view = seen_as_srgb(SPACES[name])
    assert view is not None
    seen = view.seen(LEVELS).astype(int)
    assert np.abs(seen - by_little_cms(LEVELS, SPACES[name])).max() <= 1
    assert np.abs(seen - LEVELS).max() > 5


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_there_and_back(name: str, dtype: type) -> None:
    """Within what 8 bits on the way leave: half a level of sRGB, where the space holds it."""
    view = seen_as_srgb(SPACES[name])
    assert view is not None
    greys = (np.linspace(0.1, 1, 200) * np.iinfo(dtype).max).astype(dtype)
    levels = np.repeat(greys[:, None], 3, axis=1)[None]
    back = view.back(view.seen(levels)[0].astype(np.float32))
    step = np.iinfo(dtype).max / 255
    assert np.abs(back - levels[0] / step).max() < 1.2  # the steepest is linear light


@given(st.lists(st.floats(0, 255, width=32), min_size=3, max_size=3))
def test_nothing_is_rounded_on_the_way_back(colour: list[float]) -> None:
    view = seen_as_srgb(SPACES["Display P3"])
    space, srgb = read_rgb_space(SPACES["Display P3"]), read_rgb_space(srgb_profile())
    assert view is not None
    assert space is not None
    assert srgb is not None
    values = np.array([colour], np.float32)
    light = space.light(view.back(values).astype(np.float64) / 255)
    assert np.abs(255 * srgb.values(light) - values).max() < 0.1  # of colorants in five digits


@pytest.mark.parametrize(
    "icc", [b"", srgb_profile(), rgb_profile(((0.43607, 0.22249, 0.01392),
            (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141)), parametric(3, *SRGB_CURVE))],
    ids=["none", "ours", "another sRGB"],
)  # fmt: skip
def test_nothing_to_do(icc: bytes) -> None:
    assert seen_as_srgb(icc) is None
    assert not beyond_us(icc)


GOOD = SPACES["Adobe RGB"]


@pytest.mark.parametrize(
    "icc",
    [
        GOOD[:140], GOOD[:128], GOOD.replace(b"rTRC", b"xTRC"), GOOD.replace(b"curv", b"none"),
        GOOD.replace(b"XYZ \0", b"none\0"), rgb_profile(ADOBE, gamma(2.2), {b"A2B0": b"mft2"}),
        rgb_profile((ADOBE[0],) * 3, gamma(2.2)), rgb_profile(ADOBE, table(9, 5, 0)),
        rgb_profile(ADOBE, table(5, 5)), rgb_profile(ADOBE, table(0, 65535)[:-2]),
        rgb_profile(ADOBE, parametric(9)), rgb_profile(ADOBE, parametric(1, 2.2, 0.0, 0.0)),
        rgb_profile(ADOBE, parametric(0, -1.0)), rgb_profile(ADOBE, parametric(3, 2.2)),
    ],
    ids=["cut", "no tags", "a curve less", "no curves", "no colorants", "tables", "flat", "falling",
         "level", "cut curve", "function 9", "no slope", "pole", "numbers missing"],
)  # fmt: skip
def test_what_is_not_of_that_kind_is_told(icc: bytes) -> None:
    assert read_rgb_space(icc) is None
    assert seen_as_srgb(icc) is None
    assert beyond_us(icc)


def test_grey_and_inks_are_not_ours() -> None:
    assert not beyond_us(GOOD.replace(b"RGB ", b"GRAY"))
    assert seen_as_srgb(GOOD.replace(b"RGB ", b"CMYK")) is None


@given(st.binary(max_size=40), st.integers(0, 900))
def test_damage_never_stops_anything(junk: bytes, at: int) -> None:
    icc = GOOD[:at] + junk + GOOD[at + len(junk) :]
    view = seen_as_srgb(icc)
    if view is not None:
        assert view.seen(LEVELS).shape == LEVELS.shape
        assert np.isfinite(view.back(LEVELS[0].astype(np.float32))).all()
