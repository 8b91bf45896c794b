from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from safetensors import safe_open  # noqa: E402
from tiny_sam import save_tiny_sam  # noqa: E402
from tiny_sam_video import KINDS, SIZE, save_tiny_video_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import ConfigError, WeightsError  # noqa: E402
from multiplane.networks.sam.video import open_video_sam  # noqa: E402


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_known_by_its_config(tmp_path: Path, kind: str) -> None:
    sam = open_video_sam(save_tiny_video_sam(tmp_path, kind), Compute("cpu"))
    assert sam.network.config.model_type == kind
    assert sam.side == SIZE
    assert not sam.network.training
    assert sam.dtype == torch.float32


def test_a_truncated_checkpoint(tmp_path: Path) -> None:
    whole = save_tiny_video_sam(tmp_path) / "model.safetensors"
    whole.write_bytes(whole.read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="Sam2VideoModel") as told:
        open_video_sam(tmp_path, Compute("cpu"))
    assert "models pull" in told.value.fix


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"config\.json cannot be read"):
        open_video_sam(tmp_path, Compute("cpu"))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "vitmatte"}))
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(WeightsError, match="'vitmatte', wanted 'sam2_video'"):
        open_video_sam(tmp_path, Compute("cpu"))


def test_frames_need_their_preparation(tmp_path: Path) -> None:
    (save_tiny_video_sam(tmp_path) / "preprocessor_config.json").unlink()
    with pytest.raises(WeightsError, match=r"neither preprocessor_config\.json nor") as told:
        open_video_sam(tmp_path, Compute("cpu"))
    assert "preprocessor_config.json" in told.value.fix


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_without_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'cuda' is not there") as told:
        open_video_sam(tmp_path, Compute("cuda"))
    assert "--device" in told.value.fix or "'cpu'" in told.value.fix


def test_frames_of_another_size_than_the_network(tmp_path: Path) -> None:
    path = save_tiny_video_sam(tmp_path) / "preprocessor_config.json"
    told = json.loads(path.read_text())
    told["size"] = {"height": 2 * SIZE, "width": 2 * SIZE}
    path.write_text(json.dumps(told))
    with pytest.raises(WeightsError, match=f"the network takes {SIZE}x{SIZE}") as error:
        open_video_sam(tmp_path, Compute("cpu"))
    assert "of one network" in error.value.fix


def test_sam3_as_it_is_published(tmp_path: Path) -> None:
    """One file for the detector that takes words and the tracker, which share what sees."""
    folder = save_tiny_sam(tmp_path, "sam3_video")
    network = open_video_sam(folder, Compute("cpu")).network
    with safe_open(folder / "model.safetensors", "pt") as file:
        for ours, theirs in (
            ("mask_decoder.mask_tokens.weight", "tracker_model.mask_decoder.mask_tokens.weight"),
            ("vision_encoder.neck.fpn_layers.0.proj1.bias", "tracker_neck.fpn_layers.0.proj1.bias"),
        ):
            assert torch.equal(network.get_parameter(ours), file.get_tensor(theirs))
