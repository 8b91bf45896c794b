"""Parts of pipelines, loaded: every value from a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from safetensors.torch import load_file, save_file  # noqa: E402
from tiny_pipelines import Maker  # noqa: E402

from multiplane.core.errors import WeightsError  # noqa: E402
from multiplane.networks.diffusion.check import Part, check_folder  # noqa: E402
from multiplane.networks.diffusion.components import class_of, load_part  # noqa: E402

FILES = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
}
networks = pytest.mark.parametrize("name", list(FILES))


@pytest.fixture
def folder(tiny: Maker, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny("sd15"), tmp_path / "pipeline"))


def load(folder: Path, name: str, dtype: object = torch.float32) -> object:
    part = next(part for part in check_folder(folder)[1] if part.name == name)
    return load_part(part, dtype)


def refused(folder: Path, name: str, what: str) -> WeightsError:
    with pytest.raises(WeightsError, match=what) as caught:
        load(folder, name)
    return caught.value


def again(name: str) -> str:
    return f"download {name} again: its config.json and weights have to be of one network"


@networks
def test_values_are_those_of_the_file(folder: Path, name: str, capfd: object) -> None:
    network = load(folder, name)
    held = load_file(folder / name / FILES[name])
    state = {key.removeprefix("text_model."): value for key, value in network.state_dict().items()}
    for key, value in held.items():
        assert torch.equal(state[key.removeprefix("text_model.")], value)
    assert not network.training
    assert not any(value.requires_grad for value in network.parameters())
    assert capfd.readouterr() == ("", "")


@networks
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_values_are_held_in_the_dtype_asked_for(folder: Path, name: str, dtype: object) -> None:
    assert {value.dtype for value in load(folder, name, dtype).parameters()} == {dtype}


@networks
def test_half_precision_alone_is_loaded(folder: Path, name: str) -> None:
    path = folder / name / FILES[name]
    half = {key: value.half() for key, value in load_file(path).items()}
    stem, end = FILES[name].split(".")
    save_file(half, path.with_name(f"{stem}.fp16.{end}"), metadata={"format": "pt"})
    path.unlink()
    network = load(folder, name)
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    assert sum(v.numel() for v in network.parameters()) == sum(v.numel() for v in half.values())


@networks
def test_a_value_that_is_missing_is_not_made_up(folder: Path, name: str) -> None:
    path = folder / name / FILES[name]
    held = load_file(path)
    smallest = min(held, key=lambda key: held[key].numel())
    del held[smallest]
    save_file(held, path, metadata={"format": "pt"})
    error = refused(folder, name, "1 missing: ")
    assert error.why.startswith("what is missing would be random numbers")
    assert error.fix == again(name)


@networks
def test_a_value_too_many_is_told(folder: Path, name: str) -> None:
    path = folder / name / FILES[name]
    save_file(load_file(path) | {"more": torch.zeros(3)}, path, metadata={"format": "pt"})
    assert refused(folder, name, "1 extra: more").fix == again(name)


@networks
def test_another_shape_is_told(folder: Path, name: str) -> None:
    path = folder / name / FILES[name]
    held = load_file(path)
    key = max(held, key=lambda key: held[key].numel())
    held[key] = torch.zeros(held[key].numel() + 1)
    save_file(held, path, metadata={"format": "pt"})
    error = refused(folder, name, "do not fit|cannot be loaded as")
    assert f"download {name} again" in error.fix


@networks
def test_a_file_that_is_cut_off_is_told(folder: Path, name: str) -> None:
    path = folder / name / FILES[name]
    path.write_bytes(path.read_bytes()[:-100])
    assert "download it again" in refused(folder, name, "cannot be read as a checkpoint").fix


@pytest.mark.parametrize(
    ("name", "entry", "what"),
    [
        ("unet", {"block_out_channels": [320, 640]}, "values, and there are"),
        ("unet", {"layers_per_block": 10**8}, "its config says layers_per_block: 100000000"),
        ("text_encoder", {"vocab_size": 10**9}, "values, and there are"),
        ("text_encoder", {"num_hidden_layers": 10**8}, "num_hidden_layers: 100000000"),
    ],
)
def test_a_config_that_declares_a_giant_takes_no_memory(
    folder: Path, name: str, entry: dict[str, object], what: str
) -> None:
    path = folder / name / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entry))
    assert refused(folder, name, what).fix == again(name)


def test_a_config_that_makes_no_network_is_told(folder: Path) -> None:
    path = folder / "unet" / "config.json"
    path.write_text(json.dumps({"block_out_channels": "many"}))
    error = refused(folder, "unet", r"config\.json is not of a UNet2DConditionModel")
    assert error.fix == f"put the config.json that came with the weights into {folder / 'unet'}"


def test_older_text_encoders_are_loaded(folder: Path) -> None:
    path = folder / "text_encoder" / "model.safetensors"
    held = {key.removeprefix("text_model."): value for key, value in load_file(path).items()}
    older = {f"text_model.{key}": value for key, value in held.items()}
    older["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    save_file(older, path, metadata={"format": "pt"})
    network = load(folder, "text_encoder")
    words = torch.tensor([[513, 3, 514]])
    told = network(words).last_hidden_state
    save_file(held, path, metadata={"format": "pt"})
    assert torch.equal(told, load(folder, "text_encoder")(words).last_hidden_state)


def test_weights_in_several_files_are_loaded(folder: Path) -> None:
    from diffusers import UNet2DConditionModel  # noqa: PLC0415

    network = UNet2DConditionModel.from_pretrained(folder / "unet")
    (folder / "unet" / FILES["unet"]).unlink()
    network.save_pretrained(folder / "unet", max_shard_size="300KB")
    part = next(part for part in check_folder(folder)[1] if part.name == "unet")
    assert len(part.weights) > 1
    loaded = load_part(part, torch.float32).state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("library", "kind"),
    [
        ("diffusers", "NoSuchModel"), ("diffusers", "StableDiffusionPipeline"),
        ("transformers", "pipeline"), ("transformers", "CLIPConfig"), ("diffusers", "torch"),
    ],
)  # fmt: skip
def test_what_is_no_part_is_refused(library: str, kind: str) -> None:
    part = Part("unet", library, kind, Path("unet"), network=True)
    with pytest.raises(WeightsError, match=f"is to be a {kind}, which is no network") as caught:
        class_of(part)
    assert caught.value.fix == f"pip install --upgrade {library}, or name another model"


def test_tokenizers_by_their_older_name_are_known() -> None:
    part = Part("tokenizer", "transformers", "CLIPTokenizerFast", Path("tokenizer"))
    assert class_of(part).__name__.startswith("CLIPTokenizer")


def test_a_damaged_tokenizer_is_told(folder: Path) -> None:
    (folder / "tokenizer" / "tokenizer.json").unlink(missing_ok=True)
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.2\nzz yy xx\n")
    (folder / "tokenizer" / "vocab.json").write_text("[1]")
    error = refused(folder, "tokenizer", "cannot be loaded as CLIPTokenizer")
    assert error.fix == "download tokenizer again, all of it"
