"""LoRAs change what layers give by what their files say, whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

import accelerate
import torch
from tiny_lora import QUERY, down_and_up, kohya, make_diffusion, product, save

from multiplane.core.errors import BackendError, WeightsError
from multiplane.hub.loras import find_lora
from multiplane.networks.diffusion.loaded import Diffusion
from multiplane.networks.diffusion.lora import add_loras

CONV = "down_blocks.0.resnets.0.conv1"
WORDS = "encoder.layers.0.self_attn.q_proj"


@pytest.fixture
def diffusion(tmp_path: Path) -> Diffusion:
    return make_diffusion(tmp_path)


def state(diffusion: Diffusion) -> dict[str, torch.Tensor]:
    pipeline = diffusion.pipeline
    return {
        f"{part}.{name}": tensor.clone()
        for part in ("unet", "text_encoder")
        for name, tensor in getattr(pipeline, part).state_dict().items()
    }


def changed(before: dict[str, torch.Tensor], diffusion: Diffusion) -> set[str]:
    return {name for name, now in state(diffusion).items() if not torch.equal(now, before[name])}


def test_a_layer_gives_what_the_file_says(diffusion: Diffusion, tmp_path: Path) -> None:
    """The output of a layer = as before + weight * alpha / rank * up(down(x))."""
    layer = diffusion.pipeline.unet.get_submodule(QUERY)
    tensors = kohya(diffusion.pipeline.unet, "lora_unet_", [QUERY], alpha=0.5, rank=4)
    file = save(tmp_path / "a.safetensors", tensors)
    seen = torch.randn(3, layer.in_features)
    down, up = down_and_up(layer.weight, 4)
    wanted = layer(seen) + 0.7 * 0.5 / 4 * (seen @ down.T @ up.T)
    before = state(diffusion)
    [added] = add_loras(diffusion, [f"{file}@0.7"])
    assert torch.allclose(layer(seen), wanted, atol=1e-5)
    assert changed(before, diffusion) == {f"unet.{QUERY}.weight"}
    assert (added.file, added.weight, added.modules) == ("a.safetensors", 0.7, 1)
    assert (added.kind, added.tensors) == ("LoRA", 3)
    assert added.sha256 == find_lora(file).sha256() and added.notes == ()


def test_a_weight_of_nothing_changes_nothing(diffusion: Diffusion, tmp_path: Path) -> None:
    file = save(tmp_path / "a.safetensors", kohya(diffusion.pipeline.unet, "lora_unet_", [QUERY]))
    before = state(diffusion)
    assert add_loras(diffusion, [f"{file}@0"])[0].modules == 1
    assert changed(before, diffusion) == set()
    assert add_loras(diffusion, []) == []


def test_several_add_up(tmp_path: Path) -> None:
    """In any order, since all of a layer is added at once."""
    one, two = (make_diffusion(tmp_path / name) for name in "ab")
    unet = one.pipeline.unet
    base = unet.get_submodule(QUERY).weight.double()
    files = [
        save(tmp_path / "a.safetensors", kohya(unet, "lora_unet_", [QUERY])),
        save(tmp_path / "b.safetensors", kohya(unet, "lora_unet_", [CONV, QUERY], rank=3)),
    ]
    parts = [product(*down_and_up(base, 2, 0)) / 2, product(*down_and_up(base, 3, 1)) / 3]
    add_loras(one, [f"{files[0]}@0.5", f"{files[1]}@-1"])
    add_loras(two, [f"{files[1]}@-1", f"{files[0]}@0.5"])
    wanted = base + 0.5 * parts[0] - parts[1]
    assert (one.pipeline.unet.get_submodule(QUERY).weight - wanted).abs().max() < 1e-6
    for name, tensor in state(one).items():
        assert torch.allclose(tensor, state(two)[name], atol=1e-6)


def test_half_precision_is_rounded_once(diffusion: Diffusion, tmp_path: Path) -> None:
    diffusion.pipeline.to(torch.bfloat16)
    unet = diffusion.pipeline.unet
    base = unet.get_submodule(QUERY).weight.float()
    file = save(tmp_path / "a.safetensors", kohya(unet, "lora_unet_", [QUERY]))
    add_loras(diffusion, [file])
    wanted = (base + (product(*down_and_up(base)) / 2).float()).to(torch.bfloat16)
    assert torch.equal(unet.get_submodule(QUERY).weight, wanted)


@pytest.mark.parametrize("begin", ["lora_te_text_model_", "lora_te1_text_model_", "lora_te_"])
def test_what_reads_words_is_changed_too(diffusion: Diffusion, tmp_path: Path, begin: str) -> None:
    encoder = diffusion.pipeline.text_encoder
    base = encoder.get_submodule(WORDS).weight.double()
    file = save(tmp_path / "a.safetensors", kohya(encoder, begin, [WORDS], alpha=None))
    before = state(diffusion)
    [added] = add_loras(diffusion, [file])
    assert changed(before, diffusion) == {f"text_encoder.{WORDS}.weight"}
    wanted = base + product(*down_and_up(base))
    assert (encoder.get_submodule(WORDS).weight - wanted).abs().max() < 1e-6
    assert "does not say its alpha" in added.notes[0]


def test_the_second_encoder_of_sdxl(tmp_path: Path) -> None:
    diffusion = make_diffusion(tmp_path, "sdxl")
    second = diffusion.pipeline.text_encoder_2
    path = f"text_model.{WORDS}"
    base = second.get_submodule(path).weight.double()
    tensors = kohya(second, "lora_te2_", [path, "text_projection"], alpha=2.0)
    assert "lora_te2_text_model_encoder_layers_0_self_attn_q_proj.alpha" in tensors
    [added] = add_loras(diffusion, [save(tmp_path / "a.safetensors", tensors)])
    assert added.modules == 2
    wanted = base + product(*down_and_up(base))
    assert (second.get_submodule(path).weight - wanted).abs().max() < 1e-6


def _diffusers(down: torch.Tensor, up: torch.Tensor, begin: str) -> dict[str, torch.Tensor]:
    return {f"{begin}.lora_A.weight": down, f"{begin}.lora_B.weight": up}


WRITERS: dict[str, Callable[[torch.Tensor, torch.Tensor], dict[str, torch.Tensor]]] = {
    "diffusers": lambda d, u: _diffusers(d, u, f"unet.{QUERY}"),
    "diffusers, no part": lambda d, u: _diffusers(d, u, QUERY),
    "peft": lambda d, u: _diffusers(d, u, f"base_model.model.{QUERY}"),
    "peft in a part": lambda d, u: _diffusers(d, u, f"unet.base_model.model.{QUERY}"),
    "peft, named": lambda d, u: {
        f"base_model.model.{QUERY}.lora_A.default.weight": d,
        f"base_model.model.{QUERY}.lora_B.default.weight": u,
    },
    "older diffusers": lambda d, u: {
        f"unet.{QUERY}.lora.down.weight": d, f"unet.{QUERY}.lora.up.weight": u,
    },
    "attention processors": lambda d, u: {
        f"{QUERY.rpartition('.')[0]}.processor.to_q_lora.down.weight": d,
        f"{QUERY.rpartition('.')[0]}.processor.to_q_lora.up.weight": u,
    },
    "attention processors of a part": lambda d, u: {
        f"unet.{QUERY.rpartition('.')[0]}.processor.to_q_lora.down.weight": d,
        f"unet.{QUERY.rpartition('.')[0]}.processor.to_q_lora.up.weight": u,
    },
    "original code": lambda d, u: {
        "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight": d,
        "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_up.weight": u,
    },
    "LyCORIS": lambda d, u: {
        f"lycoris_{QUERY.replace('.', '_')}.lora_down.weight": d,
        f"lycoris_{QUERY.replace('.', '_')}.lora_up.weight": u,
    },
}  # fmt: skip


@pytest.mark.parametrize("writer", WRITERS)
def test_whoever_wrote_it(diffusion: Diffusion, tmp_path: Path, writer: str) -> None:
    layer = diffusion.pipeline.unet.get_submodule(QUERY)
    base = layer.weight.double()
    halves = down_and_up(base)
    file = save(tmp_path / "lora_unet.safetensors", WRITERS[writer](*halves))
    before = state(diffusion)
    [added] = add_loras(diffusion, [file])
    assert changed(before, diffusion) == {f"unet.{QUERY}.weight"}
    assert (layer.weight - base - product(*halves)).abs().max() < 1e-6
    assert f"{file.rpartition('/')[2]}@ALPHA/RANK" in added.notes[0]


def test_as_diffusers_itself_writes_and_reads(tmp_path: Path) -> None:
    """Saved by diffusers with its alphas; the same picture as with diffusers' own loader."""
    from peft import LoraConfig  # noqa: PLC0415 - takes its time

    trained, theirs, ours = (make_diffusion(tmp_path / name).pipeline for name in "abc")
    config = LoraConfig(
        r=8, lora_alpha=2, target_modules=["to_q", "to_out.0", "conv1"], rank_pattern={"conv1": 4},
        alpha_pattern={"conv1": 12}, init_lora_weights=False,
    )  # fmt: skip
    torch.manual_seed(0)
    trained.unet.add_adapter(config)
    trained.unet.save_lora_adapter(tmp_path / "unet")
    layers = {name: tensor for name, tensor in _lora_state(trained.unet).items()}
    type(trained).save_lora_weights(
        tmp_path / "whole", unet_lora_layers=layers,
        unet_lora_adapter_metadata=_plain(trained.unet.peft_config["default"].to_dict()),
    )  # fmt: skip
    theirs.load_lora_weights(tmp_path / "whole", adapter_name="x")
    seen, words = torch.randn(1, 9, 8, 8), torch.randn(1, 77, 32)
    with torch.inference_mode():
        wanted = theirs.unet(seen, 500, words).sample
        plain = ours.unet(seen, 500, words).sample
    opened = make_diffusion(tmp_path / "d")
    [added] = add_loras(opened, [str(tmp_path / "whole")])
    assert added.notes == () and added.modules > 8
    with torch.inference_mode():
        got = opened.pipeline.unet(seen, 500, words).sample
    assert (got - wanted).abs().max() < 1e-4
    assert (plain - wanted).abs().max() > 1e-1
    again = make_diffusion(tmp_path / "e")
    [same] = add_loras(again, [str(tmp_path / "unet")])
    assert same.notes == ()
    assert torch.equal(again.pipeline.unet(seen, 500, words).sample, got)


