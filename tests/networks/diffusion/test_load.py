"""Folders of diffusers, loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from tiny_pipelines import Maker  # noqa: E402

from multiplane.core.errors import WeightsError  # noqa: E402
from multiplane.hub.pipelines import FoundPipeline, find  # noqa: E402
from multiplane.networks.diffusion import load_diffusion  # noqa: E402

CPU = torch.device("cpu")
KINDS = ["sd15", "sd2", "sdxl"]
SLOW_NUMPY = "ignore:__array__ implementation:DeprecationWarning"
"""The Euler scheduler of diffusers hands numpy a tensor."""


@pytest.fixture
def folder(tiny: Maker, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny("sd15"), tmp_path / "pipeline"))


def change(folder: Path, **entries: object) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def refused(folder: Path, what: str) -> WeightsError:
    with pytest.raises(WeightsError, match=what) as caught:
        load_diffusion(find(str(folder)), CPU, torch.float32)
    return caught.value


def picture(pipeline: object, inpainting: bool) -> np.ndarray:
    shown = {}
    if inpainting:
        shown = {"image": np.full((64, 64, 3), 0.4), "mask_image": np.eye(64)}
    return pipeline(
        prompt="the wall", num_inference_steps=2, height=64, width=64, output_type="np",
        generator=torch.Generator().manual_seed(0), **shown,
    ).images[0]  # fmt: skip


@pytest.mark.parametrize("inpainting", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_says_what_a_pipeline_is(tiny: Maker, kind: str, inpainting: bool) -> None:
    found = find(str(tiny(kind, inpainting)))
    loaded = load_diffusion(found, CPU, torch.float32)
    assert (loaded.unet, loaded.inpainting, loaded.xl) == (True, inpainting, kind == "sdxl")
    assert (loaded.latent_channels, loaded.factor, loaded.size_px) == (4, 8, 64)
    assert (loaded.name, loaded.fingerprint) == (found.name, found.fingerprint)
    assert (loaded.memory.device, loaded.notes) == (CPU, ())


@pytest.mark.filterwarnings(SLOW_NUMPY)
@pytest.mark.parametrize("kind", KINDS)
def test_paints_what_diffusers_own_loader_paints(
    tiny: Maker, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    from diffusers import DiffusionPipeline  # noqa: PLC0415
    from tiny_diffusion import quiet  # noqa: PLC0415

    folder = tiny(kind)
    with quiet():
        theirs = DiffusionPipeline.from_pretrained(str(folder), local_files_only=True)
    theirs.set_progress_bar_config(disable=True)
    wanted = picture(theirs, inpainting=True)
    capfd.readouterr()
    ours = load_diffusion(find(str(folder)), CPU, torch.float32).pipeline
    assert type(ours) is type(theirs)
    assert np.array_equal(picture(ours, inpainting=True), wanted)
    assert wanted.std() > 0.01
    assert capfd.readouterr() == ("", "")


def test_a_checker_that_is_there_is_never_loaded(folder: Path) -> None:
    change(
        folder,
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
        feature_extractor=["transformers", "CLIPImageProcessor"],
        requires_safety_checker=True,
    )
    loaded = load_diffusion(find(str(folder)), CPU, torch.float32)
    assert loaded.pipeline.safety_checker is None
    assert loaded.pipeline.config.requires_safety_checker is False


def test_nothing_is_asked_for_over_a_network(tiny: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", nobody)
    monkeypatch.setattr("socket.getaddrinfo", nobody)
    load_diffusion(find(str(tiny("sdxl"))), CPU, torch.float32)


def test_a_pipeline_that_diffusers_does_not_have_is_told(folder: Path) -> None:
    change(folder, _class_name="NoSuchPipeline")
    error = refused(folder, "names NoSuchPipeline, which is no pipeline of the diffusers")
    assert error.fix == "pip install --upgrade diffusers, or name another model"
    change(folder, _class_name="UNet2DConditionModel")
    assert "which is no pipeline" in refused(folder, "names UNet2DConditionModel").what


def test_an_index_that_forgets_a_part_is_told(folder: Path) -> None:
    path = folder / "model_index.json"
    told = json.loads(path.read_text())
    del told["vae"]
    path.write_text(json.dumps(told))
    error = refused(folder, "lacks vae of a StableDiffusionInpaintPipeline")
    assert error.fix == "download the whole pipeline again"


@pytest.mark.parametrize(
    ("name", "source", "kind"),
    [("scheduler", "unet", "UNet2DConditionModel"), ("unet", "scheduler", "PNDMScheduler")],
)
def test_parts_of_another_kind_are_refused(folder: Path, name: str, source: str, kind: str) -> None:
    change(folder, **{name: ["diffusers", kind]})
    for path in (folder / source).iterdir():
        shutil.copy(path, folder / name)
    error = refused(folder, f"{name} is to be a {kind}, which is no {name}")
    assert error.fix == "take the model_index.json that came with the pipeline"


@pytest.mark.parametrize("size", [-1, 10**6])
def test_a_size_that_nobody_trains_at_is_refused(folder: Path, size: int) -> None:
    path = folder / "unet" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sample_size": size}))
    error = refused(folder, f"says that it was trained at {8 * size} px")
    assert error.fix == "take the config.json of unet and vae as they were published"


def test_a_single_file_wants_configurations(tmp_path: Path) -> None:
    found = FoundPipeline(tmp_path / "one.safetensors", None, "one", "0" * 64)
    with pytest.raises(WeightsError, match="its configurations are not known") as caught:
        load_diffusion(found, CPU, torch.float32)
    assert caught.value.fix == (
        "name a folder of diffusers of the same architecture: config: FOLDER"
    )


def test_offload_without_a_gpu_is_told(tiny: Maker) -> None:
    loaded = load_diffusion(find(str(tiny())), CPU, torch.float32, offload="model")
    assert loaded.notes == ("offload model has no effect: everything runs on the CPU",)
