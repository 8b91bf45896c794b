from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from safetensors.torch import load_file, save_file  # noqa: E402
from tiny_sam import save_tiny_sam  # noqa: E402
from tiny_sam_video import save_tiny_video_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import ConfigError, WeightsError  # noqa: E402
from multiplane.networks.sam.load import check_family, family_of, open_image_sam  # noqa: E402

PLAIN = Compute("cpu", "fp32")
FRAME = np.arange(48 * 64 * 3, dtype=np.uint32).astype(np.uint8).reshape(48, 64, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_sam(tmp_path_factory.mktemp("sam2"))


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def answer(sam):
    return sam.decode(sam.encode([FRAME])[0], points=np.array([[[5.0, 6.0]]])).logits


@pytest.mark.parametrize(
    ("kind", "family"),
    [("sam2_video", "sam2"), ("edgetam_video", "edgetam"), ("sam3_tracker_video", "sam3")],
)
def test_what_is_published_holds_video_too(kind, family, tmp_path) -> None:
    folder = save_tiny_video_sam(tmp_path, kind)
    assert json.loads((folder / "config.json").read_text())["model_type"] == kind
    loaded = load_file(folder / "model.safetensors").items()
    held = {name.removeprefix("tracker_model."): value for name, value in loaded}
    assert any(name.startswith("memory_") for name in held)
    sam = open_image_sam(folder, PLAIN)
    assert sam.family == family == family_of(folder)
    ours = sam.model.state_dict()
    assert all(torch.equal(ours[name], value) for name, value in held.items() if name in ours)
    assert torch.isfinite(answer(sam)).all()


def test_the_tracker_comes_out_of_the_whole_sam3(tmp_path) -> None:
    folder = save_tiny_sam(tmp_path, "sam3_video")
    sam = open_image_sam(folder, PLAIN)
    assert sam.family == "sam3"
    held = load_file(folder / "model.safetensors")
    ours = sam.model.state_dict()
    pairs = {
        "mask_decoder.iou_token.weight": "tracker_model.mask_decoder.iou_token.weight",
        "vision_encoder.neck.fpn_layers.0.proj1.weight": "tracker_neck.fpn_layers.0.proj1.weight",
    }
    for mine, theirs in pairs.items():
        assert torch.equal(ours[mine], held[theirs])
    name = "vision_encoder.backbone.embeddings.patch_embeddings.projection.weight"
    assert torch.equal(ours[name], held[f"detector_model.{name}"])
    assert torch.isfinite(answer(sam)).all()


def test_what_is_missing_extra_or_of_another_shape_is_named(copied) -> None:
    path = copied / "model.safetensors"
    values = load_file(path)
    values["memory_of_a_video"] = torch.zeros(1)  # expected in what is published
    values["hair"] = torch.zeros(1)
    del values["mask_decoder.iou_token.weight"]
    values["no_memory_embedding"] = torch.zeros(1, 1, 5)
    save_file(values, path, {"format": "pt"})
    with pytest.raises(WeightsError) as caught:
        open_image_sam(copied, PLAIN)
    said = str(caught.value)
    assert "1 missing: mask_decoder.iou_token.weight" in said
    assert "1 extra: hair" in said
    assert "no_memory_embedding 1x1x5 in the file, 1x1x32 in the network" in said


def test_another_network_in_the_folder(copied) -> None:
    config = copied / "config.json"
    config.write_text(config.read_text().replace('"sam2"', '"vitmatte"'))
    with pytest.raises(WeightsError, match="'vitmatte', wanted one of: sam2") as caught:
        open_image_sam(copied, PLAIN)
    assert "multiplane models list" in caught.value.fix


def test_a_backend_is_named_after_its_network(folder) -> None:
    check_family(folder, "sam2", "mine")
    with pytest.raises(WeightsError, match="mine is a network of the kind 'sam2'") as caught:
        check_family(folder, "edgetam", "mine")
    assert "--backend sam2" in caught.value.fix


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"sam2"'])
def test_a_config_that_says_nothing(copied, text) -> None:
    (copied / "config.json").write_text(text)
    with pytest.raises(WeightsError, match=r"config\.json cannot be read") as caught:
        family_of(copied)
    assert "multiplane models pull sam2.1-large" in caught.value.fix


def test_files_that_are_not_there(copied, tmp_path) -> None:
    with pytest.raises(WeightsError, match="cannot be read") as caught:
        open_image_sam(tmp_path / "nowhere", PLAIN)
    assert str(tmp_path / "nowhere" / "config.json") in caught.value.fix
    (copied / "processor_config.json").unlink()
    with pytest.raises(WeightsError, match="neither preprocessor_config") as caught:
        open_image_sam(copied, PLAIN)
    assert f"put the preprocessor_config.json that came with the weights into {copied}" in (
        caught.value.fix
    )
    (copied / "preprocessor_config.json").write_text("{")
    with pytest.raises(WeightsError, match="no readable image processor"):
        open_image_sam(copied, PLAIN)


def test_a_truncated_file(copied) -> None:
    path = copied / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError) as caught:
        open_image_sam(copied, PLAIN)
    assert "multiplane models pull" in caught.value.fix


def test_a_processor_of_another_size(copied) -> None:
    path = copied / "processor_config.json"
    path.write_text(path.read_text().replace("128", "96"))
    with pytest.raises(WeightsError, match="gives 96x96 px, the network takes 128x128") as caught:
        open_image_sam(copied, PLAIN)
    assert "of one network" in caught.value.fix


def test_cuda_that_is_not_there(folder) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ConfigError, match="cuda") as caught:
        open_image_sam(folder, Compute("cuda"))
    assert "--device cpu" in caught.value.fix or "'cpu'" in caught.value.fix