def _lora_state(network: Any) -> dict[str, torch.Tensor]:
    from peft import get_peft_model_state_dict  # noqa: PLC0415

    return dict(get_peft_model_state_dict(network))


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    return {key: list(one) if isinstance(one, set) else one for key, one in config.items()}


def test_alpha_of_peft_lies_beside(diffusion: Diffusion, tmp_path: Path) -> None:
    layer = diffusion.pipeline.unet.get_submodule(QUERY)
    base = layer.weight.double()
    halves = down_and_up(base, 4)
    save(tmp_path / "adapter_model.safetensors", WRITERS["peft"](*halves))
    config = {"lora_alpha": 2, "use_rslora": True, "alpha_pattern": {"to_k": 100}}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    [added] = add_loras(diffusion, [str(tmp_path)])
    assert (layer.weight - base - product(*halves) * 2 / 2).abs().max() < 1e-5
    assert added.notes == ()


def test_layers_as_a_whole_take_the_place(diffusion: Diffusion, tmp_path: Path) -> None:
    """As fine-tuning of some layers saves them; a weight of a half is half the way."""
    layer = diffusion.pipeline.unet.get_submodule(CONV)
    base = layer.weight.clone()
    wanted = {"weight": torch.randn_like(base), "bias": torch.randn_like(layer.bias)}
    file = save(tmp_path / "a.safetensors", {f"{CONV}.{k}": v for k, v in wanted.items()})
    add_loras(diffusion, [f"{file}@0.5"])
    assert torch.allclose(layer.weight, (base + wanted["weight"]) / 2, atol=1e-6)
    add_loras(diffusion, [file])
    assert torch.allclose(layer.weight, wanted["weight"], atol=1e-6)
    assert torch.allclose(layer.bias, wanted["bias"], atol=1e-6)


