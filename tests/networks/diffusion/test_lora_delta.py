"""What is added is what peft's own layers add, of every kind that it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("peft", reason="needs pip install 'multiplane[neural]'")

import torch
from peft import LoHaConfig, LoKrConfig, LoraConfig, get_peft_model

from multiplane.networks.diffusion.lora_delta import (
    added_to,
    added_to_bias,
    is_whole,
    rank_of,
    size_of,
)
from multiplane.networks.diffusion.lora_keys import group_keys

RANK, ALPHA = 2, 6.0
LAYERS: dict[str, Callable[[], torch.nn.Module]] = {
    "linear": lambda: torch.nn.Linear(12, 8),
    "1x1": lambda: torch.nn.Conv2d(12, 8, 1),
    "3x3": lambda: torch.nn.Conv2d(6, 8, 3, padding=1),
}
KINDS: dict[str, Callable[[], Any]] = {
    "lora": lambda: LoraConfig(r=RANK, lora_alpha=6, target_modules=["0"]),
    "dora": lambda: LoraConfig(r=RANK, lora_alpha=6, target_modules=["0"], use_dora=True),
    "loha": lambda: LoHaConfig(r=RANK, alpha=6, target_modules=["0"]),
    "loha, cored": lambda: LoHaConfig(
        r=RANK, alpha=6, target_modules=["0"], use_effective_conv2d=True
    ),
    "lokr": lambda: LoKrConfig(r=RANK, alpha=6, target_modules=["0"]),
    "lokr, both": lambda: LoKrConfig(
        r=1, alpha=3, target_modules=["0"], decompose_both=True, decompose_factor=4
    ),
    "lokr, cored": lambda: LoKrConfig(
        r=1, alpha=3, target_modules=["0"], use_effective_conv2d=True
    ),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::UserWarning:peft")
def test_as_peft_merges_it(kind: str, layer: str) -> None:
    torch.manual_seed(0)
    plain = LAYERS[layer]()
    base = plain.weight.detach().clone()
    model = get_peft_model(torch.nn.Sequential(plain), KINDS[kind]())
    held = {}
    for name, value in model.named_parameters():
        if "base_layer" not in name:
            value.data = torch.randn_like(value)
            # peft ends the names of LoHa and LoKr with the adapter's
            plain_name = name.removesuffix(".default") if "magnitude" not in name else name
            held[plain_name] = value.detach().clone()
    layers, unknown = group_keys(held)
    assert not unknown and len(layers) == 1
    [roles] = layers.values()
    tensors = {role: held[name] for role, name in roles.items()}
    shapes = {role: tuple(one.shape) for role, one in tensors.items()}
    assert is_whole(set(tensors))
    assert size_of(shapes) == base.numel()
    rank = rank_of(shapes)
    if kind.startswith("lokr"):  # LyCORIS divides nothing where both factors are whole; peft does
        assert rank == (1 if any(role.endswith("_b") for role in tensors) else 0)
    else:
        assert rank == RANK
    wanted = model.merge_and_unload()[0].weight.detach()
    got = base + added_to(base, tensors, ALPHA / RANK)
    assert torch.allclose(got, wanted, atol=1e-4 * wanted.abs().max().item())


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_convolution_in_three_parts(kernel: int) -> None:
    """LyCORIS with ``use_tucker``: a narrow convolution between two of a pixel."""
    chance = torch.Generator().manual_seed(0)
    down = torch.randn(2, 6, 1, 1, generator=chance)
    mid = torch.randn(2, 2, kernel, kernel, generator=chance)
    up = torch.randn(8, 2, 1, 1, generator=chance)
    seen = torch.randn(1, 6, 5, 5, generator=chance)
    conv = torch.nn.functional.conv2d
    wanted = conv(conv(conv(seen, down), mid, padding=kernel // 2), up)
    tensors = {"down": down, "mid": mid, "up": up}
    added = added_to(torch.zeros(8, 6, kernel, kernel), tensors, 0.5)
    assert size_of({role: tuple(one.shape) for role, one in tensors.items()}) == added.numel()
    assert torch.allclose(conv(seen, added, padding=kernel // 2), 0.5 * wanted, atol=1e-4)


@pytest.mark.parametrize("shape", [(8, 12), (8, 6, 3, 3)])
def test_lengths_of_rows_and_of_columns(shape: tuple[int, ...]) -> None:
    """LyCORIS has lengths of outputs (out, 1) or of inputs (1, in); the direction is the sum's."""
    torch.manual_seed(0)
    base, down, up = torch.randn(shape), torch.randn(2, *shape[1:]), torch.randn(shape[0], 2)
    ones = (1,) * (len(shape) - 2)
    summed = base + 0.5 * (up @ down.flatten(1)).reshape(shape)
    for axis, lengths in (
        (0, torch.rand(shape[0], 1, *ones) + 1),
        (1, torch.rand(1, shape[1], *ones) + 1),
    ):
        got = base + added_to(base, {"down": down, "up": up, "magnitude": lengths}, 0.5)
        others = [k for k in range(len(shape)) if k != axis]
        assert torch.allclose(got.pow(2).sum(dim=others).sqrt(), lengths.flatten(), atol=1e-4)
        alike = torch.cosine_similarity(
            got.transpose(0, axis).flatten(1), summed.transpose(0, axis).flatten(1)
        )
        assert torch.allclose(alike, torch.ones_like(alike), atol=1e-5)


def test_differences_and_whole_layers() -> None:
    base = torch.ones(2, 3)
    given = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(added_to(base, {"diff": given}, 9.0), given)
    assert torch.equal(base + added_to(base, {"weight": given}, 9.0), given)
    assert rank_of({"diff": (2, 3)}) == rank_of({"weight": (2, 3)}) == 0


def test_biases() -> None:
    base, given = torch.ones(3), torch.arange(3.0)
    assert added_to_bias(base, {}, 2.0) is None
    for role, wanted in (("bias", given - base), ("diff_bias", given), ("up_bias", 2 * given)):
        added = added_to_bias(base, {role: given}, 2.0)
        assert added is not None and torch.equal(added, wanted)


@pytest.mark.parametrize(
    "roles",
    [{"down"}, {"up", "alpha"}, {"hada_w1_a", "hada_w1_b"}, {"lokr_w1"}, {"magnitude"}, set(),
     {"down", "up", "lokr_w1"}],
)  # fmt: skip
def test_halves_are_not_whole(roles: set[str]) -> None:
    assert not is_whole(roles)


@pytest.mark.parametrize(
    ("shapes", "size"),
    [
        ({"down": (4, 6), "up": (8, 4)}, 48),
        ({"down": (4, 6, 3, 3), "up": (8, 4, 1, 1)}, 8 * 6 * 9),
        ({"lokr_w1": (2, 3), "lokr_w2": (4, 2, 3, 3)}, 8 * 6 * 9),
        ({"diff": (2, 3)}, 6),
    ],
)
def test_sizes_are_told_from_shapes(shapes: dict[str, tuple[int, ...]], size: int) -> None:
    assert size_of(shapes) == size
