from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.core.arrays import Frame, Mask  # noqa: E402
from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import InputError, WeightsError  # noqa: E402
from multiplane.measure.region import grow  # noqa: E402
from multiplane.restore.inpaint.backend import Gap  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion import (  # noqa: E402
    DiffusionInpainter,
    painter,
)
from multiplane.restore.inpaint.backends.diffusion.painter import RING_PX, with_ring  # noqa: E402
from multiplane.restore.inpaint.diffusion import DiffusionOptions  # noqa: E402
from multiplane.restore.inpaint.propose import Proposer, open_proposer  # noqa: E402

CPU = Compute(device="cpu")
Open = Callable[..., DiffusionInpainter]


@pytest.fixture
def open_backend(tiny: Any) -> Open:
    def opened(
        kind: str = "sd15", inpainting: bool = True, seed: int = 3, **options: Any
    ) -> DiffusionInpainter:
        told = {"model": str(tiny(kind, inpainting)), "steps": 2, "guidance": 1.0} | options
        return DiffusionInpainter(DiffusionOptions(**told), seed, CPU)

    return opened


def test_it_gives_several_answers(open_backend: Open, bricks: Frame, blob: Mask) -> None:
    backend = open_backend()
    assert isinstance(backend, Proposer)
    assert backend.seeded
    assert backend.step_px == 16
    one, two = backend.propose(Gap(bricks, blob, ~blob), [1, 2])
    assert one.by == "diffusion"
    assert one.values.shape == (one.where.sum(), 3)
    assert one.values.dtype == np.float32
    assert 0 <= one.values.min() <= one.values.max() <= 255
    assert (one.values != np.rint(one.values)).any(), "not rounded"
    assert np.abs(one.values - two.values).mean() > 1
    again = backend.propose(Gap(bricks, blob, ~blob), [1, 2])[0]
    assert np.array_equal(again.values, one.values)
    alone = backend.propose(Gap(bricks, blob, ~blob), [1])[0]
    assert np.allclose(alone.values, one.values, atol=0.1)


def test_a_ring_round_the_hole_comes_with_it_but_nobody_else(
    open_backend: Open, bricks: Frame, blob: Mask
) -> None:
    sources = ~blob
    sources[20:40, 90:110] = False
    where = open_backend().propose(Gap(bricks, blob, sources), [1])[0].where
    assert where[blob].all()
    assert np.array_equal(where & ~blob, grow(blob, RING_PX) & ~blob & sources)
    assert (where & ~blob).any()


def test_strips_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    hole = rng.random((150, 90)) < 0.002
    sources = rng.random((150, 90)) < 0.9
    expected = hole | (grow(hole, RING_PX) & sources)
    monkeypatch.setattr(painter, "STRIP_PX", 17)
    found = with_ring(Gap(np.zeros((150, 90, 3), np.uint8), hole, sources))
    assert np.array_equal(found, expected)
    assert hole.any()


def test_it_is_opened_as_any_other(tiny: Any) -> None:
    opened = open_proposer(DiffusionOptions(model=str(tiny())), CPU)
    assert isinstance(opened, DiffusionInpainter)


@pytest.mark.parametrize("kind", ["sd15", "sdxl"])
@pytest.mark.parametrize("inpainting", [True, False])
@pytest.mark.parametrize("strength", [1.0, 0.6])
def test_thin_cracks_are_really_repainted(
    open_backend: Open, bricks: Frame, kind: str, inpainting: bool, strength: float
) -> None:
    crack = np.zeros(bricks.shape[:2], np.bool_)
    crack[np.arange(10, 90), np.arange(10, 90)] = True
    crack[:, 100] = True
    frame = bricks.copy()
    frame[crack] = (255, 0, 255)
    backend = open_backend(kind, inpainting, strength=strength, scheduler="ddim")
    filled = backend.fill(frame, crack, ~crack).frame
    assert np.array_equal(filled[~crack], bricks[~crack])
    # magenta is gone: what was painted lies in the light of the wall
    far = np.abs(filled[crack].astype(float) - (255, 0, 255)).max(axis=1)
    assert (far > 30).mean() > 0.95


def test_what_the_hole_held_does_not_count_unless_it_is_to(
    open_backend: Open, bricks: Frame, blob: Mask
) -> None:
    other = bricks.copy()
    other[blob] = (0, 255, 0)
    for inpainting in (True, False):
        anew = open_backend(inpainting=inpainting)
        assert np.array_equal(
            anew.fill(bricks, blob, ~blob).frame, anew.fill(other, blob, ~blob).frame
        )
        kept = open_backend(inpainting=inpainting, strength=0.5)
        assert (kept.fill(bricks, blob, ~blob).frame != kept.fill(other, blob, ~blob).frame).any()


def test_others_are_hidden_and_stay(open_backend: Open, bricks: Frame, blob: Mask) -> None:
    frame, sources = bricks.copy(), ~blob
    sources[40:56, 96:112] = False
    for inpainting in (True, False):
        backend = open_backend(inpainting=inpainting)
        frame[40:56, 96:112] = (0, 0, 255)
        filled = backend.fill(frame, blob, sources).frame
        assert (filled[40:56, 96:112] == (0, 0, 255)).all()
        frame[40:56, 96:112] = (0, 255, 0)
        assert np.array_equal(backend.fill(frame, blob, sources).frame[blob], filled[blob])