def tuned(network: Any, some: str, begin: str = "") -> dict[str, torch.Tensor]:
    """What a script saves that trained some of a network's layers: they, under their names."""
    chance = torch.Generator().manual_seed(3)
    return {
        begin + name: tensor + 0.1 * torch.randn(tensor.shape, generator=chance)
        for name, tensor in network.state_dict().items()
        if some in name
    }


@pytest.mark.parametrize(
    ("kind", "some", "begin"),
    [("sd15", "attn", ""), ("sd2", "attn1.to_q", "unet."), ("sdxl", "attn", "module."),
     ("sd15", "", ""), ("sdxl", "", "unet.")],
)  # fmt: skip
def test_a_part_of_a_network_takes_its_place(
    tmp_path: Path, kind: Any, some: str, begin: str
) -> None:
    """Attention's projections, or all there is: linear, convolutions, norms and biases."""
    diffusion = make_diffusion(tmp_path, kind)
    unet = diffusion.pipeline.unet
    tensors = tuned(unet, some, begin)
    before = state(diffusion)
    [added] = add_loras(diffusion, [save(tmp_path / "unet_partial_tuned.safetensors", tensors)])
    assert changed(before, diffusion) == {f"unet.{name.removeprefix(begin)}" for name in tensors}
    now = unet.state_dict()
    for name, tensor in tensors.items():
        assert torch.allclose(now[name.removeprefix(begin)], tensor, atol=1e-6)
    assert (added.kind, added.tensors, added.notes) == ("layers", len(tensors), ())
    assert 0 < added.modules <= added.tensors


