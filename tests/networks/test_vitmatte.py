from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("torchvision", reason="needs pip install 'multiplane[neural]'")
transformers = pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from PIL import Image  # noqa: E402
from tiny_vitmatte import make_vitmatte  # noqa: E402

from multiplane.core.errors import BackendError, WeightsError  # noqa: E402
from multiplane.networks.vitmatte import VitMatte  # noqa: E402

CPU = torch.device("cpu")
SIZES = [(64, 96), (50, 71), (33, 1), (1, 1), (3, 3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_vitmatte(tmp_path_factory.mktemp("models") / "vitmatte")


@pytest.fixture(scope="module")
def network(folder: Path) -> VitMatte:
    return VitMatte(folder, CPU, torch.float32)


def picture(size: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    return frame, rng.choice(np.array([0, 128, 255], np.uint8), size)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_what_transformers_gives(network: VitMatte, folder: Path, size) -> None:
    frame, trimap = picture(size)
    processor = transformers.VitMatteImageProcessor.from_pretrained(folder)
    model = transformers.VitMatteForImageMatting.from_pretrained(folder)
    inputs = processor(
        images=Image.fromarray(frame), trimaps=Image.fromarray(trimap), return_tensors="pt"
    )
    with torch.no_grad():
        theirs = model(**inputs).alphas[0, 0, : size[0], : size[1]].numpy()
    (ours,) = network.predict([frame], [trimap])
    assert ours.dtype == np.float32
    assert np.array_equal(ours, theirs)


def test_it_looks_at_the_picture_and_at_the_trimap(network: VitMatte) -> None:
    frame, trimap = picture((64, 64))
    (alpha,) = network.predict([frame], [trimap])
    assert np.abs(network.predict([255 - frame], [trimap])[0] - alpha).max() > 0.01
    assert np.abs(network.predict([frame], [255 - trimap])[0] - alpha).max() > 0.01
    assert alpha.std() > 0.01


def test_together_is_as_alone_also_where_one_has_to_be_filled_up(network: VitMatte) -> None:
    pairs = [picture(size, seed) for seed, size in enumerate([(64, 64), (60, 64), (64, 33)])]
    together = network.predict([p[0] for p in pairs], [p[1] for p in pairs])
    for found, (frame, trimap) in zip(together, pairs, strict=True):
        assert found.shape == trimap.shape
        assert np.abs(found - network.predict([frame], [trimap])[0]).max() < 1e-5


def test_half_precision_is_near_and_still_float32(network: VitMatte, folder: Path) -> None:
    frame, trimap = picture((64, 64))
    (found,) = VitMatte(folder, CPU, torch.bfloat16).predict([frame], [trimap])
    assert found.dtype == np.float32
    off = np.abs(found - network.predict([frame], [trimap])[0])
    assert 0 < off.max() < 0.1


def test_what_fails_leaves_as_our_error(network: VitMatte, monkeypatch) -> None:
    frame, trimap = picture((32, 32))

    def fail(batch: object) -> None:
        raise RuntimeError("mat1 and mat2 cannot be multiplied")

    monkeypatch.setattr(network, "_model", fail)
    with pytest.raises(BackendError, match="1 pictures of 32x32 px") as caught:
        network.predict([frame], [trimap])
    assert caught.value.why == "RuntimeError: mat1 and mat2 cannot be multiplied"
    assert caught.value.fix == "multiplane doctor"


def test_want_of_memory_is_left_to_whoever_can_answer_it(network: VitMatte, monkeypatch) -> None:
    frame, trimap = picture((32, 32))

    def fail(batch: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(network, "_model", fail)
    with pytest.raises(torch.OutOfMemoryError):
        network.predict([frame], [trimap])


def test_no_numbers_are_told(folder: Path) -> None:
    network = VitMatte(folder, CPU, torch.float32)
    with torch.no_grad():
        network._model.decoder.matting_head.matting_convs[3].bias.fill_(float("nan"))
    frame, trimap = picture((32, 32))
    with pytest.raises(BackendError, match="no numbers") as caught:
        network.predict([frame], [trimap])
    assert caught.value.fix == "--precision fp32"


def test_a_folder_of_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"has no preprocessor_config\.json"):
        VitMatte(tmp_path, CPU, torch.float32)


@pytest.mark.parametrize("value", [0, -32, "x", 10**9])
def test_a_step_that_makes_no_sense_is_refused(folder: Path, tmp_path: Path, value) -> None:
    copied = Path(shutil.copytree(folder, tmp_path / "copy"))
    path = copied / "preprocessor_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "size_divisor": value}))
    with pytest.raises(WeightsError, match=r"preprocessor_config\.json") as caught:
        VitMatte(copied, CPU, torch.float32)
    assert "preprocessor_config.json that came with the weights" in caught.value.fix
