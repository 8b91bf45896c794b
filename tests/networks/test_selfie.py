from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_head import draw_head

from multiplane.core.errors import InputError, WeightsError
from multiplane.core.threads import map_ordered
from multiplane.hub import weights
from multiplane.networks import selfie
from multiplane.networks.selfie import Selfie

ABSENT = weights.why_absent("selfie-segmentation")


@pytest.fixture(scope="module")
def network() -> Selfie:
    """The real one, where it was fetched before: it is small."""
    if ABSENT:
        pytest.skip(ABSENT)
    return Selfie(weights.find("selfie-segmentation"))


def noise(seed: int = 0, shape: tuple[int, int, int] = (90, 160, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(90, 160, 3), (400, 300, 3), (1, 1, 3), (256, 256, 3)])
def test_an_alpha_of_the_size_of_the_frame(network: Selfie, shape: tuple[int, int, int]) -> None:
    alpha = network.predict(noise(1, shape))
    assert alpha.shape == shape[:2]
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_the_same_from_any_thread(network: Selfie) -> None:
    frames = [noise(seed) for seed in range(6)]
    one_by_one = [network.predict(frame) for frame in frames]
    at_once = list(map_ordered(network.predict, frames, 3))
    assert all((a == b).all() for a, b in zip(one_by_one, at_once, strict=True))
    assert not (one_by_one[0] == one_by_one[1]).all()


def test_a_drawn_head_and_shoulders(network: Selfie) -> None:
    ground = np.full((240, 240, 3), (90, 120, 90), np.uint8)
    frame, truth = draw_head(ground, (120, 80), 200, (40, 60, 120))
    found = network.predict(frame) > 0.5
    assert (found & truth).sum() / (found | truth).sum() > 0.95
    assert network.predict(ground).max() < 0.5


def test_not_a_frame(network: Selfie) -> None:
    with pytest.raises(InputError, match="wanted uint8"):
        network.predict(np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize("data", [b"", b"hello", b"\0\0\0\0TFL3" + bytes(99)])
def test_not_a_network(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "text.tflite"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="cannot be loaded as the selfie network") as caught:
        Selfie(path)
    assert "multiplane models pull selfie-segmentation" in caught.value.fix


def test_absent_and_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsError, match="cannot be loaded") as caught:
        Selfie(tmp_path / "absent.tflite")
    assert caught.value.__cause__ is not None
    monkeypatch.setattr(selfie, "MAX_BYTES", 8)
    (tmp_path / "large.tflite").write_bytes(b"\0\0\0\0TFL3" + bytes(99))
    with pytest.raises(WeightsError, match="a few MB"):
        Selfie(tmp_path / "large.tflite")
