from __future__ import annotations

import json
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
transformers = pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from safetensors.torch import load_file, save_file  # noqa: E402
from tiny_vitmatte import make_vitmatte  # noqa: E402
from transformers.utils import logging as library_logging  # noqa: E402

from multiplane.core.errors import MissingDependencyError, WeightsError  # noqa: E402
from multiplane.networks.pretrained import load_pretrained, load_processor  # noqa: E402

VitMatte = transformers.VitMatteForImageMatting
ViT = transformers.ViTForImageClassification


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Path:
    return make_vitmatte(tmp_path_factory.mktemp("models") / "vitmatte")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "vitmatte"))


def make_vit(folder: Path) -> Path:
    config = transformers.ViTConfig(
        image_size=8, patch_size=4, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8,
    )  # fmt: skip
    ViT(config).save_pretrained(folder)
    return folder


def change(folder: Path, how: Callable[[dict], object]) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path)
    how(weights)
    save_file(weights, path, metadata={"format": "pt"})


def configure(folder: Path, **words: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **words}))


def test_every_value_is_the_files(whole: Path) -> None:
    model = load_pretrained(VitMatte, whole)
    held = load_file(whole / "model.safetensors")
    loaded = model.state_dict()
    assert set(held) == set(loaded)
    assert all(torch.equal(held[key], loaded[key]) for key in held)
    assert not model.training
    assert all(not part.training for part in model.modules())
    assert {value.device.type for value in model.parameters()} == {"cpu"}


def test_half_precision_is_loaded_as_float32(folder: Path) -> None:
    def halve(weights: dict) -> None:
        for key, value in weights.items():
            weights[key] = value.half() if value.is_floating_point() else value

    change(folder, halve)
    configure(folder, dtype="float16")
    model = load_pretrained(VitMatte, folder)
    assert {value.dtype for value in model.parameters()} == {torch.float32}


def test_shards_are_read(whole: Path, tmp_path: Path) -> None:
    library_logging.disable_progress_bar()
    load_pretrained(VitMatte, whole).save_pretrained(tmp_path / "parts", max_shard_size="40KB")
    assert not (tmp_path / "parts/model.safetensors").exists()
    model = load_pretrained(VitMatte, tmp_path / "parts")
    held = load_file(whole / "model.safetensors")
    assert all(torch.equal(held[key], value) for key, value in model.state_dict().items())


def test_nothing_is_said_and_the_library_is_left_as_it_was(folder: Path, capfd, caplog) -> None:
    library_logging.set_verbosity_info()
    library_logging.enable_progress_bar()
    try:
        load_pretrained(VitMatte, folder)
        change(folder, lambda weights: weights.pop("decoder.matting_head.matting_convs.3.bias"))
        with pytest.raises(WeightsError):
            load_pretrained(VitMatte, folder)
        assert library_logging.get_verbosity() == library_logging.INFO
        assert library_logging.is_progress_bar_enabled()
    finally:
        library_logging.set_verbosity_warning()
        library_logging.disable_progress_bar()
    told = capfd.readouterr()
    assert (told.out, told.err, caplog.records) == ("", "", [])


def test_names_that_the_library_changed_are_known_and_extras_can_be_named(tmp_path: Path) -> None:
    folder = make_vit(tmp_path / "vit")
    held = load_file(folder / "model.safetensors")
    model = load_pretrained(ViT, folder)
    assert set(held) != set(model.state_dict()), "this class has its keys renamed as it loads"
    assert sorted(v.sum().item() for v in held.values()) == sorted(
        v.sum().item() for v in model.state_dict().values()
    )
    change(folder, lambda weights: weights.update({"teacher.weight": torch.zeros(2, 8)}))
    with pytest.raises(WeightsError, match=r"1 extra: teacher\.weight"):
        load_pretrained(ViT, folder)
    load_pretrained(ViT, folder, ignore_extra=("student.", "teacher."))


def test_what_the_library_would_fill_with_random_numbers_is_refused(tmp_path: Path) -> None:
    folder = make_vit(tmp_path / "vit")
    change(folder, lambda weights: weights.pop("classifier.bias"))
    with pytest.raises(WeightsError, match=r"1 missing: classifier\.bias"):
        load_pretrained(ViT, folder)


def test_missing_extra_and_differing_are_told_apart_and_counted(folder: Path) -> None:
    def spoil(weights: dict) -> None:
        head = "decoder.matting_head.matting_convs"
        for part in ("weight", "bias", "running_mean", "running_var"):
            del weights[f"{head}.1.{part}"]
        weights["teacher.weight"] = torch.zeros(1)
        weights[f"{head}.3.weight"] = torch.zeros(2, 16, 1, 1)

    change(folder, spoil)
    with pytest.raises(WeightsError) as caught:
        load_pretrained(VitMatte, folder)
    what = caught.value.what
    assert "do not fit VitMatteForImageMatting" in what
    assert "4 missing: decoder.matting_head.matting_convs.1.bias, " in what
    assert "and 1 more; 1 extra: teacher.weight; 1 of another shape: " in what
    assert "3.weight 2x16x1x1 in the file, 1x16x1x1 in the network" in what
    assert "random numbers" in caught.value.why
    assert f"config.json and model.safetensors of one network into {folder}" in caught.value.fix


def test_a_config_that_declares_a_giant_takes_no_memory(folder: Path) -> None:
    configure(folder, fusion_hidden_sizes=[8, 8, 8, 2**31])  # 2^36 values and more
    with pytest.raises(WeightsError, match=r"4 in the file, 2147483648 in the network"):
        load_pretrained(VitMatte, folder)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def declare_too_much(path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode())


