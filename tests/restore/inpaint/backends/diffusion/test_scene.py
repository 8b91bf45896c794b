from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.restore.inpaint.backend import Gap  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.scene import Kind, prepare  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.size import find_size  # noqa: E402
from multiplane.tensors.tiles import Tile  # noqa: E402


class Looking:
    """An autoencoder that keeps what it is shown: the colours of the pixel in each corner."""

    factor = 8

    def __init__(self) -> None:
        self.shown: list[Any] = []
        self.wanted: list[Any] = []

    def windows(self, painted: tuple[int, int], wanted: Any) -> tuple[list[Tile], int]:
        assert wanted.any()
        return [Tile(0, 0, painted[0] // 8, painted[1] // 16)], 1

    def encode(self, look: Any, painted: tuple[int, int], wanted: Any) -> Any:
        picture = look(Tile(0, 0, *painted))
        self.shown.append(picture)
        self.wanted.append(wanted)
        return torch.from_numpy(picture[::8, ::8]).permute(2, 0, 1)[None]


def a_gap() -> Gap:
    frame = np.full((64, 128, 3), 200, np.uint8)
    hole, sources = np.zeros((64, 128), np.bool_), np.ones((64, 128), np.bool_)
    hole[20, 5:60] = True  # a crack of one pixel
    frame[hole] = (255, 0, 0)
    sources[40:50, 10:20] = False  # somebody
    frame[40:50, 10:20] = (0, 255, 0)
    return Gap(frame, hole, sources & ~hole)


def prepared(inpainting: bool, keeps: bool, side: int = 16) -> tuple[Any, Looking]:
    gap, looking = a_gap(), Looking()
    size = find_size((64, 128), 90, 1, 32)
    kind = Kind(inpainting, keeps, 4, 2)
    return prepare(gap, gap.hole, size, side, looking, kind), looking  # type: ignore[arg-type]


def test_a_crack_of_one_pixel_is_repainted() -> None:
    ready, _ = prepared(inpainting=True, keeps=False)
    repaint = ready.scene.repaint[0, 0].numpy() > 0
    expected = np.zeros((8, 16), np.bool_)
    expected[2, 0:8] = True  # the crack
    expected[5:7, 1:3] = True  # somebody
    assert np.array_equal(repaint, expected)
    crack = torch.zeros(1, 1, 64, 128)
    crack[..., 20, 5:60] = 1
    nearest = torch.nn.functional.interpolate(crack, size=(8, 16))
    assert not nearest.any(), "as diffusers does it the crack is lost"


def test_inpainting_networks_are_shown_grey_where_nothing_is_known() -> None:
    ready, looking = prepared(inpainting=True, keeps=False)
    gap = a_gap()
    unknown = gap.hole | ~gap.sources
    (picture,) = looking.shown
    assert (picture[unknown] == 127.5).all()
    assert (picture[~unknown] == 200).all()
    assert ready.scene.original is None
    assert ready.wanted[2, :8].all()
    assert ready.wanted.sum() == 8


def test_others_are_shown_what_is_around() -> None:
    _, looking = prepared(inpainting=False, keeps=False)
    assert np.abs(looking.shown[0] - 200).max() < 0.01


def test_what_lies_in_the_hole_is_kept_when_asked_for_but_nobody_else() -> None:
    ready, looking = prepared(inpainting=False, keeps=True)
    gap = a_gap()
    assert (looking.shown[1][gap.hole] == (255, 0, 0)).all()
    assert np.abs(looking.shown[1][40:50, 10:20] - 200).max() < 0.01
    assert ready.scene.original is not None


def test_only_what_tiles_and_windows_need_is_encoded() -> None:
    ready, looking = prepared(inpainting=True, keeps=False, side=4)
    assert not ready.layout.covered[:, 12:].any()
    needed = looking.wanted[0]
    assert np.array_equal(needed[:, 8:], ready.layout.covered[:, 8:])
    assert needed[:, :8].all(), "what a window shows is known to its end"
