"""What a LoRA adds to the weight of a layer, of each of the kinds in circulation."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

Tensors = Mapping[str, torch.Tensor]
Shapes = Mapping[str, tuple[int, ...]]

_PAIRS = (
    {"down", "up"},
    {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"},
    {"lokr_w1", "lokr_w2"},
    {"lokr_w1_a", "lokr_w1_b", "lokr_w2"},
    {"lokr_w1", "lokr_w2_a", "lokr_w2_b"},
    {"lokr_w1_a", "lokr_w1_b", "lokr_w2_a", "lokr_w2_b"},
    {"diff"},
    {"weight"},
)  # fmt: skip
"""What belongs together; the rest is beside it."""
_BESIDE = {"alpha", "magnitude", "magnitude_out", "mid", "up_bias", "diff_bias", "bias",
           "hada_t1", "hada_t2", "lokr_t2"}  # fmt: skip


def is_whole(roles: set[str]) -> bool:
    """Whether everything is there that is needed to compute something.

    Args:
        roles: Of the tensors of one layer.
    """
    core = roles - _BESIDE
    return core in _PAIRS or (not core and bool(roles & {"bias", "diff_bias"}))


def size_of(shapes: Shapes) -> int:
    """How many numbers would come of it, told from shapes alone, before any memory is taken.

    Args:
        shapes: Role → shape.
    """
    if "up" in shapes:
        # a convolution in three parts has the kernel's sides in the one in the middle
        kernel = math.prod(shapes.get("mid", (1, 1))[2:])
        return shapes["up"][0] * math.prod(shapes["down"][1:]) * kernel
    if "hada_w1_a" in shapes:
        kernel = math.prod(shapes.get("hada_t1", (1, 1))[2:])
        out = 1 if "hada_t1" in shapes else 0
        return shapes["hada_w1_a"][out] * shapes["hada_w1_b"][1] * kernel
    if "lokr_w1" in shapes or "lokr_w1_a" in shapes:
        kernel = math.prod(shapes.get("lokr_t2", (1, 1))[2:])
        out = 1 if "lokr_t2" in shapes else 0
        one = shapes.get("lokr_w1") or (shapes["lokr_w1_a"][0], shapes["lokr_w1_b"][1])
        two = shapes.get("lokr_w2") or (shapes["lokr_w2_a"][out], shapes["lokr_w2_b"][1])
        two = (*two[:2], math.prod(two[2:]) * kernel)
        return math.prod(one) * math.prod(two)
    return math.prod(shapes.get("diff", shapes.get("weight", (0,))))


def rank_of(shapes: Shapes) -> int:
    """The rank, which alpha is divided by; 0 where nothing is divided.

    Args:
        shapes: Role → shape.
    """
    if "down" in shapes:
        return shapes["down"][0]
    for role in ("hada_w1_b", "lokr_w2_b", "lokr_w1_b"):
        if role in shapes:
            return shapes[role][0]
    return 0


def added_to(base: torch.Tensor, tensors: Tensors, scale: float) -> torch.Tensor:
    """What is added to a weight, at a weight of the LoRA of 1.

    LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685) and LoCon, its convolutions; LoHa
    (https://arxiv.org/abs/2108.06098) and LoKr as LyCORIS has them
    (https://arxiv.org/abs/2309.14859); DoRA (https://arxiv.org/abs/2402.09353) on top of any.

    Args:
        base: float32 weight of the layer, (out, in) or (out, in, h, w).
        tensors: Role → float32 tensor.
        scale: Alpha over rank.

    Returns:
        float32 of the shape of the base.
    """
    if "weight" in tensors:
        return tensors["weight"].reshape(base.shape) - base
    if "diff" in tensors:
        return tensors["diff"].reshape(base.shape)
    if "up" in tensors:
        product = _low_rank(tensors)
    elif "hada_w1_a" in tensors:
        product = _hadamard(tensors)
    else:
        product = _kronecker(tensors)
    added = scale * product.reshape(base.shape)
    if "magnitude" in tensors or "magnitude_out" in tensors:
        return _redirected(base, added, tensors) - base
    return added


def added_to_bias(base: torch.Tensor, tensors: Tensors, scale: float) -> torch.Tensor | None:
    """What is added to a bias, if anything.

    Args:
        base: float32 bias of the layer, (out,).
        tensors: Role → float32 tensor.
        scale: Alpha over rank.

    Returns:
        float32 of the shape of the base, or None.
    """
    if "bias" in tensors:
        return tensors["bias"].reshape(base.shape) - base
    if "diff_bias" in tensors:
        return tensors["diff_bias"].reshape(base.shape)
    if "up_bias" in tensors:
        return scale * tensors["up_bias"].reshape(base.shape)
    return None


def _low_rank(tensors: Tensors) -> torch.Tensor:
    down, up = tensors["down"], tensors["up"]
    if "mid" in tensors:
        down = torch.einsum("rskl,si->rikl", tensors["mid"], down.flatten(1))
    return up.flatten(1) @ down.flatten(1)


def _hadamard(tensors: Tensors) -> torch.Tensor:
    parts = []
    for number in "12":
        one, two = tensors[f"hada_w{number}_a"], tensors[f"hada_w{number}_b"]
        core = tensors.get(f"hada_t{number}")
        parts.append(one @ two if core is None else _cored(core, one, two))
    return parts[0] * parts[1]


def _kronecker(tensors: Tensors) -> torch.Tensor:
    parts = []
    for number in "12":
        whole = tensors.get(f"lokr_w{number}")
        if whole is None:
            one, two = tensors[f"lokr_w{number}_a"], tensors[f"lokr_w{number}_b"]
            core = tensors.get(f"lokr_t{number}")
            # convolutions come with the kernel's sides in the second factor, flat or not
            whole = one @ two.flatten(1) if core is None else _cored(core, one, two)
            if core is None and two.ndim > 2:
                whole = whole.reshape(one.shape[0], *two.shape[1:])
        parts.append(whole)
    first, second = parts
    return torch.kron(first.reshape(*first.shape, *(1,) * (second.ndim - first.ndim)), second)


def _cored(core: torch.Tensor, one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
    """Tucker's form of a convolution: (r, r, h, w) between (r, out) and (r, in)."""
    return torch.einsum("rskl,ro,si->oikl", core, one, two)


def _redirected(base: torch.Tensor, added: torch.Tensor, tensors: Tensors) -> torch.Tensor:
    """DoRA: the direction of the sum, and a length of its own; a row of outputs, or of inputs."""
    whole = (base + added).flatten(1)
    lengths = tensors.get("magnitude_out", tensors.get("magnitude"))
    assert lengths is not None, "asked for"
    count, places = base.shape[0], math.prod(base.shape[2:])
    if "magnitude_out" in tensors or lengths.shape[0] == count:
        norm: torch.Tensor = whole.norm(dim=1, keepdim=True)
        rows: torch.Tensor = (whole * (lengths.reshape(count, 1) / norm)).reshape(base.shape)
        return rows
    columns = whole.reshape(count, base.shape[1], places)
    norm = columns.transpose(0, 1).flatten(1).norm(dim=1).reshape(1, -1, 1)
    turned: torch.Tensor = (columns * (lengths.reshape(1, -1, 1) / norm)).reshape(base.shape)
    return turned
