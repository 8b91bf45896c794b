from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from multiplane.media import xmp
from multiplane.media.encode import JPEG_XMP_BYTES, Tags, encode
from multiplane.media.images import read_frame, write_frame

FRAME = np.random.default_rng(0).integers(0, 256, (8, 9, 3)).astype(np.uint8)
STATED = {
    "model": "a/b",
    "seed": 7,
    "prompt": 'a <wall> & "gold"\x07\x00\ud800',
    "loras": [{"file": "x.safetensors", "weight": 0.5}],
    "seeds": [1, 2],
    "size": {"width": 3, "height": 4},
    "absent": None,
    "2 odd:key": True,
    "xmp:CreatorTool": "Multiplane",
    "dc:description": "Restored by a machine",
    "Iptc4xmpExt:DigitalSourceType": xmp.GENERATIVE,
}
CAMERA = """<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/'>
 <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
  <rdf:Description rdf:about='uuid:1' xmlns:xmp='http://ns.adobe.com/xap/1.0/'
    xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'
    xmp:Label='a > b' Iptc4xmpExt:DigitalSourceType='digitalCapture' xmp:Rating='5'>
   <xmp:CreatorTool>A camera</xmp:CreatorTool>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end='w'?>"""


def keep(path: Path, packet: bytes) -> Path:
    path.write_bytes(encode(FRAME, "png", Tags(xmp=packet)))
    return path


def test_what_is_stated_is_read_again(tmp_path: Path) -> None:
    (one,) = xmp.read_restorations(keep(tmp_path / "a.png", xmp.build(STATED)))
    assert one == {
        "model": "a/b",
        "seed": "7",
        "prompt": 'a <wall> & "gold"\ufffd\ufffd\ufffd',
        "loras/1/file": "x.safetensors",
        "loras/1/weight": "0.5",
        "seeds/1": "1",
        "seeds/2": "2",
        "size/width": "3",
        "size/height": "4",
        "_2_odd_key": "True",
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("xmp") / "a.png"


@settings(deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_no_text_breaks_a_packet(place: Path, key: str, text: str) -> None:
    packet, note = xmp.merge(xmp.build({"first": text}), {key.replace(":", " "): f"x{text}x"})
    assert note == ""
    first, second = xmp.read_restorations(keep(place, packet))
    (found,) = second.values()
    assert found.startswith("x")
    assert found == f"x{first.get('first', text)}x"


def test_a_packet_keeps_its_bytes_but_for_what_is_no_longer_true() -> None:
    merged, note = xmp.merge(CAMERA.encode(), STATED)
    assert note == ""
    start = merged.index(b"<rdf:Description xmlns:rdf")
    stop = merged.index(b"</rdf:RDF>")
    kept = merged[:start] + merged[stop:]
    assert kept == CAMERA.replace(" Iptc4xmpExt:DigitalSourceType='digitalCapture'", "").encode()
    added = merged[start:stop]
    assert b'rdf:about="uuid:1"' in added
    assert xmp.GENERATIVE.encode() in added
    assert b"Restored by a machine" in added
    assert b"CreatorTool" not in added


def test_an_element_is_replaced_too() -> None:
    first, _ = xmp.merge(b"", {"Iptc4xmpExt:DigitalSourceType": xmp.ALGORITHMIC})
    second, _ = xmp.merge(first, {"Iptc4xmpExt:DigitalSourceType": xmp.GENERATIVE})
    assert second.count(b"<Iptc4xmpExt:DigitalSourceType>") == 1
    assert xmp.GENERATIVE.encode() in second
    assert xmp.ALGORITHMIC.encode() not in second


def test_repairs_add_up(tmp_path: Path) -> None:
    packet = CAMERA.encode()
    for seed in (1, 2, 3):
        packet, note = xmp.merge(packet, {"seed": seed, "xmp:CreatorTool": "Multiplane"})
        assert note == ""
    found = xmp.read_restorations(keep(tmp_path / "a.png", packet))
    assert [one["seed"] for one in found] == ["1", "2", "3"]
    assert packet.count(b"Restorations>") == 2


BOMB = """<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><x>&b;</x></rdf:RDF>"""
FILE = BOMB.replace('"aaaaaaaaaa"', 'SYSTEM "file:///etc/passwd"')


@pytest.mark.parametrize(
    "source",
    [BOMB, FILE, CAMERA[:-60], "<a/>", "no xml", "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/"
     "22-rdf-syntax-ns#'/>", "<a>" * 5000],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out_and_told(source: str) -> None:
    packet, note = xmp.merge(source.encode(), STATED)
    assert packet == xmp.build(STATED)
    assert note == "its XMP cannot be read and was left out"


def test_endless_and_foreign_bytes_are_left_out() -> None:
    assert xmp.merge(CAMERA.encode("utf-16"), STATED)[0] == xmp.build(STATED)
    packet, note = xmp.merge(b"x" * (xmp.MOST_BYTES + 1), STATED)
    assert packet == xmp.build(STATED)
    assert note == "its XMP of 8 MiB was left out"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
def test_every_kind_of_file_holds_it(tmp_path: Path, name: str) -> None:
    packet = xmp.build(STATED)
    kind = {"jpg": "jpeg", "tif": "tiff"}.get(name[2:], name[2:])
    (tmp_path / name).write_bytes(encode(FRAME, kind, Tags(xmp=packet)))
    assert xmp.read_xmp(tmp_path / name) == packet
    with Image.open(tmp_path / name) as image:
        assert image.info["xmp"] == packet
    write_frame(tmp_path / "b.png", read_frame(tmp_path / name), like=tmp_path / name)
    assert xmp.read_xmp(tmp_path / "b.png") == packet


def test_a_picture_without_has_none(tmp_path: Path) -> None:
    write_frame(tmp_path / "a.png", FRAME)
    assert xmp.read_xmp(tmp_path / "a.png") == b""
    assert xmp.read_restorations(tmp_path / "a.png") == []


def test_what_does_not_fit_a_jpeg_is_left_out() -> None:
    data = encode(FRAME, "jpeg", Tags(xmp=b"x" * (JPEG_XMP_BYTES + 1)))
    with Image.open(io.BytesIO(data)) as image:
        assert "xmp" not in image.info
    data = encode(FRAME, "jpeg", Tags(xmp=b"x" * JPEG_XMP_BYTES))
    with Image.open(io.BytesIO(data)) as image:
        assert len(image.info["xmp"]) == JPEG_XMP_BYTES


@pytest.mark.parametrize("stated", [b'tiff:Orientation="6"', b"tiff:Orientation='6'",
                                    b"<tiff:Orientation>6<"])  # fmt: skip
def test_orientation_is_reset(stated: bytes) -> None:
    assert xmp.upright(stated) == stated.replace(b"6", b"1")
