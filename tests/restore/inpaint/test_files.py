from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from multiplane.core.arrays import Frame
from multiplane.core.errors import InputError
from multiplane.media.images import read_frame, write_frame, write_mask
from multiplane.restore.inpaint.config import InpaintOptions
from multiplane.restore.inpaint.files import name_for, one_size, stem_for, write_background


def test_masks_of_another_size_are_all_named(tmp_path: Path, bricks: Frame) -> None:
    frames, masks = [], []
    for n in range(7):
        frames.append(tmp_path / f"f{n}.png")
        masks.append(tmp_path / f"m{n}.png")
        write_frame(frames[-1], bricks)
        write_mask(masks[-1], np.zeros((96, 128 if n == 3 else 100), np.bool_))
    with pytest.raises(InputError, match=r"m0\.png is 100x96.*and 1 more") as caught:
        one_size(frames, {"masks": masks})
    assert "resize these masks" in caught.value.fix
    assert one_size(frames, {"masks": [masks[3]] * 7})
    write_frame(frames[0], bricks[:50])
    assert not one_size(frames, {})


def test_the_format_is_kept_or_chosen() -> None:
    assert name_for(Path("a/b.JPG"), "b", InpaintOptions()) == "b.JPG"
    assert name_for(Path("a/b.JPG"), "b_mask", InpaintOptions(format="png")) == "b_mask.png"


def test_results_are_called_like_the_frame_or_a_mask_named_after_it() -> None:
    frame = Path("a/b.jpg")
    assert stem_for(frame, Path("m/b.png")) == "b"
    assert stem_for(frame, Path("m/logo.png")) == "b"
    assert stem_for(frame, Path("a/b_mask002.png")) == "b_mask002"


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_quality_decides_the_size(tmp_path: Path, bricks: Frame, suffix: str) -> None:
    sizes = []
    for quality in (20, 90):
        path = tmp_path / f"{quality}.{suffix}"
        write_background(path, bricks, None, InpaintOptions(quality=quality))
        sizes.append(path.stat().st_size)
    assert sizes[0] < sizes[1]


def test_exif_goes_with_the_picture(tmp_path: Path, bricks: Frame) -> None:
    source, out = tmp_path / "in.jpg", tmp_path / "out.jpg"
    exif = Image.Exif()
    exif[0x010F] = "maker"
    Image.fromarray(bricks).save(source, exif=exif.tobytes())
    write_background(out, bricks, source, InpaintOptions(quality=80))
    with Image.open(out) as picture:
        assert picture.getexif()[0x010F] == "maker"


def test_png_is_exact(tmp_path: Path, bricks: Frame) -> None:
    write_background(tmp_path / "a.png", bricks, None, InpaintOptions(quality=50))
    assert np.array_equal(read_frame(tmp_path / "a.png"), bricks)
