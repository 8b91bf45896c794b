from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.diffusion.prompts import Words  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.tiles import (  # noqa: E402
    Layout,
    TiledUnet,
    divide,
)

TIME = torch.tensor(500)


class Config(dict):
    """As the configs of diffusers are."""


class Oracle:
    """Says of each latent what depends on it, on what is shown there and on the words alone."""

    dtype = torch.float32

    def __init__(self, **config: Any) -> None:
        self.config = Config(config)
        self.sizes: list[tuple[int, ...]] = []
        self.told: list[dict[str, Any]] = []

    def __call__(self, seen: Any, time: Any, encoder_hidden_states: Any, **told: Any) -> Any:
        self.sizes.append(tuple(seen.shape))
        self.told.append(told)
        led = encoder_hidden_states.mean(dim=(1, 2))[:, None, None, None]
        said = 2 * seen[:, :4] + time / 1000 + led
        if seen.shape[1] > 4:
            said = said + seen[:, 4:5] * seen[:, 5:9]
        return (said,)


def words(led: float = 3.0, without: float | None = None) -> Words:
    def of(value: float) -> dict[str, Any]:
        return {"encoder_hidden_states": torch.full((1, 2, 3), value)}

    return Words(of(led), None if without is None else of(without), "")


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 12), columns=st.integers(1, 12), side=st.integers(1, 6),
    overlap=st.integers(0, 30), seed=st.integers(0, 999),
)  # fmt: skip
def test_every_latent_of_the_hole_is_covered_and_weights_sum_to_one(
    rows: int, columns: int, side: int, overlap: int, seed: int
) -> None:
    unit = 4
    rng = np.random.default_rng(seed)
    hole = np.zeros((rows * unit, columns * unit), np.bool_)
    hole[rng.integers(0, len(hole), 3), rng.integers(0, hole.shape[1], 3)] = True
    layout = divide(hole, hole.shape, side * unit, overlap, unit)
    assert layout.covered[hole].all()
    total = np.zeros(hole.shape)
    net = TiledUnet(Oracle(), layout, words(), 1.0, None)
    for tile in layout.tiles:
        weight = net._weights[tile].numpy()
        assert weight.shape == hole[tile.part].shape
        assert weight.min() >= 0
        assert hole[tile.part].any() or len(layout.tiles) == 1
        assert weight.shape[0] % unit == weight.shape[1] % unit == 0
        total[tile.part] += weight
    assert np.allclose(total[layout.covered], 1, atol=1e-5)
    assert not total[~layout.covered].any()
    assert len({net._weights[tile].shape for tile in layout.tiles}) == 1


def test_only_tiles_that_meet_the_hole_run() -> None:
    hole = np.zeros((64, 64), np.bool_)
    hole[5, 5] = True
    layout = divide(hole, hole.shape, 16, 4, 4)
    assert len(layout.tiles) == 1
    assert not layout.covered[20:].any()
    whole = divide(hole, hole.shape, 64, 4, 4)
    assert whole.covered.all()
    assert divide(hole, (63, 62), 62, 4, 4).covered.all(), "what was added does not count"
    long = np.ones((4, 300), np.bool_)
    assert len(divide(long, long.shape, 64, 4, 4).tiles) > 1, "too long to be painted whole"


@pytest.mark.parametrize("without", [None, 1.0])
def test_tiles_say_what_the_whole_says(without: float | None) -> None:
    torch.manual_seed(0)
    hole = np.ones((24, 40), np.bool_)
    latents, shown = torch.randn(3, 4, 24, 40), torch.randn(1, 5, 24, 40)
    said = []
    for side in (64, 12):
        layout = divide(hole, hole.shape, side, 4, 4)
        oracle = Oracle()
        said.append(TiledUnet(oracle, layout, words(3.0, without), 5.0, shown)(latents, TIME))
        batch = 3 if without is None else 6
        assert {size[0] for size in oracle.sizes} == {batch}
        assert len(oracle.sizes) == len(layout.tiles)
    expected = 2 * latents + 0.5 + shown[:, :1] * shown[:, 1:]
    expected = expected + (3.0 if without is None else 1.0 + 5.0 * (3.0 - 1.0))
    assert torch.allclose(said[0], expected, atol=1e-5)
    assert torch.allclose(said[1], expected, atol=1e-5)


def test_neighbours_turn_into_one_another_smoothly() -> None:
    """Each tile says another constant; what comes of it has no step."""

    class Liar(Oracle):
        def __call__(self, seen: Any, time: Any, **_: Any) -> Any:
            self.sizes.append(seen.shape)
            return (torch.full_like(seen, float(len(self.sizes) % 2)),)

    hole = np.ones((16, 96), np.bool_)
    layout = divide(hole, hole.shape, 32, 16, 4)
    said = TiledUnet(Liar(), layout, words(), 1.0, None)(torch.zeros(1, 4, 16, 96), TIME)
    steps = (said[0, 0, 8, 1:] - said[0, 0, 8, :-1]).abs()
    assert float(said.max() - said.min()) > 0.9
    assert float(steps.max()) < 0.2


def test_arguments_are_repeated_for_the_batch() -> None:
    oracle = Oracle(time_cond_proj_dim=8)
    added = {"text_embeds": torch.ones(1, 5), "time_ids": torch.ones(1, 6)}
    told = Words(
        {"encoder_hidden_states": torch.ones(1, 2, 3), "added_cond_kwargs": added}, None, ""
    )
    hole = np.ones((4, 4), np.bool_)
    net = TiledUnet(oracle, divide(hole, (4, 4), 8, 1, 4), told, 4.0, None)
    net(torch.zeros(3, 4, 4, 4), TIME)
    assert oracle.told[0]["added_cond_kwargs"]["text_embeds"].shape == (3, 5)
    assert oracle.told[0]["added_cond_kwargs"]["time_ids"].shape == (3, 6)
    assert oracle.told[0]["timestep_cond"].shape == (3, 8)


def test_guidance_is_told_as_diffusers_tells_it() -> None:
    from diffusers import StableDiffusionInpaintPipeline  # noqa: PLC0415

    layout = Layout((), 1, np.ones((1, 1), np.bool_))
    found = TiledUnet(Oracle(time_cond_proj_dim=8), layout, words(), 4.0, None)
    embedded = found._embedded(2, torch.zeros(1))["timestep_cond"]
    tell = StableDiffusionInpaintPipeline.get_guidance_scale_embedding
    assert torch.allclose(embedded, tell(None, torch.full((2,), 3.0), 8), atol=1e-4)
