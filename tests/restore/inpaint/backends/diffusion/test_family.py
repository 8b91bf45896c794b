"""Other families paint the crop they are given, and what they say ends in the notes."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

import numpy as np
import torch
from tiny_diffusion import quiet
from tiny_families import make_flux, make_kandinsky, make_sd3

from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError, ConfigError, WeightsError
from multiplane.hub.pipelines import find
from multiplane.networks.diffusion import load_diffusion
from multiplane.networks.diffusion.loaded import Diffusion, describe
from multiplane.restore.inpaint.backend import Gap
from multiplane.restore.inpaint.backends.diffusion import DiffusionInpainter
from multiplane.restore.inpaint.backends.diffusion import family as module
from multiplane.restore.inpaint.backends.diffusion.family import FamilyPainter
from multiplane.restore.inpaint.diffusion import DiffusionOptions
from multiplane.tensors.memory import Memory

MAKERS: dict[str, Callable[[Path], Any]] = {
    "sd3": make_sd3,
    "flux": make_flux,
    "flux fill": lambda path: make_flux(path, fill=True),
    "kandinsky": make_kandinsky,
}
HOLE = np.zeros((40, 70), np.bool_)
HOLE[12:20, 30:44] = True


def gap(colour: int = 90) -> Gap:
    frame = np.full((*HOLE.shape, 3), colour, np.uint8)
    frame[HOLE] = np.random.default_rng(0).integers(0, 256, (int(HOLE.sum()), 3))
    return Gap(frame, HOLE, ~HOLE)


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            made[name] = MAKERS[name](tmp_path_factory.mktemp("family"))
            made[name].set_progress_bar_config(disable=True)
        return made[name]

    return get


def painter(pipeline: Any, at_once: int = 1, **options: Any) -> FamilyPainter:
    memory = Memory(torch.device("cpu"))
    told = describe(pipeline)
    diffusion = Diffusion(pipeline=pipeline, name="mine", fingerprint="f", memory=memory, **told)
    settings = {"steps": 2, "size_px": 64} | options
    return FamilyPainter(diffusion, DiffusionOptions(**settings), memory, at_once)


@pytest.mark.parametrize("name", MAKERS)
def test_a_seed_says_what_is_painted(pipelines: Callable[[str], Any], name: str) -> None:
    made = painter(pipelines(name), prompt="the wall")
    one, two = made.paint(gap(), HOLE, [1, 2])
    assert one.shape == (HOLE.sum(), 3) and one.dtype == np.float32
    assert one.min() >= 0 and one.max() <= 255 and one.std() > 1
    assert np.array_equal(made.paint(gap(), HOLE, [2])[0], two)
    assert np.abs(one - two).mean() > 1
    assert made.notes == []
    assert made.described()["way"] == type(pipelines(name)).__name__


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sd3", {"strength": 0.6, "negative_prompt": "paint", "guidance": 4}),
        ("flux", {"strength": 0.6, "negative_prompt": "paint", "guidance": 4}),
        ("flux fill", {"prompt": "the wall"}),
    ],
)
def test_seeds_go_through_together_and_give_what_each_gives_alone(
    pipelines: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    options: dict[str, Any],
) -> None:
    pipeline = pipelines(name)
    calls, call = [], type(pipeline).__call__

    def counted(self: Any, *given: Any, **said: Any) -> Any:
        calls.append(len(said["generator"]))
        return call(self, *given, **said)

    alone = painter(pipeline, **options)
    wanted = [alone.paint(gap(), HOLE, [seed])[0] for seed in (5, 9, 2)]
    together = painter(pipeline, at_once=2, **options)
    monkeypatch.setattr(type(pipeline), "__call__", counted)
    found = together.paint(gap(), HOLE, [5, 9, 2])
    assert calls == [2, 1]
    for one, other in zip(found, wanted, strict=True):
        assert np.abs(one - other).max() < 1


@pytest.mark.parametrize("name", MAKERS)
def test_what_lies_in_the_hole_is_not_shown(pipelines: Callable[[str], Any], name: str) -> None:
    """At full strength the answer does not depend on what is to be painted over."""
    made = painter(pipelines(name))
    first = gap()
    other = first.frame.copy()
    other[HOLE] = 0
    one = made.paint(first, HOLE, [1])[0]
    assert np.array_equal(made.paint(Gap(other, HOLE, ~HOLE), HOLE, [1])[0], one)


def test_through_the_whole_backend(
    pipelines: Callable[[str], Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Saved, named by its path, and loaded again."""
    with quiet():
        pipelines("flux fill").save_pretrained(tmp_path, safe_serialization=True)
    capfd.readouterr()
    options = DiffusionOptions(
        model=str(tmp_path), steps=1, size_px=64, guidance=30, prompt="the " * 90
    )
    backend = DiffusionInpainter(options, 7, Compute(device="cpu"))
    proposals = backend.propose(gap(), [7, 8])
    assert [len(one.values) for one in proposals] == [int(one.where.sum()) for one in proposals]
    assert proposals[0].where[HOLE].all()
    filled = backend.fill(*gap())
    assert np.array_equal(filled.frame[~HOLE], gap().frame[~HOLE])
    told = backend.described()
    assert (told["way"], told["guidance"]) == ("FluxFillPipeline", 30)
    assert told["scheduler_class"] == "FlowMatchEulerDiscreteScheduler"
    [note] = backend.notes
    assert note.startswith("the prompt is too long for a text encoder of FluxFillPipeline, which")
    assert "reads 77 tokens; left out: ['the the" in note
    assert capfd.readouterr() == ("", "")


