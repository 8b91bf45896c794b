"""One file with all weights, in the layout of the original Stable Diffusion."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from safetensors.torch import load_file, save_file  # noqa: E402
from tiny_pipelines import Maker  # noqa: E402

from multiplane.core.errors import WeightsError  # noqa: E402
from multiplane.hub.architecture import architecture_of, shapes_of  # noqa: E402
from multiplane.hub.pipelines import find  # noqa: E402
from multiplane.networks.diffusion import load_diffusion  # noqa: E402
from multiplane.networks.diffusion.single import load_single  # noqa: E402

CPU = torch.device("cpu")
KINDS = [("sd15", True), ("sd15", False), ("sd2", True), ("sdxl", True)]
FOLDER = "name the folder of diffusers that the file was made from: config: FOLDER"


@pytest.fixture
def single(tiny_single: Maker, tmp_path: Path) -> Path:
    return Path(shutil.copy(tiny_single("sd15"), tmp_path / "one.safetensors"))


def networks(parts: dict[str, object]) -> dict[str, object]:
    return {name: part for name, part in parts.items() if isinstance(part, torch.nn.Module)}


@pytest.mark.parametrize(("kind", "inpainting"), KINDS)
def test_a_file_gives_what_its_folder_gives(
    tiny: Maker,
    tiny_single: Maker,
    kind: str,
    inpainting: bool,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = tiny(kind, inpainting)
    path = tiny_single(kind, inpainting)
    capfd.readouterr()
    ours = load_diffusion(find(str(path), str(folder)), CPU, torch.float32)
    assert capfd.readouterr() == ("", "")
    theirs = load_diffusion(find(str(folder)), CPU, torch.float32)
    assert type(ours.pipeline) is type(theirs.pipeline)
    assert (ours.inpainting, ours.xl) == (theirs.inpainting, theirs.xl)
    wanted = networks(theirs.pipeline.components)
    assert len(wanted) == (4 if kind == "sdxl" else 3)
    for name, network in networks(ours.pipeline.components).items():
        state = network.state_dict()
        assert state.keys() == wanted[name].state_dict().keys()
        for key, value in wanted[name].state_dict().items():
            assert torch.equal(state[key], value), f"{name} {key}"
        assert not network.training


@pytest.mark.parametrize(("kind", "inpainting"), KINDS)
def test_files_are_told_apart_by_their_names(
    tiny_single: Maker, kind: str, inpainting: bool
) -> None:
    path = tiny_single(kind, inpainting)
    wanted = f"{kind}-inpainting" if inpainting else kind
    assert architecture_of(shapes_of(path), path) == wanted


def test_a_file_paints_what_its_folder_paints(tiny: Maker, single: Path) -> None:
    pictures = []
    for found in (find(str(tiny("sd15"))), find(str(single), str(tiny("sd15")))):
        pipeline = load_diffusion(found, CPU, torch.float32).pipeline
        pictures.append(
            pipeline(
                prompt="paint", image=np.full((64, 64, 3), 0.4), mask_image=np.eye(64),
                num_inference_steps=2, height=64, width=64, output_type="np",
                generator=torch.Generator().manual_seed(0),
            ).images[0]
        )  # fmt: skip
    assert np.array_equal(*pictures)


def test_nothing_is_asked_for_over_a_network(
    tiny: Maker, single: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", nobody)
    monkeypatch.setattr("socket.getaddrinfo", nobody)
    load_single(single, tiny("sd15"), torch.float32)


def test_an_older_archive_is_read_without_running_it(
    tiny: Maker, single: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "one.ckpt"
    torch.save({"state_dict": load_file(single), "global_step": 7}, archive)
    _, parts = load_single(archive, tiny("sd15"), torch.float32)
    _, wanted = load_single(single, tiny("sd15"), torch.float32)
    for name, network in networks(wanted).items():
        state = parts[name].state_dict()
        assert all(torch.equal(state[key], value) for key, value in network.state_dict().items())


def test_an_archive_that_runs_code_is_refused(tiny: Maker, tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            import os  # noqa: PLC0415

            return os.system, ("touch run",)

    archive = tmp_path / "one.ckpt"
    torch.save({"state_dict": Attack()}, archive)
    with pytest.raises(WeightsError, match="would run code") as caught:
        load_single(archive, tiny("sd15"), torch.float32)
    assert caught.value.fix.startswith("do not use this file")
    assert not (Path.cwd() / "run").exists()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_values_are_held_in_the_dtype_asked_for(tiny: Maker, single: Path, dtype: object) -> None:
    _, parts = load_single(single, tiny("sd15"), dtype)
    for network in networks(parts).values():
        assert {value.dtype for value in network.parameters()} == {dtype}


@pytest.mark.parametrize(
    ("start", "name"),
    [
        ("model.diffusion_model.", "unet"), ("first_stage_model.", "vae"),
        ("cond_stage_model.", "text_encoder"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["lacks one", "lacks all", "one too many", "another shape"])
def test_what_does_not_fit_is_told(
    tiny: Maker, single: Path, start: str, name: str, how: str
) -> None:
    held = load_file(single)
    keys = sorted(key for key in held if key.startswith(start))
    if how == "lacks one":
        del held[min(keys, key=lambda key: held[key].numel())]
    elif how == "lacks all":
        held = {key: value for key, value in held.items() if not key.startswith(start)}
    elif how == "one too many":
        held[f"{keys[0].rpartition('.')[0]}.more"] = torch.zeros(3)
    else:
        held[keys[0]] = torch.zeros(held[keys[0]].numel() + 1)
    save_file(held, single)
    what = f"holds no {name}" if how == "lacks all" else f"weights of {name} in .* do not fit"
    with pytest.raises(WeightsError, match=what) as caught:
        load_single(single, tiny("sd15"), torch.float32)
    assert caught.value.fix == (
        "name the folder of diffusers of the same model instead, with model_index.json in it"
        if how == "lacks all"
        else FOLDER
    )


def test_configurations_of_another_network_are_told(tiny: Maker, single: Path) -> None:
    with pytest.raises(WeightsError, match="weights of unet in") as caught:
        load_single(single, tiny("sd15", False), torch.float32)
    assert caught.value.fix == FOLDER


def test_configurations_of_another_family_are_told(
    tiny: Maker, single: Path, tmp_path: Path
) -> None:
    config = shutil.copytree(tiny("sd15"), tmp_path / "config")
    index = json.loads((config / "model_index.json").read_text())
    index["unet"] = ["diffusers", "UNet2DModel"]
    (config / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match="which a single file cannot fill") as caught:
        load_single(single, Path(config), torch.float32)
    assert caught.value.fix == (
        "name the configurations of a Stable Diffusion 1.5, 2 or XL: config: FOLDER"
    )
