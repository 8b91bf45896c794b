"""The convolutions of AlexNet, key for key with torchvision's ``alexnet().features``.

Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014
(https://arxiv.org/abs/1404.5997).
"""

from __future__ import annotations

import torch
from torch import nn

WIDTHS = (64, 192, 384, 256, 256)
"""Channels of the five stages that :class:`AlexNet` gives out."""
_ENDS = (2, 5, 8, 10, 12)


class AlexNet(nn.Module):
    """Gives out what each of the five convolutions sees, after its ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(),
        )

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Run it.

        Args:
            pictures: (B, 3, H, W), normalised as the weights want it; sides of 35 px and more.

        Returns:
            Five maps, (B, C, h, w) each, C as in :data:`WIDTHS`.
        """
        maps = []
        begin = 0
        seen = pictures
        for end in _ENDS:
            for layer in self.features[begin:end]:
                seen = layer(seen)
            maps.append(seen)
            begin = end
        return maps
