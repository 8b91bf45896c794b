"""Schedulers keep what the model was trained with, whatever their own defaults are."""

from __future__ import annotations

import logging
from typing import get_args

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
)

from multiplane.core.errors import ConfigError, WeightsError
from multiplane.networks.diffusion.schedulers import make_scheduler, set_steps
from multiplane.restore.inpaint.diffusion import DiffusionOptions

NAMES = get_args(DiffusionOptions.model_fields["scheduler"].annotation)
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SD15 = SD | {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "skip_prk_steps": True,
    "set_alpha_to_one": False, "steps_offset": 1, "clip_sample": False, "trained_betas": None,
    "prediction_type": "epsilon",
}  # fmt: skip
SD2V = SD | {
    "_class_name": "DDIMScheduler", "clip_sample": False, "prediction_type": "v_prediction",
    "set_alpha_to_one": False, "steps_offset": 1,
}  # fmt: skip
SDXL = SD | {
    "_class_name": "EulerDiscreteScheduler", "timestep_spacing": "leading", "steps_offset": 1,
    "prediction_type": "epsilon", "interpolation_type": "linear", "use_karras_sigmas": False,
}  # fmt: skip
"""As the models publish them."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("config", [SD15, SD2V, SDXL], ids=["sd15", "sd2-v", "sdxl"])
def test_what_was_trained_stays(name: str, config: dict, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "diffusers"):
        made = make_scheduler(name, config)
    assert torch.equal(made.alphas_cumprod, DDIMScheduler(**SD).alphas_cumprod)
    assert made.config.prediction_type == config["prediction_type"]
    assert made.config.steps_offset == 1
    assert not getattr(made.config, "clip_sample", False)
    assert not [line for line in caplog.messages if "not expected" in line]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("config", [SD15, SD2V], ids=["noise", "v"])
def test_one_that_knows_the_answer_arrives_there(name: str, steps: int, config: dict) -> None:
    """With a network that always predicts the true noise, each of them ends at the picture."""
    made = make_scheduler(name, config, steps)
    set_steps(made, steps)
    assert steps <= len(made.timesteps) <= 2 * steps + 1
    assert made.timesteps[0] > 400
    wanted = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4)
    noise = torch.randn(1, 1, 4, 4, generator=torch.manual_seed(0))
    latents = made.add_noise(wanted, noise, made.timesteps[:1])
    chance = {"generator": torch.manual_seed(1)} if name in {"euler-a", "lcm"} else {}
    for t in made.timesteps:
        seen = made.scale_model_input(latents, t)
        share = _share(made.alphas_cumprod, float(t))
        told = (seen - share**0.5 * wanted) / (1 - share) ** 0.5
        if config is SD2V:
            told = share**0.5 * told - (1 - share) ** 0.5 * wanted
        latents = made.step(told, t, latents, **chance, return_dict=False)[0]
    assert (latents - wanted).abs().max() < (0.3 if name == "pndm" else 0.1)


def _share(alphas: torch.Tensor, t: float) -> torch.Tensor:
    """How much of a picture is left at a time between two."""
    one, two = (((1 - alphas[k]) / alphas[k]) ** 0.5 for k in (int(t), min(int(t) + 1, 999)))
    return 1 / (1 + torch.lerp(one, two, t % 1) ** 2)


def test_own_is_what_the_model_came_with() -> None:
    assert type(make_scheduler("own", SD15)) is PNDMScheduler
    made = make_scheduler("own", SDXL)
    assert type(made) is EulerDiscreteScheduler
    assert {key: made.config.get(key, SDXL["_class_name"]) for key in SDXL} == SDXL
    again = make_scheduler("own", DDIMScheduler(**SD, timestep_spacing="trailing"))
    assert type(again) is DDIMScheduler and again.config.timestep_spacing == "trailing"


def test_names_say_what_they_are() -> None:
    karras = make_scheduler("dpm++-karras", SD15).config
    assert karras.use_karras_sigmas and karras.algorithm_type == "dpmsolver++"
    own = dict(DPMSolverMultistepScheduler(**SD, use_karras_sigmas=True).config)
    assert not make_scheduler("dpm++", own).config.use_karras_sigmas
    assert make_scheduler("pndm", SD2V).config.skip_prk_steps


def test_noise_alone_at_the_start_is_kept_or_refused() -> None:
    config = SD2V | {"rescale_betas_zero_snr": True}
    assert make_scheduler("ddim", config).alphas_cumprod[-1] == 0
    with pytest.raises(ConfigError) as caught:
        make_scheduler("heun", config)
    assert "--scheduler own, ddim" in caught.value.fix


def test_too_many_steps_for_a_distilled_model() -> None:
    with pytest.raises(ConfigError, match="at most 50") as caught:
        make_scheduler("lcm", SD15, steps=60)
    assert "--steps 8" in caught.value.fix

    made = make_scheduler("lcm", SD15)
    with pytest.raises(ConfigError, match="takes no 60 steps") as caught:
        set_steps(made, 60)
    assert "fewer --steps" in caught.value.fix


def test_a_name_nobody_knows() -> None:
    with pytest.raises(ConfigError) as caught:
        make_scheduler("magic", SD15)
    assert caught.value.fix == "--scheduler own"


@pytest.mark.parametrize(
    "kind", ["os.system", "StableDiffusionPipeline", "Nothing", "", "deepcopy"]
)
def test_a_config_names_no_other_class(kind: str) -> None:
    with pytest.raises(WeightsError) as caught:
        make_scheduler("own", SD15 | {"_class_name": kind})
    assert "--scheduler ddim" in caught.value.fix


def test_a_config_that_is_wrong() -> None:
    with pytest.raises(WeightsError, match="makes no DDIMScheduler") as caught:
        make_scheduler("ddim", SD15 | {"beta_schedule": "magic"})
    assert "as it was published" in caught.value.fix
