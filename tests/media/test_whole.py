from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.media.whole import missing_bytes


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm", "a.avi"])
def test_what_is_missing_is_counted(make_clip, tmp_path: Path, name: str) -> None:
    path = make_clip("a.mkv" if name == "a.webm" else name)
    assert missing_bytes(path) == 0
    data = path.read_bytes()
    path.write_bytes(data[:-300])
    assert missing_bytes(path) == 300
    path.write_bytes(data[: len(data) // 2])
    assert missing_bytes(path) >= 1


@pytest.mark.parametrize("data", [b"", b"x", b"\x1a\x45\xdf\xa3", b"RIFF\xff\xff\xff\xffWAVE",
                                  b"\0\0\0\x01mdat" + bytes(40), b"\0\0\0\0mdat" + bytes(40),
                                  b"\x1a\x45\xdf\xa3" + bytes(90)])  # fmt: skip
def test_what_says_nothing_lacks_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    assert missing_bytes(tmp_path / "a") == 0
