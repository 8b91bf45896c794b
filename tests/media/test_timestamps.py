from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.timestamps import NAME, Timestamps, read_timestamps, write_timestamps

GOOD = '{"version": 1, "time_base": "1/25", "sound": null, "sound_delay": 0, "frames": []}'


@given(
    st.lists(st.integers(-(2**40), 2**40), max_size=5),
    st.fractions(min_value=Fraction(1, 10**6), max_value=1, max_denominator=10**6),
)
def test_there_and_back(tmp_path_factory, pts: list[int], base: Fraction) -> None:
    folder = tmp_path_factory.mktemp("stamps")
    files = tuple(f"{index:06d}.png" for index in range(len(pts)))
    written = Timestamps(base, files, tuple(pts), "sound.mka" if pts else None, len(pts))
    write_timestamps(folder, written)
    assert read_timestamps(folder) == written


def test_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no timestamps\.json") as caught:
        read_timestamps(tmp_path)
    assert "PngSequenceWriter" in caught.value.fix


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", GOOD.replace("1/25", "0/25"), GOOD.replace("1/25", "1/0"),
        GOOD.replace("1,", "2,", 1), GOOD.replace("null", '"../a"'),
        GOOD.replace("[]", '[["../../a.png", 1]]'), GOOD.replace("[]", '[["a.png", 1.5]]'),
        GOOD.replace("[]", '[["a\\\\b.png", 1]]'), GOOD.replace('"sound"', '"more"'),
    ],
)  # fmt: skip
def test_what_is_no_list(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(DamagedFileError, match=NAME) as caught:
        read_timestamps(tmp_path)
    assert "write the pictures again" in caught.value.fix
    (tmp_path / NAME).write_text(GOOD)
    assert read_timestamps(tmp_path) == Timestamps(Fraction(1, 25), (), ())
