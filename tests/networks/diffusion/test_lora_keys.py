from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from hypothesis import given
from hypothesis import strategies as st

from multiplane.networks.diffusion.lora_keys import Key, foreign_kind, group_keys, read_key

LISTS = Path(__file__).resolve().parents[4] / "shared" / "interop" / "keys"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("lora_unet_conv_in.lora_down.weight", Key("lora_unet_conv_in", "down")),
        ("lora_unet_conv_in.lora_up.weight", Key("lora_unet_conv_in", "up")),
        ("lora_unet_conv_in.lora_mid.weight", Key("lora_unet_conv_in", "mid")),
        ("lora_unet_conv_in.alpha", Key("lora_unet_conv_in", "alpha")),
        ("lora_unet_conv_in.dora_scale", Key("lora_unet_conv_in", "magnitude")),
        ("lora_unet_conv_in.diff", Key("lora_unet_conv_in", "diff")),
        ("lora_unet_conv_in.diff_b", Key("lora_unet_conv_in", "diff_bias")),
        ("lora_unet_x.hada_w1_a", Key("lora_unet_x", "hada_w1_a")),
        ("lora_unet_x.hada_t2", Key("lora_unet_x", "hada_t2")),
        ("lora_unet_x.lokr_w1", Key("lora_unet_x", "lokr_w1")),
        ("lora_unet_x.lokr_w2_b", Key("lora_unet_x", "lokr_w2_b")),
        ("unet.a.to_q.lora_A.weight", Key("unet.a.to_q", "down")),
        ("unet.a.to_q.lora_B.weight", Key("unet.a.to_q", "up")),
        ("unet.a.to_q.lora_B.bias", Key("unet.a.to_q", "up_bias")),
        ("base_model.model.a.to_q.lora_A.default_0.weight", Key("a.to_q", "down")),
        ("unet.base_model.model.a.base_layer.weight", Key("unet.a", "weight")),
        ("a.to_q.lora_magnitude_vector.default", Key("a.to_q", "magnitude_out")),
        ("a.to_q.lora_magnitude_vector.weight", Key("a.to_q", "magnitude_out")),
        ("a.to_q.lora_magnitude_vector.default.weight", Key("a.to_q", "magnitude_out")),
        ("a.to_q.lora_magnitude_vector", Key("a.to_q", "magnitude_out")),
        ("unet.a.to_q.lora.down.weight", Key("unet.a.to_q", "down")),
        ("unet.a.to_q.lora.alpha", Key("unet.a.to_q", "alpha")),
        ("text_encoder.q_proj.lora_linear_layer.up.weight", Key("text_encoder.q_proj", "up")),
        ("a.attn1.processor.to_q_lora.down.weight", Key("a.attn1.to_q", "down")),
        ("a.attn1.processor.to_out_lora.up.weight", Key("a.attn1.to_out.0", "up")),
        ("a.attn.processor.add_k_proj_lora.up.weight", Key("a.attn.add_k_proj", "up")),
        (
            "text_encoder.l.self_attn.to_v_lora.up.weight",
            Key("text_encoder.l.self_attn.to_v", "up"),
        ),
        ("mid_block.resnets.0.conv1.bias", Key("mid_block.resnets.0.conv1", "bias")),
        ("something", None),
        ("a.to_q.oft_blocks", None),
    ],
)
def test_what_a_name_says(name: str, key: Key | None) -> None:
    assert read_key(name) == key


def test_tensors_of_a_layer_come_together() -> None:
    layers, unknown = group_keys(["a.lora_A.weight", "odd", "b.alpha", "a.lora_B.weight"])
    assert layers == {
        "a": {"down": "a.lora_A.weight", "up": "a.lora_B.weight"}, "b": {"alpha": "b.alpha"},
    }  # fmt: skip
    assert unknown == ["odd"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lora_unet_x.oft_blocks", "OFT"),
        ("lora_unet_x.on_input", "IA3"),
        ("lora_unet_x.a1.weight", "GLoRA"),
        ("lora_unet_x.lora_down.weight", ""),
    ],
)
def test_methods_that_are_not_added(name: str, kind: str) -> None:
    assert foreign_kind(name) == kind


@given(name=st.text(max_size=80))
def test_any_name_is_answered(name: str) -> None:
    layers, unknown = group_keys([name])
    assert len(layers) + len(unknown) == 1


@pytest.mark.skipif(not LISTS.is_dir(), reason="needs the lists of names beside the checkout")
@pytest.mark.parametrize(("file", "count"), [("sd15", 264), ("sdxl", 986)])
def test_all_names_of_kohya(file: str, count: int) -> None:
    layers, unknown = group_keys((LISTS / f"{file}_kohya_keys.txt").read_text().split())
    assert (len(layers), unknown) == (count, [])
    assert {frozenset(roles) for roles in layers.values()} == {frozenset({"down", "up", "alpha"})}
