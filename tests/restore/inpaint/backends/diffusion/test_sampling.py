from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
diffusers = pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.core.errors import BackendError  # noqa: E402
from multiplane.hub import pipelines  # noqa: E402
from multiplane.networks.diffusion import Diffusion, load_diffusion  # noqa: E402
from multiplane.networks.diffusion.prompts import encode  # noqa: E402
from multiplane.networks.diffusion.schedulers import make_scheduler  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.sampling import (  # noqa: E402
    Course,
    Scene,
    denoise,
)
from multiplane.restore.inpaint.backends.diffusion.tiles import TiledUnet, divide  # noqa: E402

SCHEDULERS = [
    "own", "ddim", "pndm", "euler", "euler-a", "heun", "dpm++", "dpm++-karras", "unipc", "lcm",
]  # fmt: skip
SHAPE = (8, 12)
SEED = 11


@pytest.fixture(scope="module")
def load(tiny: Any):
    loaded: dict[tuple[str, bool], Diffusion] = {}

    def of(kind: str = "sd15", inpainting: bool = True) -> Diffusion:
        if (kind, inpainting) not in loaded:
            found = pipelines.find(str(tiny(kind, inpainting)))
            loaded[kind, inpainting] = load_diffusion(found, torch.device("cpu"), torch.float32)
        return loaded[kind, inpainting]

    return of


def a_scene(keeps: bool = False) -> Scene:
    torch.manual_seed(5)
    repaint = torch.zeros(1, 1, *SHAPE)
    repaint[..., 2:5, 3:9] = 1
    known, original = torch.randn(1, 4, *SHAPE), torch.randn(1, 4, *SHAPE)
    return Scene(repaint, known, original if keeps else None, np.ones(SHAPE, np.bool_))


def ours(
    diffusion: Diffusion, scene: Scene, name: str, *, steps: int = 4, guidance: float = 3.0,
    strength: float = 1.0, seeds: tuple[int, ...] = (SEED,),
) -> Any:  # fmt: skip
    size = SHAPE[0] * 8, SHAPE[1] * 8
    words = encode(diffusion, "the wall", "paint", guidance > 1, size)
    shown = torch.cat([scene.repaint, scene.known], 1) if diffusion.inpainting else None
    layout = divide(np.ones(SHAPE, np.bool_), SHAPE, 64, 2, 2)
    predict = TiledUnet(diffusion.pipeline.unet, layout, words, guidance, shown)
    scheduler = make_scheduler(name, diffusion.pipeline.scheduler, steps)
    course = Course(scheduler, steps, strength, diffusion.inpainting)
    with torch.inference_mode():
        return denoise(scene, course, predict, seeds)


def theirs(
    diffusion: Diffusion, scene: Scene, name: str, *, steps: int = 4, guidance: float = 3.0,
    strength: float = 1.0,
) -> Any:  # fmt: skip
    """What the pipeline of diffusers makes of the same latents and the same noise."""
    xl = diffusers.StableDiffusionXLInpaintPipeline
    kind = xl if diffusion.xl else diffusers.StableDiffusionInpaintPipeline
    further = {} if diffusion.xl else {"requires_safety_checker": False}
    pipeline = kind(**diffusion.pipeline.components, **further)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.scheduler = make_scheduler(name, diffusion.pipeline.scheduler, steps)
    picture = scene.known if scene.original is None else scene.original
    told = {
        "prompt": "the wall", "negative_prompt": "paint", "image": picture,
        "mask_image": scene.repaint.repeat_interleave(8, 2).repeat_interleave(8, 3),
        "height": SHAPE[0] * 8, "width": SHAPE[1] * 8, "strength": strength,
        "num_inference_steps": steps, "guidance_scale": guidance, "output_type": "latent",
        "generator": torch.Generator().manual_seed(SEED), "return_dict": False,
        "masked_image_latents": scene.known,
    }  # fmt: skip
    return pipeline(**told)[0]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("inpainting", [True, False])
def test_it_is_what_diffusers_makes(load: Any, name: str, inpainting: bool) -> None:
    diffusion, scene = load("sd15", inpainting), a_scene()
    found, expected = ours(diffusion, scene, name), theirs(diffusion, scene, name)
    assert torch.allclose(found, expected, atol=2e-4, rtol=1e-4)
    assert not torch.allclose(found, scene.known, atol=0.1)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("kind", ["sd2", "sdxl"])
@pytest.mark.parametrize(
    "how",
    [{"guidance": 1.0}, {"steps": 1, "guidance": 1.0}, {"strength": 0.5}, {"guidance": 7.5}],
    ids=str,
)
def test_of_the_others_too(load: Any, kind: str, how: dict[str, Any]) -> None:
    scene = a_scene("strength" in how)
    for inpainting in (True, False):
        diffusion = load(kind, inpainting)
        if scene.original is not None and not inpainting:  # there it is one picture
            scene = replace(scene, known=scene.original)
        found = ours(diffusion, scene, "own", **how)
        expected = theirs(diffusion, scene, "own", **how)
        assert torch.allclose(found, expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_an_answer_depends_on_its_own_seed_alone(load: Any, name: str, strength: float) -> None:
    diffusion, scene = load("sd15", name != "heun"), a_scene(strength < 1)
    how = {"strength": strength, "guidance": 2.0, "steps": 2}
    together = ours(diffusion, scene, name, seeds=(4, 9, SEED), **how)
    alone = ours(diffusion, scene, name, seeds=(9,), **how)
    assert torch.allclose(together[1:2], alone, atol=1e-4)
    assert not torch.allclose(together[0], together[1], atol=0.1)
    assert torch.equal(ours(diffusion, scene, name, seeds=(9,), **how), alone)


def test_what_is_known_stays_where_latents_are_blended(load: Any) -> None:
    scene = a_scene()
    found = ours(load("sd15", False), scene, "ddim")
    kept = (scene.repaint == 0).expand_as(found)
    assert torch.equal(found[kept], scene.known[kept])
    assert not torch.isclose(found[~kept], scene.known[~kept]).any()


def test_where_no_tile_is_it_stays_as_it_is_known(load: Any) -> None:
    scene = a_scene()
    covered = np.ones(SHAPE, np.bool_)
    covered[:, 10:] = False
    found = ours(load(), replace(scene, covered=covered), "ddim")
    assert torch.equal(found[..., 10:], scene.known[..., 10:])
    assert torch.equal(found[..., :10], ours(load(), scene, "ddim")[..., :10])


def test_little_strength_keeps_most_of_what_lay_there(load: Any) -> None:
    scene = a_scene(keeps=True)
    far = [
        float((ours(load(), scene, "ddim", steps=10, strength=s, guidance=1.0) - scene.original)
              .abs().mean())
        for s in (0.01, 0.5, 1.0)
    ]  # fmt: skip
    assert far == sorted(far)
    assert far[0] < far[2] / 2


def test_what_is_no_number_is_refused() -> None:
    class Broken:
        init_noise_sigma = 1.0
        order = 1
        timesteps = torch.tensor([9])

        def set_timesteps(self, *_: Any, **__: Any) -> None: ...

        def scale_model_input(self, latents: Any, _: Any) -> Any:
            return latents

        def step(self, said: Any, *_: Any, **__: Any) -> Any:
            return (said * float("nan"),)

    with pytest.raises(BackendError, match="no numbers") as caught:
        denoise(a_scene(), Course(Broken(), 1, 1.0, True), lambda latents, _: latents, [1])
    assert "--precision fp32" in caught.value.fix
