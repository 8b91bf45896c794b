from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from hypothesis import given, settings  # noqa: E402 - after the skip
from hypothesis import strategies as st  # noqa: E402

from multiplane.networks.lama.spectral import FourierUnit, SpectralTransform  # noqa: E402


def seeded(module, seed=0):
    torch.manual_seed(seed)
    for value in module.state_dict().values():
        if value.is_floating_point():
            value.uniform_(0.3, 1.2) if value.ndim == 1 else value.normal_(0.0, 0.5)
    return module.eval().requires_grad_(False)


def normed(spectrum, layer):
    state = {key: value.double().numpy() for key, value in layer.state_dict().items()}
    scale = state["weight"] / np.sqrt(state["running_var"] + layer.eps)
    return (spectrum - state["running_mean"][:, None, None]) * scale[:, None, None] + state["bias"][
        :, None, None
    ]


def by_numpy(unit, picture):
    """A Fourier unit in float64, channel by channel."""
    spectrum = np.fft.rfft2(picture, norm="ortho")
    rows = []
    for channel in spectrum:
        rows += [channel.real, channel.imag]
    mixed = np.einsum("oi,ihw->ohw", unit.conv_layer.weight[:, :, 0, 0].double().numpy(), rows)
    mixed = np.maximum(normed(mixed, unit.bn), 0)
    return np.fft.irfft2(mixed[0::2] + 1j * mixed[1::2], s=picture.shape[-2:], norm="ortho")


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), st.integers(1, 9), st.integers(2, 9), st.integers(0, 9))
def test_it_is_the_transform_that_numpy_computes(channels, height, width, seed):
    unit = seeded(FourierUnit(channels), seed)
    picture = torch.randn(2, channels, height, width)
    wanted = np.stack([by_numpy(unit, one.double().numpy()) for one in picture])
    assert np.abs(unit(picture).numpy() - wanted).max() < 1e-5


def test_real_and_imaginary_parts_alternate():
    unit = seeded(FourierUnit(2))
    unit.bn.reset_running_stats()
    unit.bn.weight.fill_(1)
    unit.bn.bias.zero_()
    unit.conv_layer.weight.zero_()
    unit.conv_layer.weight[1, 2, 0, 0] = 1  # imaginary of the first = real of the second
    picture = torch.randn(1, 2, 6, 8)
    real = np.maximum(np.fft.rfft2(picture[0, 1].numpy(), norm="ortho").real, 0)
    wanted = np.fft.irfft2(1j * real / np.sqrt(1 + unit.bn.eps), s=(6, 8), norm="ortho")
    out = unit(picture)[0].numpy()
    assert np.abs(out[0] - wanted).max() < 1e-5
    assert np.abs(out[1]).max() < 1e-6


def test_a_spectral_transform_wraps_it():
    transform = seeded(SpectralTransform(4))
    picture = torch.randn(1, 4, 6, 10)
    first = transform.conv1[0].weight[:, :, 0, 0].double().numpy()
    less = np.einsum("oi,ihw->ohw", first, picture[0].double().numpy())
    less = np.maximum(normed(less, transform.conv1[1]), 0)
    last = transform.conv2.weight[:, :, 0, 0].double().numpy()
    wanted = np.einsum("oi,ihw->ohw", last, less + by_numpy(transform.fu, less))
    assert np.abs(transform(picture)[0].numpy() - wanted).max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_spectrum_stays_float32_under_autocast(dtype):
    unit = seeded(FourierUnit(3))
    seen = []
    unit.conv_layer.register_forward_hook(lambda _, come, leave: seen.extend([*come, leave]))
    picture = torch.randn(1, 3, 12, 20)  # no power of two
    with torch.autocast("cpu", dtype=dtype):
        out = unit(picture.to(dtype))
        again = torch.nn.functional.conv2d(picture, torch.ones(1, 3, 1, 1))
    assert [value.dtype for value in seen] == [torch.float32, torch.float32]
    assert again.dtype == dtype  # autocast goes on after it
    assert out.dtype == dtype
    exact = unit(picture.to(dtype).float())
    assert (out.float() - exact).abs().max() <= torch.finfo(dtype).eps * exact.abs().max()