def test_a_part_of_another_network_is_refused(diffusion: Diffusion, tmp_path: Path) -> None:
    before = state(diffusion)
    more = tuned(diffusion.pipeline.unet, "attn1") | {
        "up_blocks.9.attn1.to_q.weight": torch.ones(2)
    }
    with pytest.raises(WeightsError, match=r"1 of its \d+ tensors have no place") as caught:
        add_loras(diffusion, [save(tmp_path / "a.safetensors", more)])
    assert "up_blocks.9.attn1.to_q.weight" in caught.value.why and "--model" in caught.value.fix
    other = make_diffusion(tmp_path / "other", "sd2")
    wide = {
        name: torch.ones(tensor.shape[0], 768) if "attn2.to_k" in name else tensor
        for name, tensor in tuned(other.pipeline.unet, "attn2").items()
    }
    with pytest.raises(WeightsError, match=r"is for SD 1\.5, the model is") as caught:
        add_loras(diffusion, [save(tmp_path / "b.safetensors", wide)])
    assert caught.value.fix.startswith("--lora with what was trained for")
    assert changed(before, diffusion) == set()


def test_a_first_layer_that_knows_no_mask(diffusion: Diffusion, tmp_path: Path) -> None:
    """A LoRA of a plain UNet on one for inpainting: the latents come first."""
    layer = diffusion.pipeline.unet.conv_in
    base = layer.weight.clone()
    narrow = torch.zeros(16, 4, 3, 3)
    down, up = down_and_up(narrow)
    name = "lora_unet_conv_in"
    tensors = {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
    tensors[f"{name}.alpha"] = torch.tensor(2.0)
    [added] = add_loras(diffusion, [save(tmp_path / "a.safetensors", tensors)])
    assert torch.equal(layer.weight[:, 4:], base[:, 4:])
    assert (layer.weight[:, :4] - base[:, :4] - product(down, up)).abs().max() < 1e-5
    assert "leaves mask and known picture as they are" in added.notes[0]


def test_weights_that_wait_for_their_turn(tmp_path: Path) -> None:
    """With sequential offload a layer has no numbers until it works."""
    one, two = (make_diffusion(tmp_path / name) for name in "ab")
    accelerate.cpu_offload(two.pipeline.unet, torch.device("cpu"))
    assert two.pipeline.unet.get_submodule(QUERY).weight.is_meta
    file = save(tmp_path / "a.safetensors", kohya(one.pipeline.unet, "lora_unet_", [QUERY, CONV]))
    seen, words = torch.randn(1, 9, 8, 8), torch.randn(1, 77, 32)
    with torch.inference_mode():
        plain = one.pipeline.unet(seen, 500, words).sample
        add_loras(one, [file])
        add_loras(two, [file])
        wanted, got = (made.pipeline.unet(seen, 500, words).sample for made in (one, two))
    assert torch.equal(got, wanted) and not torch.equal(got, plain)


def test_weights_that_are_nowhere(tmp_path: Path) -> None:
    diffusion = make_diffusion(tmp_path)
    file = save(tmp_path / "a.safetensors", kohya(diffusion.pipeline.unet, "lora_unet_", [QUERY]))
    diffusion.pipeline.unet.to("meta")
    with pytest.raises(WeightsError, match="has no numbers") as caught:
        add_loras(diffusion, [file])
    assert "--offload" in caught.value.fix


def test_nothing_is_changed_when_one_of_them_is_bad(diffusion: Diffusion, tmp_path: Path) -> None:
    good = save(tmp_path / "a.safetensors", kohya(diffusion.pipeline.unet, "lora_unet_", [QUERY]))
    before = state(diffusion)
    with pytest.raises(WeightsError, match="is not there"):
        add_loras(diffusion, [good, str(tmp_path / "no.safetensors")])
    assert changed(before, diffusion) == set()


def test_what_pytorch_cannot_do_is_said(diffusion: Diffusion, tmp_path: Path) -> None:
    """Shapes whose product has the right size by chance and cannot be multiplied."""
    name = f"lora_unet_{QUERY.replace('.', '_')}"
    tensors = {f"{name}.lora_down.weight": torch.ones(2, 16)}
    tensors[f"{name}.lora_up.weight"] = torch.ones(16, 3)
    with pytest.raises(BackendError, match="could not be added") as caught:
        add_loras(diffusion, [save(tmp_path / "a.safetensors", tensors)])
    assert "one by one" in caught.value.fix
