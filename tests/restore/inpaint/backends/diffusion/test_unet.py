from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.core.errors import BackendError, ConfigError  # noqa: E402
from multiplane.hub import pipelines  # noqa: E402
from multiplane.networks.diffusion import load_diffusion  # noqa: E402
from multiplane.restore.inpaint.backend import Gap  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.unet import UnetPainter  # noqa: E402
from multiplane.restore.inpaint.diffusion import DiffusionOptions  # noqa: E402
from multiplane.tensors.memory import Memory  # noqa: E402

CPU = torch.device("cpu")
Open = Callable[..., UnetPainter]


@pytest.fixture
def open_painter(tiny: Any) -> Open:
    def opened(
        kind: str = "sd15", inpainting: bool = True, at_once: int = 1, **options: Any
    ) -> UnetPainter:
        found = pipelines.find(str(tiny(kind, inpainting)))
        told = DiffusionOptions(**{"steps": 2, "guidance": 2.0} | options)
        return UnetPainter(load_diffusion(found, CPU, torch.float32), told, Memory(CPU), at_once)

    return opened


def a_gap(height: int = 64, width: int = 96, seed: int = 0) -> Gap:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    hole = np.zeros((height, width), np.bool_)
    hole[height // 4 : height // 2, width // 4 : width // 2] = True
    return Gap(frame, hole, ~hole)


def sizes_of(painter: UnetPainter, most: int = 1 << 30) -> list[tuple[int, ...]]:
    """What its network is given; memory falls short where that is too much."""
    seen: list[tuple[int, ...]] = []

    class Watched:
        dtype, config = painter._unet.dtype, painter._unet.config
        unet = painter._unet

        def __call__(self, latents: Any, *args: Any, **told: Any) -> Any:
            seen.append(tuple(latents.shape))
            if latents[:, 0].numel() > most:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return self.unet(latents, *args, **told)

    painter._unet = Watched()
    return seen


@pytest.mark.parametrize(
    ("kind", "inpainting", "name"),
    [("sd15", True, "own"), ("sd15", False, "euler-a"), ("sd2", True, "lcm"), ("sd2", False, "own"),
     ("sdxl", True, "euler-a"), ("sdxl", False, "own")],
)  # fmt: skip
def test_a_batch_of_seeds_gives_what_each_gives_alone(
    open_painter: Open, kind: str, inpainting: bool, name: str
) -> None:
    gap = a_gap()
    many = open_painter(kind, inpainting, at_once=3, scheduler=name).paint(gap, gap.hole, [5, 8, 5])
    alone = open_painter(kind, inpainting, scheduler=name).paint(gap, gap.hole, [8])[0]
    assert many[1].shape == (gap.hole.sum(), 3)
    assert many[1].dtype == np.float32
    assert np.abs(many[1] - alone).max() < 0.1, "of 255 levels"
    assert np.allclose(many[0], many[2], atol=0.1)
    assert np.abs(many[0] - many[1]).mean() > 1


def test_seeds_go_through_together(open_painter: Open) -> None:
    painter = open_painter(at_once=2)
    sizes = sizes_of(painter)
    painter.paint(a_gap(64, 64), a_gap(64, 64).hole, [1, 2, 3])
    assert sizes == [(4, 9, 8, 8)] * 3 + [(2, 9, 8, 8)] * 3  # PNDM takes one more


def test_guidance_of_one_runs_once_and_one_step_works(open_painter: Open) -> None:
    painter = open_painter(guidance=1.0, steps=1, scheduler="ddim")
    sizes = sizes_of(painter)
    gap = a_gap(64, 64)
    values = painter.paint(gap, gap.hole, [1])[0]
    assert sizes == [(1, 9, 8, 8)]
    assert values.std() > 0


def test_with_too_little_memory_fewer_seeds_and_then_smaller_tiles(open_painter: Open) -> None:
    gap = a_gap(384, 384)
    painter = open_painter(at_once=2, size_px=512, guidance=1.0, steps=1, overlap_px=16)
    sizes_of(painter, 32 * 33)
    found = painter.paint(gap, gap.hole, [1, 2])
    notes = painter._memory.notes
    assert notes == [
        "memory fell short with 2 seeds a batch; went on with 1",
        "memory fell short with 512 px a tile; went on with 256",
    ]
    assert painter.notes == ["tiles of at most 256 px, since memory fell short before"]
    small = open_painter(size_px=512, guidance=1.0, steps=1, overlap_px=16)
    small._tile_px = 256
    assert np.abs(small.paint(gap, gap.hole, [2])[0] - found[1]).max() < 0.1
    sizes_of(painter, 0)
    with pytest.raises(BackendError, match="too small even for 256 px a tile") as caught:
        painter.paint(gap, gap.hole, [1])
    assert "--device cpu" in caught.value.fix


def test_noise_depends_on_the_crop_and_not_on_its_tiles(
    open_painter: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a network that says nothing of its surroundings, tiles are the whole."""
    gap = a_gap(96, 256)
    found = []
    for size_px in (160, 64):
        painter = open_painter(
            inpainting=False, size_px=size_px, max_shrink=1.0, guidance=1.0, overlap_px=32
        )
        sizes: list[tuple[int, ...]] = []

        class Local:
            dtype, config = painter._unet.dtype, painter._unet.config

            def __call__(self, latents: Any, *_: Any, sizes: Any = sizes, **__: Any) -> Any:
                sizes.append(tuple(latents.shape[2:]))
                return (0.3 * latents,)

        painter._unet = Local()
        found.append(painter.paint(gap, gap.hole, [3])[0])
        assert set(sizes) == ({(12, 32)} if size_px == 160 else {sizes[0]})
    assert np.abs(found[0] - found[1]).max() < 0.1


def test_memory_of_the_autoencoder_is_bounded(open_painter: Open) -> None:
    gap = a_gap(192, 192)
    whole = open_painter(size_px=192, guidance=1.0)
    parts = open_painter(size_px=192, guidance=1.0, vae_tile_px=96)
    parts._autoencoder.notes.append("smaller from now on")
    one, two = (painter.paint(gap, gap.hole, [3])[0] for painter in (whole, parts))
    assert parts.notes == ["smaller from now on"]
    assert np.abs(one - two).mean() < one.std()
    assert not np.array_equal(one, two)


def test_what_does_not_fit_the_prompt_is_told(open_painter: Open) -> None:
    painter = open_painter(prompt="the wall and paint " * 60)
    gap = a_gap(64, 64)
    painter.paint(gap, gap.hole, [1])
    assert len(painter.notes) == 1
    assert "too long" in painter.notes[0]


def test_what_has_no_effect_is_told(open_painter: Open) -> None:
    assert open_painter(negative_prompt="paint", steps=4, strength=0.3).notes == []
    painter = open_painter(
        negative_prompt="paint", guidance=1.0, steps=1, strength=0.3, scheduler="ddim"
    )
    assert painter.notes == [
        "1 steps at strength 0.3 are none: 4",
        "the negative prompt has no effect at guidance 1",
    ]
    sizes, gap = sizes_of(painter), a_gap(64, 64)
    values = painter.paint(gap, gap.hole, [1])[0]
    four = open_painter(guidance=1.0, steps=4, strength=0.3, scheduler="ddim")
    assert len(sizes) == 1, "of the four"
    assert np.array_equal(values, four.paint(gap, gap.hole, [1])[0])


def test_a_scheduler_that_cannot_is_told_as_it_is(open_painter: Open) -> None:
    gap = a_gap(64, 64)
    with pytest.raises(ConfigError, match="at most 50 steps") as caught:
        open_painter(scheduler="lcm", steps=60).paint(gap, gap.hole, [1])
    assert "--steps 8" in caught.value.fix


def test_another_failure_is_told(open_painter: Open) -> None:
    painter = open_painter()

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a shape is wrong\nmore")

    fail.dtype, fail.config = painter._unet.dtype, painter._unet.config  # type: ignore[attr-defined]
    painter._unet = fail
    gap = a_gap(64, 64)
    with pytest.raises(BackendError, match="could not paint 64x64 px") as caught:
        painter.paint(gap, gap.hole, [1])
    assert "a shape is wrong (device cpu" in caught.value.why
    assert "--precision fp32" in caught.value.fix


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_half_precision_is_close(tiny: Any, open_painter: Open, precision: torch.dtype) -> None:
    gap = a_gap(64, 64)
    found = pipelines.find(str(tiny("sdxl")))
    options = DiffusionOptions(steps=2, guidance=2.0)
    half = UnetPainter(load_diffusion(found, CPU, precision), options, Memory(CPU), 1)
    values = half.paint(gap, gap.hole, [3])[0]
    exact = open_painter("sdxl").paint(gap, gap.hole, [3])[0]
    assert np.abs(values - exact).mean() < 4