def test_a_pipeline_of_two_is_loaded_as_a_whole(
    pipelines: Callable[[str], Any], tmp_path: Path
) -> None:
    """Kandinsky: the parts of its prior carry its name, one of them prepares pictures."""
    with quiet():
        pipelines("kandinsky").save_pretrained(tmp_path, safe_serialization=True)
    loaded = load_diffusion(find(str(tmp_path)), torch.device("cpu"), torch.float32)
    made = painter(loaded.pipeline)
    wanted = painter(pipelines("kandinsky")).paint(gap(), HOLE, [1])[0]
    assert np.abs(made.paint(gap(), HOLE, [1])[0] - wanted).max() < 1


class Recorder:
    """Stands where a pipeline stands and writes down how it is called."""

    vae_scale_factor = 8
    scheduler = object()
    takes: Mapping[str, Any]

    def __init__(self, act: Callable[..., Any] | None = None) -> None:
        self.said: dict[str, Any] = {}
        self.act = act

    def __init_subclass__(cls) -> None:
        """Every class has a call of its own, which takes what it says it takes."""

        def call(self: Recorder, **said: Any) -> Any:
            return self.answer({**cls.takes, **said})

        kind = inspect.Parameter
        own = [kind(name, kind.KEYWORD_ONLY, default=one) for name, one in cls.takes.items()]
        own.insert(0, kind("self", kind.POSITIONAL_ONLY))
        call.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
        cls.__call__ = call  # type: ignore[attr-defined]

    def answer(self, said: dict[str, Any]) -> Any:
        self.said = said
        if self.act is not None:
            self.act(**said)
        shape = (len(said["generator"]), said["height"], said["width"], 3)
        return type("Output", (), {"images": np.full(shape, 0.5, np.float32)})


PLAIN = dict.fromkeys(
    ("prompt", "image", "mask_image", "height", "width", "num_inference_steps", "generator")
)


class LikeFlux(Recorder):
    takes = PLAIN | {
        "strength": 0.6, "guidance_scale": 7.0, "true_cfg_scale": 1.0, "negative_prompt": None
    }  # fmt: skip


class LikeQwen(Recorder):
    takes = LikeFlux.takes | {"guidance_scale": None, "true_cfg_scale": 4.0}


def like(cls: type[Recorder], act: Callable[..., Any] | None = None, **options: Any) -> tuple:
    """A painter, and what it calls."""
    pipeline = cls(act)
    return painter(pipeline, **options), pipeline


def test_guidance_goes_where_the_family_has_it() -> None:
    made, pipeline = like(LikeFlux, guidance=3.5)
    made.paint(gap(), HOLE, [1])
    assert pipeline.said["guidance_scale"] == 3.5
    assert (pipeline.said["true_cfg_scale"], pipeline.said["negative_prompt"]) == (1.0, None)
    made, pipeline = like(LikeFlux, guidance=3.5, negative_prompt="paint")
    made.paint(gap(), HOLE, [1])
    assert (pipeline.said["true_cfg_scale"], pipeline.said["negative_prompt"]) == (3.5, "paint")
    made, pipeline = like(LikeQwen, guidance=3.5)
    made.paint(gap(), HOLE, [1])
    assert pipeline.said["guidance_scale"] is None
    assert (pipeline.said["true_cfg_scale"], pipeline.said["negative_prompt"]) == (3.5, " ")


def test_sides_are_whole_steps_and_shapes_are_kept() -> None:
    made, pipeline = like(LikeFlux)
    values = made.paint(gap(), HOLE, [1])[0]
    said = pipeline.said
    assert (said["height"], said["width"]) == (48, 96)  # 64 * 64 px of 40 x 70
    assert said["image"].size == said["mask_image"].size == (96, 48)
    assert np.allclose(values, 127.5)
    shown = np.asarray(said["image"])
    assert np.abs(shown.astype(int) - 90).max() <= 1  # the hole is as its surroundings
    share = (np.asarray(said["mask_image"])[:48, :85] == 255).mean()
    assert share == pytest.approx(HOLE.mean(), rel=0.35)


def test_a_part_of_a_step_is_none() -> None:
    made, pipeline = like(LikeFlux, strength=0.2)
    made.paint(gap(), HOLE, [1])
    assert (pipeline.said["num_inference_steps"], pipeline.said["strength"]) == (5, 0.2)
    assert made.notes == ["2 steps at strength 0.2 are none: 5"]


