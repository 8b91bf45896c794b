"""The generator of LaMa, key for key with big-lama (18 blocks) and LaMa-Fourier (9).

Suvorov et al., Resolution-robust Large Mask Inpainting with Fourier Convolutions, WACV 2022
(https://arxiv.org/abs/2109.07161).
"""

from __future__ import annotations

import torch
from torch import nn

from multiplane.core.errors import InputError
from multiplane.networks.lama.ffc import FfcBlock, Joined, NormedFfc

LEAST_SIDE = 16
"""The smallest side of a picture, px: at an eighth of 8 px there is nothing left to reflect."""
STEP = 8
"""Sides are multiples of this, px: three halvings."""


class LamaGenerator(nn.Module):
    """Paints what a mask hides: three halvings, FFC blocks at an eighth, three doublings."""

    def __init__(self, blocks: int = 18, width: int = 64) -> None:
        """Make one with random weights.

        Args:
            blocks: FFC blocks in the middle; 18 in big-lama, 9 in LaMa-Fourier.
            width: Channels at full size, 8 times as many in the middle; 64 in all that are
                published.
        """
        super().__init__()
        self.blocks = blocks
        self.width = width
        split = (2 * width, 6 * width)  # a quarter of the middle is local
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            NormedFfc((4, 0), (width, 0), kernel=7),
            NormedFfc((width, 0), (2 * width, 0), kernel=3, stride=2, padding=1),
            NormedFfc((2 * width, 0), (4 * width, 0), kernel=3, stride=2, padding=1),
            NormedFfc((4 * width, 0), split, kernel=3, stride=2, padding=1),
            *(FfcBlock(split) for _ in range(blocks)),
            Joined(),
        ]
        for channels in (8 * width, 4 * width, 2 * width):
            layers += [
                nn.ConvTranspose2d(channels, channels // 2, 3, 2, padding=1, output_padding=1),
                nn.BatchNorm2d(channels // 2),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, 3, kernel_size=7), nn.Sigmoid()]
        self.model = nn.Sequential(*layers)

    def forward(self, images: torch.Tensor, masks: torch.Tensor | None = None) -> torch.Tensor:
        """Paint whole pictures; what is not hidden is painted anew too.

        Args:
            images: (B, 3, H, W), RGB in [0, 1]; sides multiples of 8 and 16 px at least. Without
                masks: (B, 4, H, W), the picture with 0 in the holes, then the mask.
            masks: (B, 1, H, W), 1 in the holes, 0 elsewhere.

        Returns:
            (B, 3, H, W), RGB in [0, 1].

        Raises:
            InputError: Sides that are too small or no multiples of 8.
        """
        height, width = images.shape[-2:]
        if min(height, width) < LEAST_SIDE or height % STEP or width % STEP:
            raise InputError(
                f"picture is {width}x{height}, wanted multiples of {STEP} from {LEAST_SIDE} px on",
                why="the network halves it three times and reflects its borders",
                fix="call multiplane.networks.lama.predict, which pads and crops",
            )
        if masks is not None:
            images = torch.cat([images * (1 - masks), masks], dim=1)
        painted: torch.Tensor = self.model(images)
        return painted