def test_the_picture_that_is_drawn_lies_where_it_was(
    open_backend: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With networks that give back what they are shown, every size and tile gives the picture."""
    y, x = np.mgrid[0:150, 0:210]
    waves = [np.sin(x / 14), np.cos(y / 14), np.sin((x + y) / 20)]
    frame = (128 + 90 * np.stack(waves, -1)).astype(np.uint8)
    hole = np.zeros((150, 210), np.bool_)
    hole[60:100, 20:190] = True
    for how in ({}, {"size_px": 400}, {"size_px": 96, "max_shrink": 1.0, "overlap_px": 32},
                {"size_px": 64, "max_shrink": 2.0, "vae_tile_px": 64}):  # fmt: skip
        backend = open_backend(inpainting=False, strength=0.5, scheduler="ddim", **how)
        inner: Any = backend._painter
        inner._autoencoder._vae = _Colours()
        inner._autoencoder.channels, inner._autoencoder._scale = 3, torch.tensor(1.0)

        class Silent:
            """Says that there is no noise, as there is none."""

            config, dtype = inner._unet.config, torch.float32

            def __call__(self, latents: Any, time: Any, **_: Any) -> Any:
                return (torch.zeros_like(latents),)

        inner._unet = Silent()
        monkeypatch.setattr(
            "multiplane.restore.inpaint.backends.diffusion.sampling.draw_noise",
            lambda chance, shape, device: torch.zeros(len(chance), *shape),
        )
        proposal = backend.propose(Gap(frame, hole, ~hole), [1])[0]
        away = np.abs(proposal.values - frame[proposal.where]).mean()
        moved = np.abs(proposal.values - np.roll(frame, 6, (0, 1))[proposal.where]).mean()
        assert away < 12, how
        assert moved > 2 * away, how


class _Colours:
    """An autoencoder whose latents are mean colours, and whose pixels lie between them."""

    dtype = torch.float32

    def encode(self, pixels: Any) -> Any:
        means = torch.nn.functional.avg_pool2d(pixels, 8)
        mode = type("Posterior", (), {"mode": lambda _: means})()
        return type("Encoded", (), {"latent_dist": mode})()

    def decode(self, latents: Any, return_dict: bool) -> Any:
        assert not return_dict
        return (torch.nn.functional.interpolate(latents, scale_factor=8, mode="bilinear"),)


def test_what_it_did_can_be_written_down(open_backend: Open) -> None:
    told = open_backend(
        prompt="the wall", negative_prompt="paint", guidance=4.5, scheduler="dpm++"
    ).described()
    assert told["model"] == "sd15-inpainting"
    assert len(str(told["fingerprint"])) >= 40
    assert told["loras"] == []
    assert told["prompt"] == "the wall"
    assert told["negative_prompt"] == "paint"
    assert told["guidance"] == 4.5
    assert told["steps"] == 2
    assert told["scheduler"] == "dpm++"
    assert told["scheduler_class"] == "DPMSolverMultistepScheduler"
    assert told["size_px"] == 64
    assert told["precision"] == "float32"
    assert told["way"] == "inpainting network"


def test_notes_come_back_after_they_were_cleared(
    open_backend: Open, bricks: Frame, blob: Mask
) -> None:
    backend = open_backend(prompt="the wall and paint " * 60, offload="model")
    for _ in range(2):
        backend.propose(Gap(bricks, blob, ~blob), [1])
        assert any("too long" in note for note in backend.notes)
        assert any("offload" in note for note in backend.notes)
        assert len(set(backend.notes)) == len(backend.notes)
        backend.notes.clear()


def test_nothing_to_do_and_nothing_to_go_by(open_backend: Open, bricks: Frame) -> None:
    backend = open_backend()
    nothing = np.zeros(bricks.shape[:2], np.bool_)
    proposals = backend.propose(Gap(bricks, nothing, ~nothing), [1, 2])
    assert [len(one.values) for one in proposals] == [0, 0]
    with pytest.raises(InputError, match="covers the whole picture") as caught:
        backend.propose(Gap(bricks, ~nothing, nothing), [1])
    assert "smaller mask" in caught.value.fix


def test_weights_that_are_not_there(tmp_path: Any) -> None:
    with pytest.raises(WeightsError) as caught:
        DiffusionInpainter(DiffusionOptions(model=str(tmp_path / "no")), compute=CPU)
    assert caught.value.fix


def test_another_family_is_driven_by_its_own_pipeline(
    open_backend: Open, bricks: Frame, blob: Mask, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Family:
        step_px, notes = 32, ["painted by others"]

        def __init__(self, *_: Any) -> None: ...

        def paint(self, gap: Gap, where: Mask, seeds: Any) -> Any:
            return [np.full((int(where.sum()), 3), seed, np.float32) for seed in seeds]

        def described(self) -> dict[str, Any]:
            return {"way": "OtherPipeline"}

    load = painter.load_diffusion

    def other(*how: Any) -> Any:
        from dataclasses import replace  # noqa: PLC0415

        return replace(load(*how), unet=False)

    monkeypatch.setattr(painter, "FamilyPainter", Family)
    monkeypatch.setattr(painter, "load_diffusion", other)
    backend = open_backend()
    assert backend.step_px == 32
    assert (backend.propose(Gap(bricks, blob, ~blob), [7, 9])[1].values == 9).all()
    assert backend.notes == ["painted by others"]
    assert backend.described()["way"] == "OtherPipeline"
