from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.engine.pairs import pairs_of


def paths(*names: str, folder: str = "in") -> list[Path]:
    return [Path(folder, name) for name in names]


def named(pairs: list[tuple[Path, Path]]) -> list[tuple[str, str]]:
    return [(frame.name, mask.name) for frame, mask in pairs]


def test_pictures_and_masks_side_by_side() -> None:
    files = paths("a.jpg", "a_mask.png", "b.png", "b_mask001.png", "b_mask002.png")
    assert named(pairs_of(files, files)) == [
        ("a.jpg", "a_mask.png"),
        ("b.png", "b_mask001.png"),
        ("b.png", "b_mask002.png"),
    ]


def test_masks_in_a_folder_of_their_own() -> None:
    masks = paths("a_mask.png", "old_mask.png", folder="masks")
    assert named(pairs_of(paths("a.jpg"), masks)) == [("a.jpg", "a_mask.png")]


def test_a_picture_may_itself_be_called_mask() -> None:
    files = paths("gas_mask.png", "gas_mask_mask.png")
    assert named(pairs_of(files, files)) == [("gas_mask.png", "gas_mask_mask.png")]
    masks = paths("gas_mask.png", folder="masks")
    assert pairs_of(paths("gas_mask.png"), masks) == [], "called like its frame"


def test_masks_called_like_their_frames_are_matched_elsewhere() -> None:
    masks = paths("a.png", "a_mask.png", folder="masks")
    assert pairs_of(paths("a.png", "a_mask.png"), masks) == []
    assert pairs_of(paths("a.png"), paths("b.png", folder="masks")) == []


def test_a_picture_without_a_mask_is_named() -> None:
    files = paths("a.png", "a_mask.png", "b.png")
    with pytest.raises(InputError, match=r"1 pictures in in have no mask: b\.png") as caught:
        pairs_of(files, files)
    assert "call the masks b_mask.png, or b_mask001.png" in caught.value.fix
    with pytest.raises(InputError, match=r"a\.png, b\.png"):
        pairs_of(files[::2], files[::2])
