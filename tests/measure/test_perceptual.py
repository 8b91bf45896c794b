from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from multiplane.core.errors import InputError, WeightsError

EXTRA = "needs pip install 'multiplane[perceptual]'"
torch = pytest.importorskip("torch", reason=EXTRA)
pytest.importorskip("lpips", reason=EXTRA)
safetensors_torch = pytest.importorskip("safetensors.torch", reason=EXTRA)

from multiplane.measure.perceptual import Lpips  # noqa: E402 - after the skips
from multiplane.networks.alexnet import AlexNet  # noqa: E402 - after the skips

MODELS = Path(__file__).resolve().parents[2] / "../shared/models/lpips-alex"
FEATURES = MODELS / "alexnet_features_fp16.safetensors"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "features.safetensors"
    safetensors_torch.save_file(AlexNet().state_dict(), path)
    return Lpips(path)


def noise(seed, shape=(64, 96, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_equal_pictures_look_equal(drawn):
    assert drawn.distance(noise(0), noise(0)) == 0.0
    assert drawn.distance(noise(0), noise(1)) == pytest.approx(drawn.distance(noise(1), noise(0)))
    assert drawn.distance(noise(0), noise(1)) > 0


def test_a_mask_restricts(drawn):
    first, second = noise(0, (128, 256, 3)), noise(0, (128, 256, 3))
    second[:, 192:] = 0
    left = np.zeros((128, 256), np.bool_)
    left[:, :64] = True
    assert drawn.distance(first, second, left) < 0.1 * drawn.distance(first, second, ~left)
    assert drawn.distance_map(first, second).shape == (128, 256)


def test_small_pictures_are_refused(drawn):
    small = noise(0, (32, 96, 3))
    with pytest.raises(InputError, match="96x32, wanted 64 px") as caught:
        drawn.distance(small, small)
    assert caught.value.fix == "use ssim for pictures that small"


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    safetensors_torch.save_file({"a": torch.zeros(1)}, path)
    for wrong in (path, tmp_path / "absent.safetensors"):
        with pytest.raises(WeightsError, match="does not hold the features") as caught:
            Lpips(wrong)
        assert "alexnet" in caught.value.fix


@pytest.mark.skipif(not FEATURES.exists(), reason="no weights of AlexNet beside the checkout")
def test_published_values():
    network = Lpips(FEATURES)
    reference, near, far = (
        np.array(Image.open(MODELS / f"{name}.png").convert("RGB"))
        for name in ("ex_ref", "ex_p1", "ex_p0")
    )
    assert network.distance(reference, far) == pytest.approx(0.722, abs=0.002)
    assert network.distance(reference, near) == pytest.approx(0.138, abs=0.002)
