"""Names of text encoders in single files."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.diffusion.originals import as_transformers, prefix_of  # noqa: E402


def test_prefixes_are_found() -> None:
    assert prefix_of("text_encoder", ["cond_stage_model.model.ln_final.bias"]) == (
        "cond_stage_model.model."
    )
    names = ["conditioner.embedders.0.transformer.a", "conditioner.embedders.1.model.b"]
    assert prefix_of("text_encoder", names) == "conditioner.embedders.0.transformer."
    assert prefix_of("text_encoder_2", names) == "conditioner.embedders.1.model."
    assert prefix_of("text_encoder", ["model.diffusion_model.a"]) == ""
    assert prefix_of("text_encoder_3", names) == ""


@pytest.mark.parametrize("level", ["", "text_model."])
@pytest.mark.parametrize("has", ["", "text_model."])
def test_clip_keeps_its_names_but_for_the_level(level: str, has: str) -> None:
    tensors = {f"{has}final_layer_norm.bias": torch.ones(2)}
    tensors[f"{has}embeddings.position_ids"] = torch.arange(77)
    told = as_transformers(tensors, 2, [f"{level}final_layer_norm.bias"])
    assert list(told) == [f"{level}final_layer_norm.bias"]


def test_open_clip_is_taken_apart() -> None:
    whole = torch.arange(12.0).reshape(6, 2)
    tensors = {
        "transformer.resblocks.0.attn.in_proj_weight": whole,
        "transformer.resblocks.0.attn.in_proj_bias": torch.arange(6.0),
        "transformer.resblocks.0.mlp.c_fc.weight": torch.ones(3),
        "transformer.resblocks.1.ln_1.bias": torch.ones(2),
        "positional_embedding": torch.ones(4),
        "text_projection": torch.arange(6.0).reshape(2, 3),
        "logit_scale": torch.tensor(1.0),
        "stranger": torch.ones(1),
    }
    told = as_transformers(tensors, 1, ["text_model.a", "text_projection.weight"])
    layer = "text_model.encoder.layers.0."
    assert set(told) == {
        *(f"{layer}self_attn.{one}_proj.{end}" for one in "qkv" for end in ("weight", "bias")),
        f"{layer}mlp.fc1.weight",
        "text_model.embeddings.position_embedding.weight",
        "text_projection.weight",
        "text_model.stranger",
    }
    assert torch.equal(told[f"{layer}self_attn.k_proj.weight"], whole[2:4])
    assert torch.equal(told[f"{layer}self_attn.v_proj.bias"], torch.tensor([4.0, 5.0]))
    assert told["text_projection.weight"].shape == (3, 2)
    assert "text_projection.weight" not in as_transformers(tensors, 2, ["a"])
    assert "encoder.layers.1.layer_norm1.bias" in as_transformers(tensors, 2, ["a"])
