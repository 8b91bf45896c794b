from __future__ import annotations

import hashlib

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
safetensors = pytest.importorskip("safetensors", reason="needs safetensors")

from tiny_lama import save_upstream, some_picture, tiny_generator  # noqa: E402

from multiplane.core.errors import OutputError, WeightsError  # noqa: E402 - after the skips
from multiplane.networks.lama import convert_lama, load_lama, predict  # noqa: E402


def test_the_same_predictions_bit_for_bit(tmp_path):
    tiny = tiny_generator(width=3)
    source = tmp_path / "lama"
    file = save_upstream(source, tiny)
    target = tmp_path / "new" / "lama.safetensors"
    done = convert_lama(source, target)
    assert (done.source, done.blocks, done.width) == (file, 2, 3)
    assert done.tensors == len(tiny.state_dict())
    assert done.parameters == sum(value.numel() for value in tiny.parameters())
    assert torch.equal(predict(load_lama(target), *some_picture()), predict(tiny, *some_picture()))
    with safetensors.safe_open(target, framework="pt") as held:
        assert set(held.keys()) == set(tiny.state_dict())
        assert held.metadata() == {
            "format": "pt",
            "architecture": "lama",
            "blocks": "2",
            "width": "3",
            "source_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }


def test_the_same_bytes_each_time_and_onto_itself(tmp_path):
    tiny = tiny_generator(width=2)
    torch.save(tiny.state_dict(), tmp_path / "a.pth")
    made = set()
    for name in ("a", "b", "c", "d"):
        convert_lama(tmp_path / "a.pth", tmp_path / f"{name}.safetensors")
        made.add((tmp_path / f"{name}.safetensors").read_bytes())
    assert len(made) == 1
    convert_lama(tmp_path / "a.safetensors", tmp_path / "a.safetensors")
    assert load_lama(tmp_path / "a.safetensors").width == 2


def test_a_failure_leaves_what_was_there(tmp_path):
    target = tmp_path / "lama.safetensors"
    target.write_bytes(b"before")
    (tmp_path / "bad.pth").write_bytes(b"PK")
    with pytest.raises(WeightsError) as caught:
        convert_lama(tmp_path / "bad.pth", target)
    assert "download it again" in caught.value.fix
    assert target.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.pth", "lama.safetensors"]


def test_a_place_that_cannot_be_written(tmp_path):
    torch.save(tiny_generator(width=2).state_dict(), tmp_path / "a.pth")
    with pytest.raises(OutputError, match=r"cannot write") as caught:
        convert_lama(tmp_path / "a.pth", tmp_path / "a.pth" / "x.safetensors")
    assert "-o" in caught.value.fix
