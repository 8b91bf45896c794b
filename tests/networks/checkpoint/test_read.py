from __future__ import annotations

import os
import pickle
import warnings
import zipfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
safetensors_torch = pytest.importorskip("safetensors.torch", reason="needs safetensors")

from multiplane.core.errors import WeightsError  # noqa: E402 - after the skips
from multiplane.networks.checkpoint import open_checkpoint  # noqa: E402
from multiplane.networks.checkpoint.strided import Store, Strided  # noqa: E402

TENSORS = {"layer.weight": torch.arange(6.0).reshape(2, 3), "layer.steps": torch.tensor(3)}


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(TENSORS["layer.weight"])
        self.register_buffer("steps", TENSORS["layer.steps"])

    def forward(self, picture):
        return picture @ self.weight.T + self.steps


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = Layer()

    def forward(self, picture):
        return self.layer(picture)


def save_scripted(path, how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # TorchScript is deprecated; files remain
        net = Net()
        scripted = (
            torch.jit.trace(net, torch.ones(1, 3)) if how == "trace" else torch.jit.script(net)
        )
        torch.jit.save(scripted, str(path))


def save(path: Path, kind: str) -> Path:
    if kind == "safetensors":
        safetensors_torch.save_file(TENSORS, path)
    elif kind == "torch":
        torch.save(TENSORS, path)
    elif kind == "lightning":
        torch.save({"state_dict": TENSORS, "epoch": 1, "lr": torch.ones(9)}, path)
    elif kind == "old":
        torch.save(TENSORS, path, _use_new_zipfile_serialization=False)
    else:
        save_scripted(path, kind)
    return path


KINDS = ["safetensors", "torch", "lightning", "old", "trace", "script"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_whatever_it_is_called(tmp_path, kind):
    checkpoint = open_checkpoint(save(tmp_path / "weights.dat", kind))
    assert dict(checkpoint.shapes) == {"layer.weight": (2, 3), "layer.steps": ()}
    found = checkpoint.read(checkpoint.shapes)
    assert found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert torch.equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype
    assert list(checkpoint.read(["layer.steps"])) == ["layer.steps"]


@pytest.mark.parametrize("kind", KINDS)
def test_cut_off(tmp_path, kind):
    path = save(tmp_path / "weights.dat", kind)
    whole = path.read_bytes()
    for length in {9, 64, len(whole) // 2, len(whole) - 3}:
        path.write_bytes(whole[:length])
        with pytest.raises(WeightsError) as caught:
            checkpoint = open_checkpoint(path)
            checkpoint.read(checkpoint.shapes)
        assert "download" in caught.value.fix
        assert str(path) in caught.value.what


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "the pointer that git"),
        (b"<!DOCTYPE html><html></html>", "it is a web page"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "it begins with"),
        (b"\x1f\x8b\x08" + bytes(40), "gzip"),
    ],
    ids=["empty", "pointer", "page", "picture", "gzip"],
)
def test_no_checkpoint(tmp_path, data, why):
    path = tmp_path / "weights.pt"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="is no checkpoint") as caught:
        open_checkpoint(path)
    assert why in caught.value.why
    assert caught.value.fix == "name a .safetensors, .ckpt, .pth or .pt file, downloaded whole"


def test_absent(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read: No such file") as caught:
        open_checkpoint(tmp_path / "none.pt")
    assert "multiplane models list" in caught.value.fix


class Evil:
    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.system, (f"touch {self.folder / 'marker'}",)


@pytest.mark.parametrize("kind", ["torch", "beside the weights", "old", "pickle", "pickle 0"])
def test_a_pickle_that_runs_code(tmp_path, kind):
    path = tmp_path / "evil.ckpt"
    evil = Evil(tmp_path)
    if kind.startswith("pickle"):
        path.write_bytes(pickle.dumps(evil, 0 if kind.endswith("0") else 4))
    elif kind == "old":
        torch.save({"a": evil}, path, _use_new_zipfile_serialization=False)
    else:
        torch.save({"state_dict": TENSORS, "more": evil} if " " in kind else {"a": evil}, path)
    with pytest.raises(WeightsError, match=r"would run code: it calls \w+\.system") as caught:
        open_checkpoint(path)
    assert "nothing of the file was run" in caught.value.why
    assert "do not use this file" in caught.value.fix
    assert not (tmp_path / "marker").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind.startswith("pickle"):
            pickle.loads(path.read_bytes())
        else:
            torch.load(path, weights_only=False)
    assert (tmp_path / "marker").exists()  # it would have run


class Unknown:
    def __reduce__(self):
        return Unknown, ()


def test_objects_beside_the_weights_are_left_alone(tmp_path, monkeypatch):
    path = tmp_path / "lightning.ckpt"
    callbacks = {Unknown: {"best": Unknown()}, "other": [Unknown()]}
    torch.save({"state_dict": TENSORS, "callbacks": callbacks}, path)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)  # torch refuses the whole file
    monkeypatch.setattr(Unknown, "__new__", lambda *_: pytest.fail("was made"))
    checkpoint = open_checkpoint(path)
    assert torch.equal(checkpoint.read(["layer.steps"])["layer.steps"], TENSORS["layer.steps"])


def test_objects_among_the_weights_are_refused(tmp_path):
    path = tmp_path / "odd.ckpt"
    torch.save({"state_dict": TENSORS | {"odd": Unknown()}}, path)
    with pytest.raises(WeightsError, match="cannot be read as a checkpoint") as caught:
        open_checkpoint(path)
    assert "'odd' is no tensor" in caught.value.why
    assert "download it again" in caught.value.fix


def test_a_zip_of_files_is_to_be_unpacked(tmp_path):
    path = tmp_path / "big lama.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("big-lama/models/best.ckpt", b"x")
    with pytest.raises(WeightsError, match="cannot be read as a checkpoint") as caught:
        open_checkpoint(path)
    assert f"unzip '{path}'" in caught.value.fix


def test_more_numbers_than_the_file_has(tmp_path, monkeypatch):
    path = save(tmp_path / "weights.pth", "torch")
    giant = Strided(Store("0", torch.float32, 10**9), 0, (10**9,), (1,))
    monkeypatch.setattr(
        "multiplane.networks.checkpoint.read.list_archive", lambda _: {"giant": giant}
    )
    with pytest.raises(WeightsError) as caught:
        open_checkpoint(path).read(["giant"])
    assert "it declares 4000000000 bytes of numbers and has" in caught.value.why
