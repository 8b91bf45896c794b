"""Folders of diffusers, looked at before they are loaded: no network is made here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from tiny_pipelines import Maker

from multiplane.core.errors import WeightsError
from multiplane.networks.diffusion.check import check_folder, count_bound, role_of

AGAIN = "download the whole pipeline again"


@pytest.fixture
def folder(tiny: Maker, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny("sd15"), tmp_path / "pipeline"))


def change(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def refused(folder: Path, what: str) -> WeightsError:
    with pytest.raises(WeightsError, match=what) as caught:
        check_folder(folder)
    return caught.value


def test_parts_are_found_with_their_weights(folder: Path) -> None:
    index, parts = check_folder(folder)
    assert index["_class_name"] == "StableDiffusionInpaintPipeline"
    by_name = {part.name: part for part in parts}
    assert set(by_name) == {"unet", "vae", "text_encoder", "tokenizer", "scheduler"}
    unet = by_name["unet"]
    assert (unet.library, unet.kind, unet.variant) == ("diffusers", "UNet2DConditionModel", "")
    assert [path.name for path in unet.weights] == ["diffusion_pytorch_model.safetensors"]
    assert by_name["scheduler"].weights == ()
    _, bare = check_folder(folder, weights=False)
    assert all(part.weights == () for part in bare)


def test_a_checker_is_never_used_whether_there_or_not(folder: Path) -> None:
    change(
        folder / "model_index.json",
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
        feature_extractor=["transformers", "CLIPImageProcessor"],
        requires_safety_checker=True,
    )
    _, parts = check_folder(folder)
    assert not {part.name for part in parts} & {"safety_checker", "feature_extractor"}
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "pytorch_model.bin").write_bytes(b"pickle")
    assert check_folder(folder)[1] == parts


@pytest.mark.parametrize("kind", [None, 7, "os.system", ["a", "b"], "../x"])
def test_a_pipeline_of_ones_own_is_refused(folder: Path, kind: object) -> None:
    change(folder / "model_index.json", _class_name=kind)
    assert refused(folder, "says that the pipeline is").fix == (
        "name a folder whose model_index.json names a pipeline of diffusers"
    )


@pytest.mark.parametrize("library", ["unet_custom", "os", "diffusers_modules", "stable_diffusion"])
def test_modules_of_ones_own_are_refused(folder: Path, library: str) -> None:
    change(folder / "model_index.json", unet=[library, "MyUNet"])
    (folder / "unet" / "unet_custom.py").write_text("raise SystemExit")
    error = refused(folder, "says that unet is MyUNet of")
    assert "code that comes with the weights" in error.why
    assert error.fix == (
        "take the pipeline as it was published for diffusers, without modules of its own"
    )


def test_a_part_that_is_absent_is_told(folder: Path) -> None:
    shutil.rmtree(folder / "vae")
    error = refused(folder, "has no folder vae")
    assert error.fix == "download the whole pipeline again, with vae/"


def test_a_config_that_is_absent_is_told(folder: Path) -> None:
    (folder / "unet" / "config.json").unlink()
    path = folder / "unet" / "config.json"
    assert refused(folder, r"has no config\.json").fix == (
        f"put the config.json that came with the weights at {path}"
    )


def test_pickles_are_not_read(folder: Path) -> None:
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    path.rename(path.with_suffix(".bin"))
    error = refused(folder, r"has no weights as \.safetensors")
    assert error.why == (
        "only safetensors are read, since pickles can run code (pickles here: "
        "diffusion_pytorch_model.bin)"
    )
    assert error.fix == (
        f"put the .safetensors of the same network into {folder / 'unet'}; most repositories have "
        "both"
    )


def test_half_precision_alone_is_taken(folder: Path) -> None:
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    path.rename(path.with_name("diffusion_pytorch_model.fp16.safetensors"))
    part = next(part for part in check_folder(folder)[1] if part.name == "unet")
    assert part.variant == "fp16"


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\xff"])
def test_what_is_no_json_is_told(folder: Path, text: str) -> None:
    (folder / "unet" / "config.json").write_text(text, encoding="latin-1")
    error = refused(folder, r"config\.json is no JSON that can be read")
    assert error.fix == "download config.json of the same pipeline again"


def test_giant_json_is_not_read(folder: Path) -> None:
    (folder / "tokenizer" / "extra.json").write_bytes(b" " * (2**24 + 1))
    assert refused(folder, "is no JSON that can be read").why == "it has more than 16777216 bytes"


@pytest.mark.parametrize(
    "entry",
    [
        {"auto_map": {"AutoModel": "code.Model"}}, {"quantization_config": {"load_in_4bit": True}},
        {"deep": [{"auto_map": {"AutoModel": "code.Model"}}]},
        {"attn_implementation": "someone/kernel"},
    ],
)  # fmt: skip
def test_configs_that_lead_elsewhere_are_refused(folder: Path, entry: dict[str, Any]) -> None:
    change(folder / "text_encoder" / "config.json", **entry)
    error = refused(folder, r"config\.json says")
    assert error.fix == "take the weights as they were published, in fp32, fp16 or bf16"


def test_adapters_are_refused(folder: Path) -> None:
    (folder / "text_encoder" / "adapter_config.json").write_text("{}")
    error = refused(folder, r"has an adapter_config\.json")
    assert error.fix == (
        f"remove it from {folder / 'text_encoder'}; name LoRA files by the option lora instead"
    )


def test_a_giant_schedule_is_not_computed(folder: Path) -> None:
    change(folder / "scheduler" / "scheduler_config.json", num_train_timesteps=10**12)
    error = refused(folder, "says num_train_timesteps: 1000000000000")
    assert error.fix == "take the scheduler_config.json as it was published"


@pytest.mark.parametrize("name", ["unet", "unet/config.json", "tokenizer/vocab.json"])
def test_links_that_lead_out_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    error = refused(folder, f"{name.rpartition('/')[2]} is a link to")
    assert error.fix == f"copy the file itself to {folder / name}"


def test_links_of_the_shared_cache_are_taken(folder: Path, tmp_path: Path) -> None:
    shared = tmp_path / "models--owner--name"
    (shared / "snapshots").mkdir(parents=True)
    (shared / "blobs").mkdir()
    home = Path(shutil.move(folder, shared / "snapshots" / ("a" * 40)))
    weights = home / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(shared / "blobs" / "0")
    weights.symlink_to(Path("../../../blobs/0"))
    assert len(check_folder(home)[1]) == 5


@pytest.mark.parametrize("named", [["model-00001-of-00002.safetensors", "../x"], [], "no map"])
def test_shards_have_to_be_those_that_are_listed(folder: Path, named: Any) -> None:
    here = folder / "text_encoder"
    (here / "model.safetensors").rename(here / "model-00001-of-00002.safetensors")
    told = {str(k): name for k, name in enumerate(named)} if isinstance(named, list) else named
    (here / "model.safetensors.index.json").write_text(json.dumps({"weight_map": told}))
    error = refused(folder, "and the files beside it differ")
    assert error.fix == "download text_encoder/ again, all of it"


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"num_hidden_layers": 10**9}, "num_hidden_layers: 1000000000"),
        ({"deep": [{"transformer_layers_per_block": [1, 10**6]}]}, "layers_per_block: 1000000"),
        ({"num_hidden_layers": 12, "vocab_size": 10**6, "tie_layers": True}, ""),
    ],
)
def test_numbers_of_layers_are_bounded(config: dict[str, Any], told: str) -> None:
    found = count_bound(config, 100)
    assert found.endswith(told)
    assert bool(found) == bool(told)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("tokenizer", "tokenizer"),
        ("text_encoder_2", "text_encoder"),
        ("prior_scheduler", "scheduler"),
        ("prior_image_processor", "image_processor"),
        ("prior_prior", "prior"),
    ],
)
def test_what_a_part_does_is_told_by_its_name(name: str, role: str) -> None:
    assert role_of(name) == role
