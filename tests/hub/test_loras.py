from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import ConfigError, WeightsError
from multiplane.hub import loras
from multiplane.hub.loras import LoraFile, find_lora, lora_fingerprint


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mural.safetensors"
    path.write_bytes(b"a LoRA, to this module")
    return path


@pytest.mark.parametrize(
    ("tail", "weight"),
    [("", 1.0), ("@0.8", 0.8), ("@-1", -1.0), ("@1e-1", 0.1), ("@0", 0.0), ("@10", 10.0)],
)
def test_a_weight_stands_behind_the_name(file: Path, tail: str, weight: float) -> None:
    assert find_lora(f"{file}{tail}") == LoraFile(file, weight)


def test_names_may_have_an_at(tmp_path: Path) -> None:
    for name in ("me@home.safetensors", "v@0.5", "me@2"):
        (tmp_path / name).write_bytes(b"more than eight bytes")
    path = tmp_path / "me@home.safetensors"
    assert find_lora(str(path)) == LoraFile(path, 1.0)
    assert find_lora(f"{path}@0.5") == LoraFile(path, 0.5)
    folder = tmp_path / "a@0.25"
    folder.mkdir()
    inside = folder / "x.safetensors"
    inside.write_bytes(b"more than eight bytes")
    assert find_lora(str(inside)) == LoraFile(inside, 1.0)


@given(weight=st.floats(-10, 10))
def test_any_weight_is_read_as_it_is_written(weight: float) -> None:
    assert loras._split(f"no such file@{weight!r}") == ("no such file", weight)


@pytest.mark.parametrize("weight", ["11", "-10.5", "nan", "inf"])
def test_weights_are_bounded(file: Path, weight: str) -> None:
    with pytest.raises(ConfigError, match="the weight is") as caught:
        find_lora(f"{file}@{weight}")
    assert caught.value.fix == f"--lora {file}@1"


@pytest.mark.parametrize("name", loras.IN_FOLDERS)
def test_folders_as_they_are_saved(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"more than eight bytes")
    assert find_lora(f"{tmp_path}@0.5") == LoraFile(tmp_path / name, 0.5)


def test_a_folder_without_one(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="has none of") as caught:
        find_lora(str(tmp_path))
    assert "name the file" in caught.value.fix


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for spec in (f"{tmp_path}/no.safetensors@0.8", f"{tmp_path}/no.safetensors@heavy"):
        with pytest.raises(WeightsError, match="is not there") as caught:
            find_lora(spec)
        assert "with a file that exists" in caught.value.fix


def test_pickles_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lora.pt"
    path.write_bytes(b"more than eight bytes")
    with pytest.raises(WeightsError, match=r"is a \.pt, wanted \.safetensors") as caught:
        find_lora(str(path))
    assert "offer both" in caught.value.fix


def test_sizes_are_bounded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loras, "MOST_BYTES", 20)
    with pytest.raises(WeightsError, match="at most 20") as caught:
        find_lora(str(file))
    assert "--model" in caught.value.fix
    file.write_bytes(b"")
    with pytest.raises(WeightsError, match="has 0 bytes"):
        find_lora(str(file))


def test_fingerprints_follow_what_is_in_the_files(file: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    other = tmp_path / "other.safetensors"
    other.write_bytes(file.read_bytes())
    base = lora_fingerprint([str(file)], cache)
    assert len(base) == 64
    assert lora_fingerprint([str(other)], cache) == base
    assert lora_fingerprint([f"{file}@0.5"], cache) != base
    both = lora_fingerprint([str(file), f"{other}@0.5"], cache)
    assert both == lora_fingerprint([f"{other}@0.5", str(file)], cache) != base
    other.write_bytes(b"something else of that name")
    assert lora_fingerprint([str(other)], cache) != base
    assert lora_fingerprint([], cache) != base


def test_what_peft_says_beside_the_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "adapter_model.safetensors"
    path.write_bytes(b"more than eight bytes")
    before = lora_fingerprint([str(path)], tmp_path / "cache")
    (tmp_path / "adapter_config.json").write_text('{"lora_alpha": 2}')
    assert find_lora(str(path)).beside() == tmp_path / "adapter_config.json"
    assert lora_fingerprint([str(path)], tmp_path / "cache") != before
