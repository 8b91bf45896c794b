"""Fast Fourier convolutions: a local branch of 3x3 windows and a global one of spectra.

Chi, Jiang, Mu, Fast Fourier Convolution, NeurIPS 2020. Features travel as a pair, (local, global).
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import nn
from torch.nn import functional

from multiplane.networks.lama.spectral import SpectralTransform

Pair: TypeAlias = tuple[torch.Tensor, torch.Tensor | None]
"""(B, C, H, W) local features, and global ones of the same size or None where there are none."""


class FastFourierConvolution(nn.Module):
    """Four ways from (local, global) to (local, global); those between empty branches are absent.

    Each picture is padded once by reflection, whichever of its convolutions use it.
    """

    def __init__(
        self, channels_in: tuple[int, int], channels_out: tuple[int, int],
        kernel: int, stride: int = 1, padding: int = 0,
    ) -> None:  # fmt: skip
        """Make one.

        Args:
            channels_in: Of the local and the global branch that come; at least one local.
            channels_out: Of those that leave; at least one local.
            kernel: Side of the windows, px.
            stride: Step of the windows, px; 1 where something global comes in.
            padding: Reflected at each side, px.
        """
        super().__init__()
        local_in, global_in = channels_in
        local_out, global_out = channels_out
        self._padding = (padding,) * 4

        def windows(come: int, leave: int) -> nn.Conv2d:
            return nn.Conv2d(come, leave, kernel, stride, bias=False)

        self.convl2l = windows(local_in, local_out)
        if global_out:
            self.convl2g = windows(local_in, global_out)
        if global_in:
            self.convg2l = windows(global_in, local_out)
        if global_in and global_out:
            self.convg2g = SpectralTransform(global_out)
        self._gives_global = bool(global_out)

    def forward(self, pair: Pair) -> Pair:
        """Run it.

        Args:
            pair: (B, C, H, W) each; the global one is None where none was announced.

        Returns:
            The same at another size where there is a stride.
        """
        far = pair[1]
        near = self._pad(pair[0])
        local = self.convl2l(near)
        wide = self.convl2g(near) if self._gives_global else None
        if far is not None:
            local = local + self.convg2l(self._pad(far))
            wide = wide + self.convg2g(far) if wide is not None else None
        return local, wide

    def _pad(self, seen: torch.Tensor) -> torch.Tensor:
        return functional.pad(seen, self._padding, mode="reflect") if any(self._padding) else seen


class NormedFfc(nn.Module):
    """A :class:`FastFourierConvolution`, batch normalisation and ReLU, branch by branch."""

    def __init__(
        self, channels_in: tuple[int, int], channels_out: tuple[int, int],
        kernel: int, stride: int = 1, padding: int = 0,
    ) -> None:  # fmt: skip
        """Make one; arguments as for :class:`FastFourierConvolution`."""
        super().__init__()
        self.ffc = FastFourierConvolution(channels_in, channels_out, kernel, stride, padding)
        self.bn_l = nn.BatchNorm2d(channels_out[0])
        if channels_out[1]:
            self.bn_g = nn.BatchNorm2d(channels_out[1])

    def forward(self, seen: torch.Tensor | Pair) -> Pair:
        """Run it.

        Args:
            seen: A pair, or a picture (B, C, H, W) where all is local.

        Returns:
            A pair.
        """
        pair = seen if isinstance(seen, tuple) else (seen, None)
        local, wide = self.ffc(pair)
        local = torch.relu_(self.bn_l(local))
        return local, torch.relu_(self.bn_g(wide)) if wide is not None else None


class FfcBlock(nn.Module):
    """Two of them and what came added, branch by branch; nothing is cut off after the sum."""

    def __init__(self, channels: tuple[int, int]) -> None:
        """Make one.

        Args:
            channels: Of the local and the global branch, in and out.
        """
        super().__init__()
        self.conv1 = NormedFfc(channels, channels, kernel=3, padding=1)
        self.conv2 = NormedFfc(channels, channels, kernel=3, padding=1)

    def forward(self, pair: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Run it.

        Args:
            pair: (B, C, H, W) each.

        Returns:
            The same.
        """
        local, wide = self.conv2(self.conv1(pair))
        return pair[0] + local, pair[1] + wide


class Joined(nn.Module):
    """Puts the channels of both branches one after the other."""

    def forward(self, pair: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Join them.

        Args:
            pair: (B, L, H, W) and (B, G, H, W).

        Returns:
            (B, L + G, H, W).
        """
        return torch.cat(pair, dim=1)
