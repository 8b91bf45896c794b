"""The global branch of a fast Fourier convolution: what one layer needs to see a whole picture.

Chi, Jiang, Mu, Fast Fourier Convolution, NeurIPS 2020; as LaMa uses it: Suvorov et al. 2021
(https://arxiv.org/abs/2109.07161).
"""

from __future__ import annotations

import torch
from torch import nn


class FourierUnit(nn.Module):
    """A 1x1 convolution of the spectrum; always computed in float32.

    FFTs know neither bfloat16 nor, beyond powers of two, float16, and the lowest frequency is as
    large as the sum of the picture: autocast is left here and entered again after.
    """

    def __init__(self, channels: int) -> None:
        """Make one.

        Args:
            channels: Of the picture, in and out; the spectrum has twice as many.
        """
        super().__init__()
        self.conv_layer = nn.Conv2d(2 * channels, 2 * channels, kernel_size=1, bias=False)
        self.bn = nn.BatchNorm2d(2 * channels)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """Transform, convolve, transform back.

        Args:
            seen: (B, C, H, W).

        Returns:
            (B, C, H, W), of the type that came.
        """
        with torch.autocast(seen.device.type, enabled=False):
            spectrum = torch.fft.rfft2(seen.float(), norm="ortho")
            # channels alternate: real part of the first, imaginary part of the first, ...
            parts = torch.view_as_real(spectrum).permute(0, 1, 4, 2, 3).flatten(1, 2)
            parts = torch.relu(self.bn(self.conv_layer(parts)))
            height, width = parts.shape[-2:]
            pairs = parts.view(len(seen), -1, 2, height, width).permute(0, 1, 3, 4, 2).contiguous()
            spectrum = torch.view_as_complex(pairs)
            back: torch.Tensor = torch.fft.irfft2(spectrum, s=seen.shape[-2:], norm="ortho")
        return back.to(seen.dtype)


class SpectralTransform(nn.Module):
    """A :class:`FourierUnit` between two 1x1 convolutions, at half of the channels."""

    def __init__(self, channels: int) -> None:
        """Make one.

        Args:
            channels: In and out; even.
        """
        super().__init__()
        half = channels // 2
        self.conv1 = nn.Sequential(
            nn.Conv2d(channels, half, kernel_size=1, bias=False), nn.BatchNorm2d(half), nn.ReLU()
        )
        self.fu = FourierUnit(half)
        self.conv2 = nn.Conv2d(half, channels, kernel_size=1, bias=False)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """Run it.

        Args:
            seen: (B, C, H, W).

        Returns:
            (B, C, H, W).
        """
        less = self.conv1(seen)
        out: torch.Tensor = self.conv2(less + self.fu(less))
        return out
