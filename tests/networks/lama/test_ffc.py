from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from torch import nn  # noqa: E402 - after the skip

from multiplane.networks.lama.ffc import (  # noqa: E402
    FastFourierConvolution,
    FfcBlock,
    Joined,
    NormedFfc,
)


def reflected(weight, stride, picture):
    """A plain convolution with the same weight, padded by torch's own reflection."""
    leave, come, side, _ = weight.shape
    plain = nn.Conv2d(come, leave, side, stride, side // 2, bias=False, padding_mode="reflect")
    plain.load_state_dict({"weight": weight})
    return plain(picture)


@torch.no_grad()
def test_all_local_is_a_convolution_with_reflected_borders():
    torch.manual_seed(0)
    convolution = FastFourierConvolution((3, 0), (5, 0), kernel=3, stride=2, padding=1)
    assert list(convolution.state_dict()) == ["convl2l.weight"]
    picture = torch.randn(2, 3, 8, 12)
    local, wide = convolution((picture, None))
    assert wide is None
    assert torch.allclose(local, reflected(convolution.convl2l.weight, 2, picture), atol=1e-6)


@torch.no_grad()
def test_the_last_halving_opens_the_global_branch():
    torch.manual_seed(0)
    convolution = FastFourierConvolution((3, 0), (2, 6), kernel=3, stride=2, padding=1)
    picture = torch.randn(1, 3, 8, 8)
    local, wide = convolution((picture, None))
    assert (local.shape[1], wide.shape[1]) == (2, 6)
    assert torch.allclose(wide, reflected(convolution.convl2g.weight, 2, picture), atol=1e-6)


@torch.no_grad()
def test_each_branch_is_the_sum_of_both_ways_to_it():
    torch.manual_seed(0)
    convolution = FastFourierConvolution((2, 6), (2, 6), kernel=3, padding=1).eval()
    local, wide = torch.randn(1, 2, 8, 8), torch.randn(1, 6, 8, 8)
    out_local, out_wide = convolution((local, wide))
    l2l = reflected(convolution.convl2l.weight, 1, local)
    l2g = reflected(convolution.convl2g.weight, 1, local)
    g2l = reflected(convolution.convg2l.weight, 1, wide)
    assert torch.allclose(out_local, l2l + g2l, atol=1e-6)
    assert torch.allclose(out_wide, l2g + convolution.convg2g(wide), atol=1e-6)


@torch.no_grad()
def test_normalised_and_cut_off_branch_by_branch():
    torch.manual_seed(0)
    layer = NormedFfc((2, 6), (2, 6), kernel=3, padding=1).eval()
    layer.bn_l.bias.fill_(0.3)
    layer.bn_g.running_mean.fill_(0.2)
    pair = torch.randn(1, 2, 8, 8), torch.randn(1, 6, 8, 8)
    local, wide = layer.ffc(pair)
    out = layer(pair)
    assert torch.equal(out[0], layer.bn_l(local).clamp_min(0))
    assert torch.equal(out[1], layer.bn_g(wide).clamp_min(0))


@torch.no_grad()
def test_a_block_adds_what_came_and_cuts_nothing_off():
    torch.manual_seed(0)
    block = FfcBlock((2, 6)).eval()
    pair = torch.randn(1, 2, 8, 8), torch.randn(1, 6, 8, 8)
    before = [branch.clone() for branch in pair]
    inner = block.conv2(block.conv1(pair))
    out = block(pair)
    for came, added, left in zip(before, inner, out, strict=True):
        assert torch.equal(left, came + added)
        assert (left < 0).any()
    assert all(torch.equal(a, b) for a, b in zip(before, pair, strict=True))  # nothing in place


def test_joined_puts_the_local_branch_first():
    joined = Joined()((torch.zeros(1, 1, 2, 2), torch.ones(1, 3, 2, 2)))
    assert joined[0, :, 0, 0].tolist() == [0, 1, 1, 1]
