from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
transformers = pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_detectors import LABELS, save_d_fine, save_rf_detr  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import BackendError, WeightsError  # noqa: E402
from multiplane.networks import detector  # noqa: E402
from multiplane.networks.detector import SetDetector  # noqa: E402
from multiplane.tensors.devices import pick_device  # noqa: E402

SAVE = {"d_fine": save_d_fine, "rf_detr": save_rf_detr}
CLASSES = {
    "d_fine": ("DFineForObjectDetection", "RTDetrImageProcessor"),
    "rf_detr": ("RfDetrForObjectDetection", "RfDetrImageProcessor"),
}
FAMILIES = sorted(SAVE)
CPU = Compute(device="cpu")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("detectors")
    return {family: save(root / family) for family, save in SAVE.items()}


@pytest.fixture(scope="module")
def networks(folders: dict[str, Path]) -> dict[str, SetDetector]:
    return {family: SetDetector(family, folder, CPU) for family, folder in folders.items()}


def pictures(count: int, size: tuple[int, int] = (90, 52)) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [np.kron(rng.integers(0, 256, (1, 6, 3), np.uint8), np.ones((size[1], size[0] // 6, 1)))
            .astype(np.uint8) for _ in range(count)]  # fmt: skip


def reference(family: str, folder: Path, frame: np.ndarray, threshold: float) -> dict[str, Any]:
    """The way their own documentation goes, a picture at a time, through PIL."""
    from PIL import Image  # noqa: PLC0415 - only here

    model_name, processor_name = CLASSES[family]
    model = getattr(transformers, model_name).from_pretrained(folder).eval()
    processor = getattr(transformers, processor_name).from_pretrained(folder)
    with torch.no_grad():
        made = model(**processor(images=Image.fromarray(frame), return_tensors="pt"))
    (read,) = processor.post_process_object_detection(
        made, threshold=threshold, target_sizes=[(frame.shape[0], frame.shape[1])]
    )
    return read


@pytest.mark.filterwarnings("ignore")  # of the library's own way
@pytest.mark.parametrize("family", FAMILIES)
def test_boxes_are_those_of_the_processor(
    family: str, networks: dict[str, SetDetector], folders: dict[str, Path]
) -> None:
    frames = pictures(3)
    found = networks[family].detect(frames, 0.3)
    assert sum(len(one.scores) for one in found) > 10
    for frame, one in zip(frames, found, strict=True):
        want = reference(family, folders[family], frame, 0.3)
        assert np.allclose(one.scores, want["scores"].numpy(), atol=1e-5)
        assert np.allclose(one.boxes, want["boxes"].numpy(), atol=0.01)
        assert np.array_equal(one.classes, want["labels"].numpy())
        assert one.boxes.shape == (len(one.scores), 4)
        assert (np.diff(one.scores) <= 0).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_boxes_are_in_pixels_of_the_frame(family: str, networks: dict[str, SetDetector]) -> None:
    """The network sees a square of one colour both times."""
    small, large = (np.full((side, 2 * side, 3), 70, np.uint8) for side in (40, 120))
    (one,), (other,) = (networks[family].detect([frame], 0.0) for frame in (small, large))
    assert np.allclose(one.boxes * 3, other.boxes, atol=0.01)
    assert np.allclose(one.scores, other.scores, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_higher_threshold_gives_the_surer_of_the_same(
    family: str, networks: dict[str, SetDetector]
) -> None:
    (every,) = networks[family].detect(pictures(1), 0.0)
    assert len(every.scores) == 20  # as many as it has queries
    (sure,) = networks[family].detect(pictures(1), float(every.scores[7]))
    assert np.array_equal(sure.scores, every.scores[:7])
    assert np.array_equal(sure.boxes, every.boxes[:7])
    assert len(networks[family].detect(pictures(1), 1.0)[0].scores) == 0


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [(12, 1), (12, 3), (6, 200), (300, 3)])
def test_odd_sizes(family: str, networks: dict[str, SetDetector], size: tuple[int, int]) -> None:
    frames = [np.full((size[1], size[0], 3), 90, np.uint8)] * 2
    for one in networks[family].detect(frames, 0.0):
        assert np.isfinite(one.boxes).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("precision", "most_px"), [("bf16", 2.0), ("fp16", 0.3)])
def test_halves_are_near(
    family: str, folders: dict[str, Path], networks: dict[str, SetDetector],
    precision: Any, most_px: float,
) -> None:  # fmt: skip
    frames = pictures(2)
    half = SetDetector(family, folders[family], Compute(device="cpu", precision=precision))
    for one, exact in zip(half.detect(frames, 0.3), networks[family].detect(frames, 0.3),
                          strict=True):  # fmt: skip
        assert one.boxes.dtype == np.float32
        distance = np.abs(one.boxes[:, None] - exact.boxes[None]).max(axis=2).min(axis=1)
        assert np.median(distance) < most_px


def test_auto_is_full_precision(folders: dict[str, Path], networks: dict[str, SetDetector]) -> None:
    full = SetDetector("d_fine", folders["d_fine"], Compute(device="cpu", precision="fp32"))
    (one,), (other,) = full.detect(pictures(1), 0.3), networks["d_fine"].detect(pictures(1), 0.3)
    assert np.array_equal(one.boxes, other.boxes)


def test_labels_are_those_of_the_checkpoint(networks: dict[str, SetDetector]) -> None:
    for network in networks.values():
        assert network.labels == LABELS


@pytest.mark.parametrize("family", FAMILIES)
def test_too_little_memory_makes_smaller_batches(
    family: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = SetDetector(family, folders[family], Compute(device="cpu", batch_size=4))
    frames = pictures(4)
    want = network.detect(frames, 0.3)
    inner = network._model.forward

    def tight(*args: Any, **values: Any) -> Any:
        if len(values["pixel_values"]) > 1:
            raise torch.OutOfMemoryError("out of memory")
        return inner(*args, **values)

    monkeypatch.setattr(network._model, "forward", tight)
    found = network.detect(frames, 0.3)
    for one, other in zip(found, want, strict=True):
        assert np.allclose(one.boxes, other.boxes, atol=0.01)
    assert network.memory.notes == [
        "memory fell short with 4 frames a batch; went on with 2",
        "memory fell short with 2 frames a batch; went on with 1",
    ]


def test_an_error_of_the_library(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    network = SetDetector("d_fine", folders["d_fine"], CPU)

    def broken(*args: Any, **values: Any) -> Any:
        raise KeyError("oh")

    monkeypatch.setattr(network._model, "forward", broken)
    with pytest.raises(BackendError, match="DFineForObjectDetection failed on a batch of 1") as e:
        network.detect(pictures(1), 0.3)
    assert isinstance(e.value.__cause__, KeyError)
    assert e.value.fix.startswith("--device cpu --precision fp32")


def test_values_that_are_no_numbers(folders: dict[str, Path]) -> None:
    network = SetDetector("rf_detr", folders["rf_detr"], CPU)
    with torch.no_grad():
        network._model.class_embed.weight[:] = float("nan")
    with pytest.raises(BackendError, match="values that are no numbers") as caught:
        network.detect(pictures(1), 0.3)
    assert caught.value.fix.startswith("--precision fp32")


def test_d_fine_that_was_trained_without_focal_loss(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="use_focal_loss: false") as caught:
        SetDetector("d_fine", save_d_fine(tmp_path, use_focal_loss=False), CPU)
    assert caught.value.fix == "use weights of: multiplane models list"


# what is wrong with a folder


def copy(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_without_its_processor(
    family: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = copy(folders[family], tmp_path / "x")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(WeightsError, match="has no preprocessor_config") as caught:
        SetDetector(family, folder, CPU)
    assert caught.value.fix == (
        "put the preprocessor_config.json that came with the weights at "
        f"{folder / 'preprocessor_config.json'}"
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("no json", "cannot be read"),
        ({"size": {"height": 100_000, "width": 64}}, "scales pictures to [100000, 64], wanted 1"),
        ({"size": "large"}, "cannot be read"),
        ({"image_processor_type": "ViTImageProcessor"}, "is of a ViTImageProcessor, wanted"),
    ],
)
def test_a_processor_that_is_not_its_own(
    change: Any, what: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = copy(folders["rf_detr"], tmp_path / "x")
    path = folder / "preprocessor_config.json"
    told = json.loads(path.read_text())
    path.write_text(change if isinstance(change, str) else json.dumps({**told, **change}))
    with pytest.raises(WeightsError) as caught:
        SetDetector("rf_detr", folder, CPU)
    assert what in caught.value.what
    assert caught.value.fix.startswith("put the preprocessor_config.json that came with")


def test_one_network_for_another(folders: dict[str, Path]) -> None:
    with pytest.raises(WeightsError) as caught:
        SetDetector("rf_detr", folders["d_fine"], CPU)
    assert "config.json is of 'd_fine'" in caught.value.what  # not only its processor


@pytest.mark.parametrize("family", FAMILIES)
def test_a_config_with_other_classes_than_the_weights(
    family: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = copy(folders[family], tmp_path / "x")
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {"0": "person", "1": "dog"}
    config["label2id"] = {"person": 0, "dog": 1}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match="of another shape") as caught:
        SetDetector(family, folder, CPU)
    assert "in the file" in caught.value.what
    assert caught.value.fix


def test_truncated_weights(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copy(folders["d_fine"], tmp_path / "x")
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError) as caught:
        SetDetector("d_fine", folder, CPU)
    assert "model.safetensors" in str(caught.value)


def test_devices_are_picked_as_everywhere() -> None:
    assert pick_device("cpu").type == "cpu"
    assert detector.BATCH_CPU < detector.BATCH_CUDA
