from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from multiplane.core.errors import InputError
from multiplane.split.export.parts import read_parts


def test_chunks_as_they_were_left(make_clip) -> None:
    clip = make_clip(chunks=(5, 2))
    layout, parts = read_parts(clip.item)
    assert layout.kind == "sbs"
    assert [(p.first, p.start, p.stop) for p in parts] == [
        (0, 0, 4),
        (2, 4, 7),
        (5, 7, 9),
        (7, 9, 12),
    ]
    assert all(p.alphas.is_file() and p.people.is_file() for p in parts)


def _drop(parts: list[Any]) -> None:
    del parts[1]


def _no_layout(parts: list[Any]) -> None:
    parts[1]["data"]["layout"] = None


def _no_chunk(parts: list[Any]) -> None:
    del parts[0]["data"]["chunk"]


def _two_files(parts: list[Any]) -> None:
    parts[0]["files"]["alphas"] *= 2


def _backwards(parts: list[Any]) -> None:
    parts[0]["data"]["chunk"]["stop"] = 0


def _not_first(parts: list[Any]) -> None:
    del parts[0]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_drop, "after one that ends at 4"),
        (_no_layout, "different layouts"),
        (_no_chunk, "does not say which frames"),
        (_two_files, "wanted one file"),
        (_backwards, "a chunk of frames 0, 0, 0"),
        (_not_first, "a chunk that is not the first"),
        (list.clear, "has no chunks"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    make_clip, spoil: Callable[[list[Any]], None], told: str
) -> None:
    clip = make_clip(chunks=(5, 2))
    parts = list(clip.parts)
    spoil(parts)
    with pytest.raises(InputError, match=told) as caught:
        read_parts(replace(clip.item, data={"parts": parts}))
    assert "alphas: stereo.alphas" in caught.value.fix
