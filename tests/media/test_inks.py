from __future__ import annotations

import io
import itertools
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from multiplane.media import inks
from multiplane.media.images import read_frame
from multiplane.media.levels import read_levels, write_levels


def test_the_profile_is_the_same_each_time() -> None:
    first = inks.srgb_profile()
    inks.srgb_profile.cache_clear()
    assert inks.srgb_profile() == first
    assert first[24:36] == bytes.fromhex("07d000010001000000000000")
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(first)))


def test_inks_without_a_profile_are_complements() -> None:
    image = Image.new("CMYK", (2, 2), (255, 0, 0, 0))
    assert inks.transform_of(image) is None
    assert inks.to_srgb(image).getpixel((0, 0)) == (0, 255, 255)


@pytest.mark.parametrize(("lab", "rgb"), [((255, 0, 0), (255, 255, 255)), ((0, 0, 0), (0, 0, 0)),
                                          ((138, 81, 70), (255, 0, 0))])  # fmt: skip
def test_lab_follows_its_definition(lab: tuple[int, int, int], rgb: tuple[int, int, int]) -> None:
    image = Image.new("LAB", (2, 2))
    image.frombytes(bytes(lab) * 4)  # as TIFF codes them: a* and b* with a sign
    found = np.array(inks.to_srgb(image).getpixel((0, 0)))
    assert np.abs(found - rgb).max() <= 6


def press() -> bytes:
    """A press with muted inks, as an ICC profile of version 2 with one table of 8 bits."""
    inked = {0: (140, 91, 78), 1: (122, 202, 125), 2: (227, 123, 221), 3: (41, 128, 128)}
    table = bytearray()
    for mix in itertools.product((0, 1), repeat=4):
        used = [inked[n] for n, on in enumerate(mix) if on]
        lab = np.array([255, 128, 128]) + sum(np.array(u) - (255, 128, 128) for u in used)
        table += bytes(np.clip(lab, 0, 255).astype(np.uint8))
    even = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    lut += struct.pack(">9i", *(65536 if n in {0, 4, 8} else 0 for n in range(9)))
    lut += even * 4 + bytes(table) + even * 3
    words = b"desc" + bytes(4) + struct.pack(">I", 6) + b"Press\0" + bytes(78)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    body, entries = bytearray(), bytearray(struct.pack(">I", 4))
    for name, data in ((b"desc", words), (b"wtpt", white), (b"A2B0", lut),
                       (b"cprt", b"text" + bytes(4) + b"none\0")):  # fmt: skip
        entries += name + struct.pack(">II", 128 + 4 + 48 + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = 128 + len(entries) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"test", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + bytes(entries) + bytes(body)


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.jpg"), ("TIFF", "a.tif")])
def test_inks_with_a_profile_follow_it(tmp_path: Path, kind: str, name: str) -> None:
    Image.new("CMYK", (16, 16), (255, 0, 0, 0)).save(tmp_path / name, kind, icc_profile=press())
    found = read_levels(tmp_path / name)
    red, green, blue = found.levels[8, 8]
    assert red < 60  # this cyan is out of reach of sRGB, or nearly
    assert 120 < green < 170  # the plain rule says 255
    assert 180 < blue < 235
    assert np.array_equal(read_frame(tmp_path / name), found.levels)
    assert found.notes == ("converted from CMYK to sRGB through its profile Press",)
    write_levels(tmp_path / "b.png", found.levels, like=found)
    with Image.open(tmp_path / "b.png") as image:
        assert image.info["icc_profile"] == inks.srgb_profile()


def test_a_profile_for_something_else_is_not_followed() -> None:
    image = Image.new("CMYK", (2, 2))
    image.info["icc_profile"] = press()[:16] + b"RGB " + press()[20:]
    assert inks.transform_of(image) is None
    image.info["icc_profile"] = press()[:400]  # cut off
    assert inks.transform_of(image) is None
