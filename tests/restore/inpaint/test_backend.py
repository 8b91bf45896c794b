from __future__ import annotations

import importlib
import importlib.util

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.errors import InputError
from multiplane.restore.inpaint.backend import BACKENDS, Inpainter, open_inpainter
from multiplane.restore.inpaint.config import (
    Backend,
    LamaOptions,
    OpenCvOptions,
    PatchMatchOptions,
)
from multiplane.restore.inpaint.diffusion import DiffusionOptions

OPTIONS: dict[str, Backend] = {
    "patchmatch": PatchMatchOptions(rounds=1),
    "patchmatch-small": PatchMatchOptions(rounds=1, max_megapixels=0.01),
    "telea": OpenCvOptions(),
    "navier-stokes": OpenCvOptions(method="navier-stokes"),
    "lama": LamaOptions(),
    "lama-small": LamaOptions(max_megapixels=0.07),
    "lama-refined": LamaOptions(refine=True),
    "diffusion": DiffusionOptions(steps=2, guidance=1.0),
    "diffusion-tiled": DiffusionOptions(
        steps=1, max_shrink=1.0, overlap_px=32, vae_tile_px=64, scheduler="ddim", guidance=2.0
    ),
    "diffusion-blended": DiffusionOptions(steps=1, guidance=1.0, scheduler="ddim"),
}
DIFFUSION = {name for name in OPTIONS if name.startswith("diffusion")}
LEARNT = {name for name in OPTIONS if name.startswith("lama")} | DIFFUSION
"""Of these the weights are chance in the tests: what they paint has no sense."""
CPU = Compute(device="cpu")


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Inpainter]:
    """The backends whose packages are installed, opened."""
    options = dict(OPTIONS)
    if importlib.util.find_spec("torch") is None:
        options = {name: one for name, one in options.items() if name not in LEARNT}
    else:
        lama = importlib.import_module("tiny_lama")
        folder = tmp_path_factory.mktemp("lama") / "big-lama"
        file = lama.save_upstream(folder, lama.tiny_generator())
        for name in LEARNT - DIFFUSION:
            options[name] = options[name].model_copy(update={"model": str(file)})
        tiny = importlib.import_module("tiny_diffusion")
        inpainting, plain = (tmp_path_factory.mktemp(one) for one in ("inpainting", "plain"))
        tiny.save_tiny(inpainting)
        tiny.save_tiny(plain, inpainting=False)
        for name in DIFFUSION:
            model = plain if name == "diffusion-blended" else inpainting
            options[name] = options[name].model_copy(update={"model": str(model)})
    return {name: open_inpainter(one, compute=CPU) for name, one in options.items()}


@pytest.fixture(params=list(OPTIONS))
def name(request: pytest.FixtureRequest, ready: dict[str, Inpainter]) -> str:
    if request.param not in ready:
        pytest.skip("needs pip install 'multiplane[neural]'")
    return str(request.param)


@pytest.fixture
def inpainter(name: str, ready: dict[str, Inpainter]) -> Inpainter:
    return ready[name]


def test_every_backend_has_its_contract_tested() -> None:
    assert {option.kind for option in OPTIONS.values()} == set(BACKENDS)


def test_outside_the_hole_nothing_changes(inpainter: Inpainter, bricks: Frame, blob: Mask) -> None:
    given_frame = bricks.copy()
    filled = inpainter.fill(bricks, blob, ~blob).frame
    assert np.array_equal(bricks, given_frame)
    assert np.array_equal(filled[~blob], bricks[~blob])
    assert filled.dtype == np.uint8


def test_what_the_hole_held_does_not_matter(
    inpainter: Inpainter, bricks: Frame, blob: Mask
) -> None:
    other = bricks.copy()
    other[blob] = (0, 255, 0)
    assert np.array_equal(
        inpainter.fill(bricks, blob, ~blob).frame, inpainter.fill(other, blob, ~blob).frame
    )


def test_what_is_no_source_never_comes_back(
    name: str, inpainter: Inpainter, bricks: Frame, blob: Mask
) -> None:
    frame = bricks.copy()
    frame[40:56, 96:112] = (0, 0, 255)  # somebody else
    sources = ~blob
    sources[40:56, 96:112] = False
    filled = inpainter.fill(frame, blob, sources).frame
    if name in LEARNT:
        frame[40:56, 96:112] = bricks[:16, :16]
        assert np.array_equal(inpainter.fill(frame, blob, sources).frame[blob], filled[blob])
    else:
        assert (filled[blob][:, 2].astype(int) < filled[blob][:, 0].astype(int) + 40).all()


def test_the_same_comes_out_twice(inpainter: Inpainter, bricks: Frame, blob: Mask) -> None:
    first, second = (inpainter.fill(bricks, blob, ~blob) for _ in range(2))
    assert first.by == second.by
    assert np.array_equal(first.frame, second.frame)


def test_an_empty_hole_gives_the_frame_back(inpainter: Inpainter, bricks: Frame) -> None:
    nothing = np.zeros(bricks.shape[:2], np.bool_)
    assert np.array_equal(inpainter.fill(bricks, nothing, ~nothing).frame, bricks)


def test_a_hole_that_covers_all_is_refused(inpainter: Inpainter, bricks: Frame) -> None:
    everything = np.ones(bricks.shape[:2], np.bool_)
    with pytest.raises(InputError, match="covers the whole picture") as caught:
        inpainter.fill(bricks, everything, ~everything)
    assert "smaller --grow-px" in caught.value.fix


@pytest.mark.parametrize("size", [(1, 2), (3, 3), (5, 9), (7, 8), (8, 31), (16, 16)])
def test_tiny_pictures_are_filled(name: str, inpainter: Inpainter, size: tuple[int, int]) -> None:
    frame = np.full((*size, 3), 77, np.uint8)
    hole = np.zeros(size, np.bool_)
    hole[0, -1] = True
    frame[hole] = 255
    filled = inpainter.fill(frame, hole, ~hole).frame
    assert filled.shape == frame.shape
    if name not in LEARNT:
        assert np.abs(filled.astype(int) - 77).max() <= 2


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_mask_leaves_the_rest_alone(ready: dict[str, Inpainter], data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    frame = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    hole = rng.random((height, width)) < data.draw(st.floats(0.0, 0.9))
    hole[data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))] = False
    sources = ~hole & (rng.random((height, width)) < 0.9)
    for inpainter in ready.values():
        if not sources.any():
            continue
        filled = inpainter.fill(frame, hole, sources).frame
        assert np.array_equal(filled[~hole], frame[~hole])


def test_a_foreign_backend_need_not_know_where_networks_run(monkeypatch) -> None:
    def foreign(options: object, seed: int) -> tuple[object, int]:
        return options, seed

    monkeypatch.setattr("multiplane.restore.inpaint.backend.choose", lambda *_: foreign)
    assert open_inpainter(OpenCvOptions(), 5, CPU) == (OpenCvOptions(), 5)
