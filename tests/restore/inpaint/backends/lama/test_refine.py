from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from tiny_lama import some_picture, tiny_generator  # noqa: E402
from torch.nn import functional  # noqa: E402

from multiplane.networks.lama import predict  # noqa: E402
from multiplane.restore.inpaint.backends.lama import refine as module  # noqa: E402
from multiplane.restore.inpaint.backends.lama.refine import (  # noqa: E402
    agree,
    distance,
    level_count,
    refine,
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pictures count as large from 32 px on."""
    monkeypatch.setattr(module, "SMALL_PX", 32)
    yield


def test_how_many_sizes() -> None:
    assert [level_count(side, 4000) for side in (300, 512, 513, 1024, 1025, 4000)] == [
        1, 1, 2, 2, 3, 3,
    ]  # fmt: skip


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("size", [(67, 90), (130, 141), (96, 64)])
def test_the_size_is_kept(size: tuple[int, int]) -> None:
    images, masks = some_picture(*size)
    assert refine(tiny_generator(), images, masks, steps=1).shape == images.shape


def test_small_pictures_are_painted_as_ever() -> None:
    generator = tiny_generator()
    images, masks = some_picture(30, 41)
    with torch.inference_mode():
        plain = predict(generator, images, masks)
    assert torch.equal(refine(generator, images, masks), plain)


def test_fills_agree_better_with_those_of_half_the_size() -> None:
    generator = tiny_generator()
    images, masks = some_picture(64, 96, batch=2)
    low = functional.max_pool2d(masks, 2)
    goal = torch.full((2, 3, 32, 48), 0.5)
    plain = generator(images, masks)

    def far(painted: Any) -> Any:
        return distance(painted, images, masks, goal, low)

    moved = agree(generator, images, masks, goal, steps=15)
    assert (far(moved) < far(plain) - 1e-3).all()
    inside = (functional.avg_pool2d(moved, 2) - goal).abs()[low.expand_as(goal) > 0].mean()
    before = (functional.avg_pool2d(plain, 2) - goal).abs()[low.expand_as(goal) > 0].mean()
    assert inside < before
    assert torch.allclose(agree(generator, images, masks, goal, steps=0), plain, atol=1e-5)


def test_slopes_are_those_of_all_blocks_at_once() -> None:
    _, blocks, tail = module._parts(tiny_generator(blocks=3))
    torch.manual_seed(0)
    features = tuple(torch.randn(1, channels, 6, 8) for channels in (8, 24))
    kept = module._forward(blocks, features)
    last = module._leaves(kept.pop())
    slopes = module._backward(blocks, kept, torch.autograd.grad(tail(last).square().sum(), last))
    leaves = module._leaves(features)
    seen = leaves
    for block in blocks:
        seen = block(seen)
    expected = torch.autograd.grad(tail(seen).square().sum(), leaves)
    assert all(map(torch.allclose, slopes, expected))


@pytest.mark.usefixtures("small")
def test_what_the_hole_holds_does_not_count_and_it_comes_out_twice() -> None:
    generator = tiny_generator()
    images, masks = some_picture(64, 80)
    other = torch.where(masks > 0, 1.0, images)
    first, second = (refine(generator, seen, masks, steps=2) for seen in (images, other))
    assert torch.equal(first, second)


@pytest.mark.usefixtures("small")
def test_half_precision_is_close() -> None:
    generator = tiny_generator()
    images, masks = some_picture(64, 64)
    exact = refine(generator, images, masks, steps=2)
    assert torch.equal(refine(generator, images, masks, torch.float16, steps=2), exact)
    close = refine(generator, images, masks, torch.bfloat16, steps=2)
    assert (close - exact).abs().mean() < 0.02
