"""LPIPS: how different two pictures look, judged by the features of a network.

Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018
(https://arxiv.org/abs/1801.03924), version 0.1 with AlexNet. The trained heads come with the
package ``lpips``; the features are AlexNet's of ImageNet, from a file that the caller names.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from multiplane.core.arrays import Frame, Mask, check_frame, check_same_size
from multiplane.core.errors import InputError, MissingDependencyError, WeightsError
from multiplane.core.plugins import load
from multiplane.measure.region import region
from multiplane.networks.alexnet import WIDTHS, AlexNet
from multiplane.tensors.convert import frames_to_tensor

_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
_SMALLEST_PX = 64
"""Below this the last features have a pixel or two."""


class Lpips:
    """A loaded LPIPS network."""

    def __init__(self, features: Path, device: torch.device | None = None) -> None:
        """Load the network.

        Args:
            features: Safetensors with torchvision's names (``features.0.weight`` …), e.g. of
                ``torchvision.models.alexnet(weights="IMAGENET1K_V1").features``.
            device: Where it runs; None for the CPU.

        Raises:
            MissingDependencyError: ``lpips`` or ``safetensors`` is not installed.
            WeightsError: The file is not there or holds other weights.
        """
        self._device = device or torch.device("cpu")
        self._network = AlexNet()
        load_file = load("safetensors.torch:load_file")
        try:
            weights = {name: value.float() for name, value in load_file(features).items()}
            self._network.load_state_dict(weights)
        except Exception as error:
            raise WeightsError(
                f"{features} does not hold the features of AlexNet",
                why=str(error).split("\n")[0],
                fix="save torchvision's alexnet with safetensors.torch.save_file; only the "
                "entries whose names start with 'features.'",
            ) from error
        self._network.eval().requires_grad_(requires_grad=False).to(self._device)
        self._heads = [head.to(self._device) for head in _load_heads()]
        self._shift = torch.tensor(_SHIFT, device=self._device).view(1, 3, 1, 1)
        self._scale = torch.tensor(_SCALE, device=self._device).view(1, 3, 1, 1)

    def distance(self, first: Frame, second: Frame, mask: Mask | None = None) -> float:
        """How different two pictures look.

        Args:
            first: (H, W, 3), 64 px and more on each side.
            second: (H, W, 3).
            mask: (H, W); only these pixels of the distance map count. None for all, which is
                LPIPS as published.

        Returns:
            From 0, seldom above 1; 0 when equal.

        Raises:
            InputError: Sizes differ, a side is under 64 px, or the mask selects nothing.
        """
        taken = region(first, mask)
        maps = self._maps(first, second)
        if mask is None:
            return float(sum(float(values.mean()) for values in maps))
        return float(self._full(maps, first.shape[:2])[taken].mean())

    def distance_map(self, first: Frame, second: Frame) -> NDArray[np.float32]:
        """Where two pictures look different, on the grid of the pictures.

        Args:
            first: (H, W, 3), 64 px and more on each side.
            second: (H, W, 3).

        Returns:
            (H, W) from 0.

        Raises:
            InputError: Sizes differ or a side is under 64 px.
        """
        return self._full(self._maps(first, second), first.shape[:2])

    def _full(self, maps: list[NDArray[np.float32]], size: tuple[int, ...]) -> NDArray[np.float32]:
        height, width = size
        total = np.zeros((height, width), dtype=np.float32)
        for values in maps:
            total += cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
        return total

    @torch.inference_mode()
    def _maps(self, first: Frame, second: Frame) -> list[NDArray[np.float32]]:
        check_frame(first, "first picture")
        check_frame(second, "second picture")
        check_same_size(first, second, ("first picture", "second picture"))
        if min(first.shape[:2]) < _SMALLEST_PX:
            raise InputError(
                f"picture is {first.shape[1]}x{first.shape[0]}, "
                f"wanted {_SMALLEST_PX} px on each side",
                why="the network shrinks it 16 times",
                fix="use ssim for pictures that small",
            )
        batch = frames_to_tensor([first, second], self._device).mul(2).sub(1)
        maps = []
        for seen, head in zip(
            self._network((batch - self._shift) / self._scale), self._heads, strict=True
        ):
            unit = functional.normalize(seen, dim=1, eps=1e-10)
            off = (unit[0:1] - unit[1:2]).square()
            maps.append(functional.conv2d(off, head)[0, 0].cpu().numpy())
        return maps


def _load_heads() -> list[torch.Tensor]:
    """Read the trained 1x1 convolutions of version 0.1 out of the installed package.

    Raises:
        MissingDependencyError: ``lpips`` is not installed.
    """
    found = find_spec("lpips")
    if found is None or not found.submodule_search_locations:
        raise MissingDependencyError(
            "LPIPS needs the package 'lpips'",
            why="it is optional, so the core install stays small",
            fix="pip install 'multiplane[perceptual]'",
        )
    path = Path(found.submodule_search_locations[0]) / "weights" / "v0.1" / "alex.pth"
    held = torch.load(path, map_location="cpu", weights_only=True)
    return [held[f"lin{k}.model.1.weight"].float() for k in range(len(WIDTHS))]