def test_crops_too_large_are_shrunk_and_it_is_said() -> None:
    made, pipeline = like(LikeFlux)
    hole = np.zeros((200, 400), np.bool_)
    hole[50:60, 50:60] = True
    frame = np.zeros((200, 400, 3), np.uint8)
    made.paint(Gap(frame, hole, ~hole), hole, [1])
    assert pipeline.said["height"] * pipeline.said["width"] <= 64 * 64 * 1.5
    [note] = made.notes
    assert "400x200 px was painted 4.4 times smaller" in note and "raise size_px" in note


def test_what_the_library_says_becomes_notes(capfd: pytest.CaptureFixture[str]) -> None:
    def call(**_: Any) -> None:
        logging.getLogger("diffusers.pipelines").warning("mind\n the gap")
        logging.getLogger("transformers").warning("Token indices sequence length is longer")

    made, _ = like(LikeFlux, call)
    made.paint(gap(), HOLE, [1, 2])
    assert made.notes == ["mind the gap"]
    assert capfd.readouterr() == ("", "")


def test_memory_that_falls_short_makes_smaller_pictures() -> None:
    sizes = []

    def call(**said: Any) -> None:
        sizes.append(said["height"] * said["width"])
        if sizes[-1] > 300 * 300:
            raise torch.OutOfMemoryError("out of memory")

    made, _ = like(LikeFlux, call, size_px=512)
    assert made.paint(gap(), HOLE, [1])[0].shape == (HOLE.sum(), 3)
    assert sizes[0] > 2 * sizes[1]
    made.paint(gap(), HOLE, [2])
    assert sizes[2] == sizes[1]
    assert made.notes == ["at most 256 px a side, since memory fell short before"]


def test_memory_that_falls_short_takes_fewer_seeds_first(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def call(**said: Any) -> None:
        tried.append((len(said["generator"]), said["height"] * said["width"] > 300 * 300))
        if len(said["generator"]) > 2 or tried[-1][1]:
            raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(module, "_TOGETHER", {"LikeFlux"})
    made = painter(LikeFlux(call), at_once=4, size_px=512)
    found = made.paint(gap(), HOLE, [1, 2, 3, 4])
    assert len(found) == 4 and all(np.allclose(one, 127.5) for one in found)
    assert tried == [(4, True), (2, True), (1, True), *[(1, False)] * 4]


def test_seeds_of_pipelines_that_nobody_tested_go_one_by_one() -> None:
    seen = []
    made = painter(LikeQwen(lambda **said: seen.append(len(said["generator"]))), at_once=4)
    made.paint(gap(), HOLE, [1, 2, 3])
    assert seen == [1, 1, 1]


def test_foreign_errors_and_pictures_that_are_none() -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("a shape does not fit\nand so on")

    made, _ = like(LikeFlux, fail)
    with pytest.raises(BackendError, match="could not paint 96x48 px") as caught:
        made.paint(gap(), HOLE, [1])
    assert caught.value.why == "RuntimeError: a shape does not fit"
    assert "--backend patchmatch" in caught.value.fix
    assert isinstance(caught.value.__cause__, RuntimeError)

    made, pipeline = like(LikeFlux)
    pipeline.answer = lambda said: type("Output", (), {"images": np.full((1, 48, 96, 3), np.nan)})
    with pytest.raises(BackendError, match="no numbers") as caught:
        made.paint(gap(), HOLE, [1])
    assert "--precision fp32" in caught.value.fix


class Decoder(Recorder):
    takes = PLAIN | {"image_embeds": inspect.Parameter.empty}


class OneSize(Recorder):
    takes = {name: None for name in PLAIN if name not in {"height", "width"}}  # noqa: RUF012


class Control(Recorder):
    takes = PLAIN | {"control_image": None}


@pytest.mark.parametrize(
    ("cls", "told"),
    [
        (Decoder, "wants image_embeds besides"),
        (OneSize, "takes no height, width"),
        (Control, "wants control_image besides"),
    ],
)
def test_pipelines_that_want_more(cls: type[Recorder], told: str) -> None:
    with pytest.raises(WeightsError, match=told) as caught:
        painter(cls())
    assert "sd2-inpainting" in caught.value.fix


def test_schedulers_of_sd_do_not_fit() -> None:
    with pytest.raises(ConfigError, match="'ddim' does not fit LikeFlux") as caught:
        painter(LikeFlux(), scheduler="ddim")
    assert caught.value.fix == "--scheduler own"


def test_options_without_effect_are_named(pipelines: Callable[[str], Any]) -> None:
    made = painter(pipelines("kandinsky"), strength=0.5)
    assert made.notes == ["KandinskyV22InpaintCombinedPipeline knows no strength; it has no effect"]
    fill = painter(pipelines("flux fill"), negative_prompt="paint")
    assert fill.notes == ["FluxFillPipeline knows no negative_prompt; it has no effect"]


@pytest.mark.parametrize(
    ("name", "step"), [("sd3", 16), ("flux", 16), ("flux fill", 16), ("kandinsky", 64)]
)
def test_steps(pipelines: Callable[[str], Any], name: str, step: int) -> None:
    assert module._step(pipelines(name)) == step