@pytest.mark.parametrize(
    "spoil",
    [
        cut,
        declare_too_much,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(struct.pack("<Q", 2**60) + b"{}"),
        lambda path: path.write_bytes(pickle.dumps({"w": 1})),
    ],
    ids=["truncated", "declares too much", "empty", "long header", "a pickle"],
)
def test_damaged_weights_are_refused(folder: Path, spoil: Callable[[Path], object]) -> None:
    spoil(folder / "model.safetensors")
    with pytest.raises(WeightsError, match="cannot be loaded as VitMatteForImageMatting") as caught:
        load_pretrained(VitMatte, folder)
    assert "model.safetensors of one network into" in caught.value.fix
    assert caught.value.__cause__ is not None


def test_pickles_are_not_even_opened(folder: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "executed",))

    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(WeightsError, match=r"has no model\.safetensors") as caught:
        load_pretrained(VitMatte, folder)
    assert "pickles can run code (pickles here: pytorch_model.bin)" in caught.value.why
    assert f"at {folder / 'model.safetensors'}" in caught.value.fix
    assert not (tmp_path / "executed").exists()


def test_a_folder_without_config_says_which_file_is_missing(folder: Path) -> None:
    (folder / "config.json").unlink()
    with pytest.raises(WeightsError, match=r"has no config\.json") as caught:
        load_pretrained(VitMatte, folder)
    assert f"at {folder / 'config.json'}" in caught.value.fix


def test_a_folder_that_is_not_there_is_not_looked_for_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is no folder") as caught:
        load_pretrained(VitMatte, tmp_path / "nowhere")
    assert caught.value.fix == "name the folder that holds config.json and model.safetensors"


@pytest.mark.parametrize("text", ["{", "", "\xff", "[" * 100_000])
def test_a_config_that_is_no_json_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(WeightsError, match=r"config\.json is no JSON") as caught:
        load_pretrained(VitMatte, folder)
    assert "models pull" in caught.value.fix


@pytest.mark.parametrize("text", ["[]", "{}", "3"])
def test_a_config_without_a_type_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(WeightsError, match="names no model_type, wanted 'vitmatte'"):
        load_pretrained(VitMatte, folder)


def test_a_config_of_another_network_is_refused(folder: Path) -> None:
    with pytest.raises(WeightsError, match="'vitdet', 'vitmatte', wanted 'vit'") as caught:
        load_pretrained(ViT, folder)
    assert caught.value.fix == "name a folder with a vit network (see: multiplane models list)"


@pytest.mark.parametrize(
    "words",
    [
        {"transformers_weights": "../other.safetensors"},
        {"quantization_config": {"quant_method": "gptq"}},
        {"configuration_files": ["config.9.json"]},
        {"attn_implementation": "somebody/kernels"},
    ],
    ids=lambda words: next(iter(words)),
)
def test_a_config_that_leads_elsewhere_is_refused(folder: Path, words: dict) -> None:
    configure(folder, **words)
    with pytest.raises(WeightsError, match=next(iter(words))) as caught:
        load_pretrained(VitMatte, folder)
    assert "remove it from the file" in caught.value.fix


def test_an_adapter_is_refused(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "some/where"}')
    with pytest.raises(WeightsError, match=r"adapter_config\.json") as caught:
        load_pretrained(VitMatte, folder)
    assert "save_pretrained" in caught.value.fix


def test_a_config_of_unknown_values_is_refused(folder: Path) -> None:
    configure(folder, hidden_size="large")
    with pytest.raises(WeightsError, match="cannot be loaded as VitMatteForImageMatting"):
        load_pretrained(VitMatte, folder)


def test_a_package_that_is_not_installed_is_told(folder: Path, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ImportError("TimmWrapperModel requires the timm library but it was not found")

    monkeypatch.setattr(VitMatte, "from_pretrained", fail)
    with pytest.raises(MissingDependencyError, match="VitMatteForImageMatting needs") as caught:
        load_pretrained(VitMatte, folder)
    assert "requires the timm library" in caught.value.why
    assert caught.value.fix == "pip install 'multiplane[neural]'"


def test_a_processor_is_as_it_was_saved(folder: Path) -> None:
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "image_mean": [0.1, 0.2, 0.3]}))
    processor = load_processor(transformers.VitMatteImageProcessor, folder)
    assert [*processor.image_mean] == [0.1, 0.2, 0.3]
    assert processor.size_divisor == 32


def test_a_processor_that_is_not_there_says_where_it_belongs(folder: Path) -> None:
    path = folder / "preprocessor_config.json"
    path.unlink()
    with pytest.raises(WeightsError, match=r"has no preprocessor_config\.json") as caught:
        load_processor(transformers.VitMatteImageProcessor, folder)
    assert caught.value.fix.endswith(f"at {path}")


def test_the_processor_of_another_network_is_refused(folder: Path) -> None:
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps({"image_processor_type": "SomeImageProcessorFast"}))
    with pytest.raises(WeightsError, match="of a SomeImageProcessorFast, wanted VitM") as caught:
        load_processor(transformers.VitMatteImageProcessor, folder)
    assert caught.value.fix.endswith(f"at {path}")
    assert load_processor(
        transformers.VitMatteImageProcessor, folder, known_as=["SomeImageProcessor"]
    )


@pytest.mark.parametrize("text", ["{", "3"])
def test_a_processor_that_cannot_be_read_is_refused(folder: Path, text: str, capfd) -> None:
    path = folder / "preprocessor_config.json"
    path.write_text(text)
    with pytest.raises(WeightsError, match="cannot be read by VitMatteImageProcessor") as caught:
        load_processor(transformers.VitMatteImageProcessor, folder)
    assert caught.value.fix.endswith(f"at {path}")
    assert capfd.readouterr().err == ""
