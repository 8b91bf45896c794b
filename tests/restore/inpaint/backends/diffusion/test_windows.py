from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.core.errors import BackendError  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.size import Axis, Size  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.windows import Autoencoder, Seen  # noqa: E402
from multiplane.tensors.memory import Memory  # noqa: E402
from multiplane.tensors.tiles import Tile  # noqa: E402

CPU = torch.device("cpu")


class Config(dict):
    __getattr__ = dict.__getitem__


class Means:
    """An autoencoder whose latents are the mean colours of their pixels: nothing else."""

    dtype = torch.float32

    def __init__(self, most_px: int = 1 << 30, light: bool = False, **config: Any) -> None:
        told = {"block_out_channels": (1,) * 4, "latent_channels": 3, "scaling_factor": 2.0}
        self.config = Config(told | config)
        self.most_px, self.light = most_px, light
        self.sizes: list[tuple[int, ...]] = []

    def _note(self, height: int, width: int) -> None:
        self.sizes.append((height, width))
        if height * width > self.most_px:
            raise torch.OutOfMemoryError("CUDA out of memory")

    def encode(self, pixels: Any) -> Any:
        self._note(*pixels.shape[2:])
        means = torch.nn.functional.avg_pool2d(pixels, 8)
        mode = type("Posterior", (), {"mode": lambda _: means})()
        return type("Encoded", (), {"latent_dist": mode})()

    def decode(self, latents: Any, return_dict: bool) -> Any:
        assert not return_dict
        self._note(latents.shape[2] * 8, latents.shape[3] * 8)
        large = latents.repeat_interleave(8, 2).repeat_interleave(8, 3)
        # an own light in every window, as norms over all of it give
        return (large + (0.1 * (len(self.sizes) % 2) if self.light else 0.0),)


def a_size(height: int, width: int) -> Size:
    return Size(Axis(height, height, height), Axis(width, width, width))


def autoencoder(vae: Any, tile_px: int) -> Autoencoder:
    return Autoencoder(vae, Memory(CPU), tile_px)


@pytest.mark.parametrize("tile_px", [0, 64, 88])
def test_windows_give_what_the_whole_gives(tile_px: int) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (96, 160, 3)).astype(np.float32)
    wanted = np.ones((12, 20), np.bool_)
    coder = autoencoder(Means(), tile_px)
    latents = coder.encode(lambda tile: picture[tile.part], (96, 160), wanted)
    means = picture.reshape(12, 8, 20, 8, 3).mean(axis=(1, 3)) / 127.5 - 1
    assert latents.shape == (1, 3, 12, 20)
    assert np.allclose(latents[0].permute(1, 2, 0), 2 * means, atol=1e-5)
    where = rng.random((96, 160)) < 0.2
    both = coder.decode(torch.cat([latents, -latents]), where, a_size(96, 160), wanted)
    large = (means.repeat(8, 0).repeat(8, 1))[where]
    assert np.allclose(both[0], (large + 1) * 127.5, atol=0.01)
    assert np.allclose(both[1], (1 - large) * 127.5, atol=0.01)


def test_no_seam_where_windows_differ_in_light() -> None:
    coder = autoencoder(Means(light=True), 64)
    wanted = np.ones((8, 40), np.bool_)
    where = np.zeros((64, 320), np.bool_)
    where[30] = True
    found = coder.decode(torch.zeros(1, 3, 8, 40), where, a_size(64, 320), wanted)[0][:, 0]
    assert found.max() - found.min() > 10
    assert np.abs(np.diff(found)).max() < 3


def test_only_windows_that_are_wanted_run() -> None:
    vae = Means()
    looked: list[Tile] = []

    def look(tile: Tile) -> Any:
        looked.append(tile)
        return np.zeros((tile.bottom - tile.top, tile.right - tile.left, 3), np.float32)

    wanted = np.zeros((100, 100), np.bool_)
    wanted[50, 3] = True
    latents = autoencoder(vae, 64).encode(look, (800, 800), wanted)
    assert 1 <= len(looked) <= 4
    assert all(size == (64, 64) for size in vae.sizes)
    assert not latents[..., 60:].any()


