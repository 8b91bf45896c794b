"""Every tensor of a file has its place, or the user is told which have not, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

import torch
from tiny_families import make_flux
from tiny_lora import QUERY, kohya, make_diffusion, save

from multiplane.core.errors import WeightsError
from multiplane.hub.loras import find_lora
from multiplane.networks.diffusion.lora_fit import Fitted, fit
from multiplane.networks.diffusion.lora_places import Place, places_of

NAME = f"lora_unet_{QUERY.replace('.', '_')}"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return make_diffusion(tmp_path_factory.mktemp("sd15")).pipeline


def fitted(pipeline: Any, path: Path, tensors: dict[str, torch.Tensor], **told: str) -> Fitted:
    lora = find_lora(save(path / "a.safetensors", tensors, told or None))
    return fit(pipeline, lora, places_of(pipeline))


def test_all_of_it_fits(pipeline: Any, tmp_path: Path) -> None:
    found = fitted(pipeline, tmp_path, kohya(pipeline.unet, "lora_unet_", [QUERY, "conv_out"]))
    assert set(found.layers) == {Place("unet", QUERY), Place("unet", "conv_out")}
    assert found.notes == []


def test_what_has_no_place_is_counted_and_named(pipeline: Any, tmp_path: Path) -> None:
    tensors = kohya(pipeline.unet, "lora_unet_", [QUERY])
    tensors |= {
        "lora_te2_text_projection.lora_down.weight": torch.ones(2, 4),
        "lora_te2_text_projection.lora_up.weight": torch.ones(4, 2),
        "lora_unet_of_nowhere.alpha": torch.ones(()),
        "bundle_emb.magic.string_to_param": torch.ones(1),
    }
    found = fitted(pipeline, tmp_path, tensors)
    assert len(found.layers) == 1
    [note] = found.notes
    assert note.startswith("4 of the 7 tensors of a.safetensors have no place in the model")
    assert "1 of bundle_emb, 2 of lora_te2, 1 of lora_unet" in note


def test_one_for_another_model_is_told_by_its_shapes(pipeline: Any, tmp_path: Path) -> None:
    """SD 1.5 and SD 2 have the same names: only how wide words are tells them apart."""
    name = f"lora_unet_{QUERY.replace('attn1.to_q', 'attn2.to_k').replace('.', '_')}"
    tensors = kohya(pipeline.unet, "lora_unet_", [QUERY])
    tensors[f"{name}.lora_down.weight"] = torch.ones(2, 768)
    tensors[f"{name}.lora_up.weight"] = torch.ones(16, 2)
    with pytest.raises(WeightsError) as caught:
        fitted(pipeline, tmp_path, tensors)
    error = caught.value
    assert error.what == ("--lora a.safetensors is for SD 1.5, the model is StableDiffusionInpaint")
    assert "attn2.to_k is 16x32 in the model and 2x768 x 16x2 in the file" in error.why
    assert error.fix.startswith("--lora with what was trained for StableDiffusionInpaint")


def test_one_of_which_nothing_fits(pipeline: Any, tmp_path: Path) -> None:
    tensors = {
        "lora_unet_double_blocks_0_img_mlp_0.lora_down.weight": torch.ones(2, 4),
        "lora_unet_double_blocks_0_img_mlp_0.lora_up.weight": torch.ones(4, 2),
    }
    with pytest.raises(WeightsError, match="is for Flux, the model is") as caught:
        fitted(pipeline, tmp_path, tensors)
    assert "none of its 2 tensors belongs to it, such as lora_unet_double" in caught.value.why
    with pytest.raises(WeightsError, match="does not fit the model") as caught:
        fitted(pipeline, tmp_path, {"odd": torch.ones(1)})
    assert "odd" in caught.value.why


@pytest.mark.parametrize(
    ("name", "kind"), [("lora_unet_x.oft_blocks", "OFT"), ("lora_unet_x.on_input", "IA3")]
)
def test_other_methods_are_named(pipeline: Any, tmp_path: Path, name: str, kind: str) -> None:
    tensors = kohya(pipeline.unet, "lora_unet_", [QUERY]) | {name: torch.ones(1)}
    with pytest.raises(WeightsError, match=f"is of the kind {kind}") as caught:
        fitted(pipeline, tmp_path, tensors)
    assert "merge it into its model" in caught.value.fix


@pytest.mark.parametrize("role", ["lora_down", "lora_up"])
def test_half_a_layer(pipeline: Any, tmp_path: Path, role: str) -> None:
    tensors = kohya(pipeline.unet, "lora_unet_", [QUERY])
    del tensors[f"{NAME}.{role}.weight"]
    with pytest.raises(WeightsError, match=r"has of lora_unet_.* only alpha, ") as caught:
        fitted(pipeline, tmp_path, tensors)
    assert caught.value.fix == "download it again, whole"


@pytest.mark.parametrize("shape", [(), (2,), (2, 16, 3, 3)])
def test_shapes_that_make_no_sense(pipeline: Any, tmp_path: Path, shape: tuple[int, ...]) -> None:
    tensors = kohya(pipeline.unet, "lora_unet_", [QUERY])
    tensors[f"{NAME}.lora_down.weight"] = torch.ones(shape)
    with pytest.raises(WeightsError, match="does not fit the model"):
        fitted(pipeline, tmp_path, tensors)


def test_a_bias_where_there_is_none(pipeline: Any, tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        fitted(pipeline, tmp_path, {f"{NAME}.diff_b": torch.ones(16)})
    assert "the bias of unet" in caught.value.why


def test_a_layer_that_is_named_twice(pipeline: Any, tmp_path: Path) -> None:
    tensors = kohya(pipeline.unet, "lora_unet_", [QUERY])
    tensors |= {
        f"unet.{QUERY}.lora_A.weight": torch.ones(2, 16),
        f"unet.{QUERY}.lora_B.weight": torch.ones(16, 2),
    }
    found = fitted(pipeline, tmp_path, tensors)
    assert len(found.layers) == 1 and "2 of the 5 tensors" in found.notes[0]


def test_nobody_says_alpha(pipeline: Any, tmp_path: Path) -> None:
    tensors = kohya(pipeline.unet, "lora_unet_", [QUERY], alpha=None)
    [note] = fitted(pipeline, tmp_path, tensors).notes
    assert note.startswith("a.safetensors does not say its alpha (1 layers): taken as its rank")
    assert fitted(pipeline, tmp_path, tensors, ss_network_alpha="2").notes == []


def test_first_layers_of_other_widths(tmp_path: Path) -> None:
    """Narrower is what a plain UNet has; wider than the model's is another model."""
    plain = make_diffusion(tmp_path, inpainting=False).pipeline
    large = make_diffusion(tmp_path, inpainting=True).pipeline
    wide = kohya(large.unet, "lora_unet_", ["conv_in"])
    narrow = kohya(plain.unet, "lora_unet_", ["conv_in"])
    assert fitted(large, tmp_path, wide).notes == fitted(plain, tmp_path, narrow).notes == []
    [note] = fitted(large, tmp_path, narrow).notes
    assert "for a network of 4 channels" in note
    with pytest.raises(WeightsError, match="does not fit"):
        fitted(plain, tmp_path, wide)


def test_flux_says_what_kohya_calls_its_layers(tmp_path: Path) -> None:
    """There names alone do not tell: one layer of the file is several of the model."""
    pipeline = make_flux(tmp_path)
    name = "lora_unet_single_blocks_0_linear2"
    out = pipeline.transformer.get_submodule("single_transformer_blocks.0.proj_out")
    tensors = {
        f"{name}.lora_down.weight": torch.ones(2, out.in_features),
        f"{name}.lora_up.weight": torch.ones(out.out_features, 2),
        f"{name}.alpha": torch.tensor(1.0),
    }
    found = fitted(pipeline, tmp_path, tensors)
    assert set(found.layers) == {Place("transformer", "single_transformer_blocks.0.proj_out")}
    assert found.notes == []  # its alpha is in what diffusers makes of it
    [roles] = found.layers.values()
    halves = found.opened.read(roles, torch.device("cpu"))
    assert torch.allclose(halves["up"] @ halves["down"], torch.ones(out.weight.shape))
