from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError, MultiplaneError
from multiplane.media.vr180 import sidecar
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.sidecar import read_sidecar, sidecar_of, write_sidecar
from multiplane.media.vr180.spherical import Spherical, vr180_boxes

MADE = vr180_boxes()


def test_boxes_come_back(tmp_path: Path) -> None:
    layout = Layout.of("sbs", (128, 64), projection="half_equirect")
    place = write_sidecar(tmp_path / "matte.mov", MADE, layout)
    assert place == tmp_path / "matte.mov.spherical.json" == sidecar_of(tmp_path / "matte.mov")
    assert read_sidecar(tmp_path / "matte.mov") == read_sidecar(place) == MADE
    told = json.loads(place.read_text())
    assert told["says"]["stereo"] == "sbs"
    assert told["says"]["empty_share"] == {"top": 0, "bottom": 0, "left": 0.25, "right": 0.25}
    assert Layout.from_json(told["layout"]) == layout
    assert "inject_spherical('OUT.mp4', read_sidecar('matte.mov'))" in told["how"]


def test_one_of_them_is_enough_and_so_is_a_folder(tmp_path: Path) -> None:
    only = Spherical.read(MADE.st3d, b"")
    (tmp_path / "pictures").mkdir()
    write_sidecar(tmp_path / "pictures", only)
    assert read_sidecar(tmp_path / "pictures") == only
    assert read_sidecar(tmp_path / "others") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "no sidecar of version 1"),
        ('{"version": 2}', "no sidecar of version 1"),
        ('{"version": 1}', "has no st3d in base64"),
        ('{"version": 1, "st3d": "", "sv3d": "é"}', "sv3d that is no base64"),
        ('{"version": 1, "st3d": "A", "sv3d": ""}', "st3d that is no base64"),
    ],
)
def test_what_is_no_sidecar_is_refused(tmp_path: Path, text: str, told: str) -> None:
    place = sidecar_of(tmp_path / "a.mov")
    place.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told) as caught:
        read_sidecar(tmp_path / "a.mov")
    assert f"rm '{place}'" in caught.value.fix


def test_huge_sidecars_are_not_read(tmp_path: Path, monkeypatch) -> None:
    place = write_sidecar(tmp_path / "a.mov", MADE)
    monkeypatch.setattr(sidecar, "_MAX_FILE", 100)
    with pytest.raises(InputError, match="wanted at most 100"):
        read_sidecar(place)


@given(st.binary(max_size=60), st.sampled_from(["st3d", "sv3d"]))
def test_any_bytes_in_it_are_checked(tmp_path_factory, raw: bytes, which: str) -> None:
    path = tmp_path_factory.mktemp("any") / "a.mov"
    boxes = {"st3d": MADE.st3d, "sv3d": MADE.sv3d, which: raw}
    write_sidecar(path, Spherical(boxes["st3d"], boxes["sv3d"], 2, "equirectangular"))
    try:
        assert getattr(read_sidecar(path), which) == raw
    except MultiplaneError as error:
        assert error.fix
