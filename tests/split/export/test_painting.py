from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.media.clip import open_clip
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.packed import Packer
from multiplane.media.writer import VideoWriter
from multiplane.split.export.band_colour import band_colour
from multiplane.split.export.composite import Composed, Composing, Still
from multiplane.split.export.config import ExportOptions, Format
from multiplane.split.export.formats import KINDS, Target, plan_targets
from multiplane.split.export.painting import painting_of
from multiplane.split.export.sinks import open_sink

EYE = 320
BEHIND = (43, 230, 64)
VIDEOS = [name for name in KINDS if name != "png"]


def layout(eye: int = EYE, kind: str = "sbs", swapped: bool = False) -> Layout:
    size = (eye, 2 * eye) if kind == "over_under" else (2 * eye, eye)
    return Layout.of(kind, size, swapped, "half_equirect")  # type: ignore[arg-type]


def composed(own: Layout, shift: int = 0, **how: object) -> Composed:
    """Two people, one at the seam; windows of one eye lie over each other before they are one."""
    width, height = own.size
    rng = np.random.default_rng(shift)
    frame = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3)).astype(np.uint8)
    frame = cv2.resize(frame, own.size, interpolation=cv2.INTER_CUBIC)
    alpha = np.zeros((height, width), np.uint8)
    for place in ((30 + shift, 40), (width // 2 + 10, 70), (width - 6, 10 + shift)):
        cv2.circle(alpha, place, 12, 255, -1)
    alpha = np.asarray(cv2.blur(alpha, (5, 5)), np.uint8)
    return Composed(Still(frame), alpha, Composing(own, BEHIND, **how))  # type: ignore[arg-type]


def expected(target: Target, one: Composed) -> np.ndarray:
    """The same, made of whole frames."""
    colour = one.frame
    if one.how.decontaminate:
        colour = np.zeros_like(one.frame)
        split = one.how.layout.split
        for eye, alpha, out in zip(split(one.frame), split(one.alpha), split(colour), strict=True):
            band_colour(eye, alpha, one.how.extend_px, out)
    shows = target.kind.shows
    if shows == "packed":
        assert one.how.packer
        eyes = (*one.how.layout.split(colour), *one.how.layout.split(one.alpha))
        return one.how.packer.pack(*eyes)
    share = one.alpha[..., None].astype(np.uint32)
    mixed = (colour * share + np.array(BEHIND, np.uint32) * (255 - share) + 127) // 255
    whole = {
        "matte": one.alpha,
        "cutout": np.dstack([colour, one.alpha]),
        "screen": mixed.astype(np.uint8),
    }[shows]
    if target.eye:
        return np.ascontiguousarray(one.how.layout.split(whole)[target.eye == "right"])
    return whole


def targets(own: Layout, *formats: Format, eyes: str = "together") -> list[Target]:
    options = ExportOptions(formats=formats, eyes=eyes)  # type: ignore[arg-type]
    return plan_targets("a.mp4", own, options)


@pytest.mark.parametrize("decontaminate", [True, False])
@pytest.mark.parametrize("eyes", ["together", "separate"])
@pytest.mark.parametrize(
    "own",
    [layout(), layout(swapped=True), layout(kind="over_under"), layout(97), layout(63)],
    ids=["sbs", "swapped", "over_under", "odd", "odd and small"],
)
def test_windows_make_the_picture_that_whole_frames_do(
    own: Layout, eyes: str, decontaminate: bool
) -> None:
    one = composed(own, decontaminate=decontaminate)
    for target in targets(own, "ffv1", "greenscreen_h264", "matte", eyes=eyes):
        painting = painting_of(target, one)
        assert np.array_equal(painting.whole(), expected(target, one))
        for window, _ in painting.windows:
            for side, most in zip(window, target.size[::-1], strict=True):
                assert side.start % 2 == 0
                assert side.stop % 2 == 0 or side.stop == most


def test_only_where_people_are_is_looked_at() -> None:
    one, own = composed(layout()), layout()
    (target,) = targets(own, "greenscreen_h264")
    painting = painting_of(target, one)
    covered = sum(picture.shape[0] * picture.shape[1] for _, picture in painting.windows)
    assert 0 < covered < 0.7 * own.size[0] * own.size[1]
    assert "frame" not in vars(one)
    assert painting.all_of_it is None
    empty = Composed(one.source, np.zeros_like(one.alpha), one.how)
    assert painting_of(target, empty).windows == []
    assert (painting_of(target, empty).whole() == BEHIND).all()


def test_packed_alpha_is_black_outside_of_its_windows() -> None:
    eye = 2 * EYE
    own = layout(eye)
    one = composed(own, packer=Packer((eye, eye), 190))
    one.alpha[:, eye - 64 :] = 0  # one person is left, in the left eye
    (target,) = targets(own, "packed_alpha")
    painting = painting_of(target, one)
    assert np.array_equal(painting.whole(), expected(target, one))
    assert painting.all_of_it is None
    assert len(painting.windows) > 1  # the eye's, and its alpha's


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_of_windows_is_that_of_whole_frames(
    make_source, tmp_path: Path, name: Format
) -> None:
    """To the byte, the frames that are painted in turn included."""
    own, like = layout(), open_clip(make_source(times=9))
    packer = Packer((EYE, EYE), 190) if name == "packed_alpha" else None
    options = ExportOptions(formats=(name,), speed="ultrafast", encoder="cpu")
    (target,) = plan_targets("a.mp4", own, options)
    windowed, whole = (tmp_path / f"{word}{target.kind.suffix}" for word in ("windows", "whole"))
    with (
        open_sink(target, windowed, like, options, "drop") as sink,
        VideoWriter(whole, target.size, like, target.video_options(options, "drop")) as writer,
    ):
        for frame in like.coded_frames():
            one = composed(own, 7 * frame.index, packer=packer)
            sink.write(frame, one)
            writer.write(expected(target, one), frame.pts)
    assert windowed.read_bytes() == whole.read_bytes()
