from pathlib import Path

import numpy as np
import pytest

from multiplane.core.errors import BackendError, InputError, WeightsError
from multiplane.core.threads import map_ordered
from multiplane.hub import weights
from multiplane.networks.u2net import FAINT, Salient, prepare, stretch


def field(number: int, value: bytes | int | str) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def tensor_type(name: str, shape: list[int]) -> bytes:
    sizes = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, sizes)))


def draw_network(path: Path, side: int = 320) -> Path:
    """Write a network of one layer: the sigmoid of the mean of the channels."""
    axes = field(1, "axes") + field(8, 1) + field(20, 7)
    mean = field(1, "x") + field(2, "m") + field(4, "ReduceMean") + field(5, axes)
    squash = field(1, "m") + field(2, "y") + field(4, "Sigmoid")
    graph = field(1, mean) + field(1, squash) + field(2, "g")
    graph += field(11, tensor_type("x", [1, 3, side, side]))
    graph += field(12, tensor_type("y", [1, 1, side, side]))
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13)))
    return path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return Salient(draw_network(tmp_path_factory.mktemp("onnx") / "mean.onnx"))


def noise(seed=0, shape=(90, 160, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_prepared_as_in_training():
    frame = np.zeros((64, 48, 3), np.uint8)
    frame[:, 24:] = (200, 100, 0)
    ready = prepare(frame)
    assert ready.shape == (1, 3, 320, 320)
    assert ready.dtype == np.float32
    expected = (np.array([1.0, 0.5, 0.0]) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert ready[0, :, 100, 300] == pytest.approx(expected, abs=1e-5)


def test_a_black_frame_is_no_division_by_zero():
    assert np.isfinite(prepare(np.zeros((8, 8, 3), np.uint8))).all()


def test_salience_has_the_size_of_the_frame(drawn):
    salience = drawn.predict(noise())
    assert salience.shape == (90, 160)
    assert salience.dtype == np.float32
    assert salience.min() == 0.0
    assert salience.max() == pytest.approx(1.0)
    raw = drawn.predict_raw(noise())
    assert (stretch(raw) == salience).all()


def test_a_frame_of_one_pixel(drawn):
    assert drawn.predict(np.full((1, 1, 3), 9, np.uint8)).shape == (1, 1)


def test_a_blank_frame_is_not_stretched():
    faint = np.linspace(0, 0.9 * FAINT, 100, dtype=np.float32).reshape(10, 10)
    assert stretch(faint) is faint
    seen = faint * 2
    assert stretch(seen).max() == 1.0
    assert stretch(np.full((4, 4), 0.9, np.float32)).max() == pytest.approx(0.9)


def test_the_same_from_any_thread(drawn):
    frames = [noise(seed) for seed in range(6)]
    one_by_one = [drawn.predict(frame) for frame in frames]
    at_once = list(map_ordered(drawn.predict, frames, 3))
    assert all((a == b).all() for a, b in zip(one_by_one, at_once, strict=True))


def test_not_a_frame(drawn):
    with pytest.raises(InputError, match="wanted uint8"):
        drawn.predict(np.zeros((4, 4), np.uint8))


def test_not_a_network(tmp_path):
    path = tmp_path / "text.onnx"
    path.write_text("hello")
    for wrong in (path, tmp_path / "absent.onnx"):
        with pytest.raises(WeightsError, match="cannot be loaded") as caught:
            Salient(wrong)
        assert "multiplane models pull u2netp" in caught.value.fix


def test_another_network_fails_as_a_backend(tmp_path):
    other = Salient(draw_network(tmp_path / "small.onnx", side=64))
    with pytest.raises(BackendError, match="160x90") as caught:
        other.predict(noise())
    assert caught.value.fix == "multiplane doctor"
    assert caught.value.__cause__ is not None


@pytest.mark.weights
def test_the_real_network_finds_a_disk_and_nothing_in_a_fade():
    network = Salient(weights.find("u2netp"))
    y, x = np.mgrid[:240, :320]
    disk = np.hypot(x - 160, y - 120) < 60
    frame = np.where(disk[..., None], [220, 60, 40], [90, 120, 90]).astype(np.uint8)
    found = network.predict(frame) > 0.5
    assert (found & disk).sum() / (found | disk).sum() > 0.9
    fade = np.linspace(80, 200, 240).astype(np.uint8)[:, None, None].repeat(320, 1).repeat(3, 2)
    for blank in (np.zeros_like(fade), np.full_like(fade, 255), fade):
        assert network.predict_raw(blank).max() < FAINT