def test_latents_are_scaled_as_the_config_says() -> None:
    vae = Means(scaling_factor=0.5, latents_mean=[1.0, 2.0, 3.0], latents_std=[1.0, 2.0, 4.0])
    coder = autoencoder(vae, 0)
    wanted = np.ones((1, 1), np.bool_)
    white = np.full((8, 8, 3), 255, np.float32)
    latents = coder.encode(lambda _: white, (8, 8), wanted)
    assert torch.allclose(latents.flatten(), torch.tensor([0.0, -0.25, -0.25]))
    back = coder.decode(latents, np.ones((8, 8), np.bool_), a_size(8, 8), wanted)[0]
    assert np.allclose(back, 255)
    shifted = autoencoder(Means(shift_factor=0.5), 0)
    assert torch.allclose(shifted.encode(lambda _: white, (8, 8), wanted), torch.tensor(1.0))


def test_with_too_little_memory_windows_become_smaller() -> None:
    memory = Memory(CPU)
    vae = Means(most_px=300 * 300)
    coder = Autoencoder(vae, memory, 0)
    grey = np.ones((64, 128), np.bool_)

    def look(tile: Tile) -> Any:
        return np.full((tile.bottom - tile.top, tile.right - tile.left, 3), 90, np.float32)

    latents = coder.encode(look, (512, 1024), grey)
    assert torch.allclose(latents, latents[..., :1, :1])
    assert memory.notes[-1].endswith("went on with 256")
    assert coder.notes == ["windows of at most 256 px, since memory fell short before"]
    vae.sizes.clear()
    coder.encode(look, (512, 1024), grey)
    assert max(vae.sizes) <= (256, 256), "what proved too much is not tried again"
    with pytest.raises(BackendError, match="too small even for 256 px a window") as caught:
        Autoencoder(Means(most_px=0), memory, 0).encode(look, (512, 1024), grey)
    assert "--max-vram-gb" in caught.value.fix


class Spreading(Means):
    """Shows in every pixel what all of a window holds, as its attention does; falls short."""

    def decode(self, latents: Any, return_dict: bool) -> Any:
        (large,) = super().decode(latents, return_dict)
        return (large + large.mean(dim=(2, 3), keepdim=True),)


@pytest.mark.parametrize("short", ["encode", "decode"])
def test_windows_that_became_smaller_look_at_nothing_unknown(short: str) -> None:
    """Memory falls short only once it is settled which latents are encoded."""
    vae, painted = Spreading(), (800, 1280)
    coder = autoencoder(vae, 640)

    def look(tile: Tile) -> Any:
        return np.full((tile.bottom - tile.top, tile.right - tile.left, 3), 160, np.float32)

    where = np.zeros(painted, np.bool_)
    where[240:256, 720:736] = True
    wanted = where.reshape(100, 8, 160, 8).any(axis=(1, 3))
    needed = np.zeros_like(wanted)
    for tile in coder.windows(painted, wanted)[0]:
        needed[tile.part] = True
    assert not needed.all()
    if short == "encode":
        vae.most_px = 500 * 500
    latents = coder.encode(look, painted, needed)
    vae.most_px = 500 * 500
    latents[:, :, ~needed] = 50.0  # whatever lies there is not known
    found = coder.decode(latents, where, a_size(*painted), wanted, Seen(look, needed))[0]
    smaller = coder.windows(painted, wanted)[0]
    assert any(not needed[tile.part].all() for tile in smaller), "the case is there"
    assert np.allclose(found, (2 * (160 / 127.5 - 1) + 1) * 127.5, atol=0.01)


def test_what_is_no_number_is_refused() -> None:
    nothing = torch.full((1, 3, 1, 1), float("nan"))
    with pytest.raises(BackendError, match="no numbers") as caught:
        autoencoder(Means(), 0).decode(
            nothing, np.ones((8, 8), np.bool_), a_size(8, 8), np.ones((1, 1), np.bool_)
        )
    assert caught.value.fix == "--precision fp32"
