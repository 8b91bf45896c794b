from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from multiplane.media import colour as colour_module
from multiplane.media.colour import Colour, FromRgb, ToRgb, colour_for, colour_of

PATCHES = np.array(
    [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128),
     (200, 120, 40), (30, 90, 180)], np.uint8,
)  # fmt: skip
WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def patches() -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.repeat(np.repeat(PATCHES[None], 16, axis=1), 16, axis=0)


def formula(rgb: Any, matrix: int, full: bool) -> np.ndarray[Any, Any]:
    red, green, blue = rgb / 255
    kr, kb = WEIGHTS[matrix]
    y = kr * red + (1 - kr - kb) * green + kb * blue
    u, v = (blue - y) / (2 - 2 * kb), (red - y) / (2 - 2 * kr)
    if full:
        return np.array([255 * y, 128 + 255 * u, 128 + 255 * v])
    return np.array([16 + 219 * y, 128 + 224 * u, 128 + 224 * v])


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_the_textbook_formula(matrix: int, full: bool) -> None:
    frame = FromRgb(Colour(matrix, full_range=full), "yuv444p")(patches())
    planes = frame.to_ndarray()[:, 8, 8::16].astype(float)
    for index, rgb in enumerate(PATCHES):
        wanted = np.clip(formula(rgb, matrix, full), 0, 255)
        assert np.abs(planes[:, index] - wanted).max() <= 1.5
    assert frame.colorspace == matrix
    assert frame.color_range == (ColorRange.JPEG if full else ColorRange.MPEG)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv444p10le"])
def test_there_and_back(matrix: int, full: bool, pixel_format: str) -> None:
    colour = Colour(matrix, full_range=full)
    frame = FromRgb(colour, pixel_format)(patches())
    back = ToRgb(colour, (frame.width, frame.height))(frame)
    assert np.abs(back[8, 8::16].astype(int) - PATCHES).max() <= 3


def test_no_drift_in_brightness() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (64, 1, 3))
    colour = Colour(1)
    frame = FromRgb(colour, "yuv420p")(ramp)
    first = frame.to_ndarray()[:64].astype(int)
    for _ in range(5):
        frame = FromRgb(colour, "yuv420p")(ToRgb(colour, (256, 64))(frame))
    assert abs((frame.to_ndarray()[:64].astype(int) - first).mean()) < 0.02


def test_untagged_video_is_taken_as_players_do() -> None:
    assert colour_of(av.VideoFrame(1280, 720, "yuv420p")).matrix == 1
    assert colour_of(av.VideoFrame(640, 480, "yuv420p")).matrix == 6
    assert colour_for((1920, 1080)) == Colour(1, 1, 1)
    assert colour_for((640, 480)) == Colour(6, 6, 6)


def test_tags_are_believed() -> None:
    frame = av.VideoFrame(64, 48, "yuv420p")
    frame.colorspace, frame.color_range, frame.color_trc, frame.color_primaries = 9, 2, 16, 9
    found = colour_of(frame)
    assert found == Colour(9, 9, 16, full_range=True)
    assert found.hdr == "PQ"
    assert colour_of(av.VideoFrame(64, 48, "yuvj420p")).full_range


def test_exact_formats_are_exact() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype(np.uint8)
    for pixel_format in ("bgr0", "rgb24", "gbrp"):
        frame = FromRgb(Colour(1), pixel_format)(noise)
        assert np.array_equal(ToRgb(Colour(1), (48, 32))(frame), noise)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv420p10le", "nv12", "bgr0"])
@pytest.mark.parametrize("size", [(64, 200), (47, 133)])
def test_bands_are_as_the_whole(
    monkeypatch: pytest.MonkeyPatch, pixel_format: str, size: tuple[int, int]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3)).astype(np.uint8)
    frame = FromRgb(Colour(1), pixel_format)(noise)
    whole = ToRgb(Colour(1), size)(frame)
    monkeypatch.setattr(colour_module, "_BAND", 64 * 40)
    assert np.array_equal(ToRgb(Colour(1), size)(frame), whole)


def test_the_caller_may_reuse_its_array() -> None:
    array = np.full((16, 16, 3), 200, np.uint8)
    for pixel_format in ("yuv420p", "rgb24"):
        frame = FromRgb(Colour(1), pixel_format)(array)
        before = frame.to_ndarray().copy()
        array[:] = 0
        assert np.array_equal(frame.to_ndarray(), before)
        array[:] = 200


def test_a_frame_of_another_size_is_scaled(caplog: pytest.LogCaptureFixture) -> None:
    source = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, np.uint8), format="rgb24")
    coded = VideoReformatter().reformat(source, format="yuv420p", dst_colorspace=Colorspace.ITU709)
    to_rgb = ToRgb(Colour(1), (64, 48))
    assert to_rgb(coded).shape == (48, 64, 3)
    assert "scaled to the first size" in caplog.text
