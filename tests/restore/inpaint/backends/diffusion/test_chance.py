from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.restore.inpaint.backends.diffusion.chance import (  # noqa: E402
    draw_noise,
    start_chance,
)

CPU = torch.device("cpu")


def test_each_seed_has_a_stream_of_its_own() -> None:
    together = draw_noise(start_chance([3, 5, 3]), (4, 6, 7), CPU)
    assert together.shape == (3, 4, 6, 7)
    assert together.dtype == torch.float32
    alone = draw_noise(start_chance([5]), (4, 6, 7), CPU)
    assert torch.equal(together[1:2], alone)
    assert torch.equal(together[0], together[2])
    assert not torch.equal(together[0], together[1])
    assert abs(float(together.std()) - 1) < 0.2


def test_streams_go_on() -> None:
    chance = start_chance([3])
    first, second = (draw_noise(chance, (1, 4, 4), CPU) for _ in range(2))
    assert not torch.equal(first, second)


def test_what_others_draw_does_not_count() -> None:
    torch.manual_seed(0)
    first = draw_noise(start_chance([3]), (1, 4, 4), CPU)
    torch.randn(9)
    assert torch.equal(first, draw_noise(start_chance([3]), (1, 4, 4), CPU))
