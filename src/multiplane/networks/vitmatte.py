"""ViTMatte: which share of a pixel is foreground, from a picture and a trimap.

Yao, Wang, Yang, Wang: ViTMatte: Boosting image matting with pre-trained plain vision transformers,
Information Fusion 103, 2024 (https://arxiv.org/abs/2305.15272). The network is the one of
transformers, and so is what prepares pictures for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import VitMatteForImageMatting, VitMatteImageProcessor

from multiplane.core.arrays import Alpha, Frame
from multiplane.core.errors import BackendError, WeightsError
from multiplane.networks.pretrained import PREPROCESSOR, load_pretrained, load_processor
from multiplane.tensors.memory import fell_short
from multiplane.tensors.precision import computing


class VitMatte:
    """A loaded network. Not for several threads at once.

    Attributes:
        unit: Pictures are filled up to sides that are multiples of this, px.
    """

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
        """Load it.

        Args:
            folder: Holds config.json, model.safetensors and preprocessor_config.json.
            device: Where it runs.
            dtype: What it computes with.

        Raises:
            WeightsError: The folder holds no such network.
        """
        self._processor = load_processor(VitMatteImageProcessor, folder)
        unit = self._processor.size_divisor
        if not isinstance(unit, int) or not 1 <= unit <= 512:
            raise WeightsError(
                f"{folder / PREPROCESSOR} says size_divisor {unit!r}, wanted 32",
                why="pictures are filled up to multiples of it",
                fix=f"put the {PREPROCESSOR} that came with the weights in its place",
            )
        self.unit = unit
        self._model = load_pretrained(VitMatteForImageMatting, folder).to(device)
        self._device, self._dtype = device, dtype

    def predict(self, frames: Sequence[Frame], trimaps: Sequence[NDArray[np.uint8]]) -> list[Alpha]:
        """Estimate the alpha of pictures that go through at once.

        Args:
            frames: (H, W, 3) RGB each; of one size when filled up to whole units.
            trimaps: uint8 (H, W) each: 0 background, 128 unknown, 255 foreground.

        Returns:
            float32 (H, W) each, in [0, 1].

        Raises:
            BackendError: The network failed, or gave something that is no number.
        """
        try:
            alphas = self._run(frames, trimaps)
        except Exception as error:
            if fell_short(error):
                raise  # answered by whoever chose how much goes through at once
            raise BackendError(
                f"ViTMatte failed on {len(frames)} pictures of "
                f"{frames[0].shape[1]}x{frames[0].shape[0]} px",
                why=f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0],
                fix="multiplane doctor",
            ) from error
        if not np.isfinite(alphas).all():
            raise BackendError(
                f"ViTMatte gave values that are no numbers ({self._dtype} on {self._device})",
                why="half precision overflows with some weights, or the weights are damaged",
                fix="--precision fp32",
            )
        return [
            np.ascontiguousarray(alpha[: frame.shape[0], : frame.shape[1]])
            for alpha, frame in zip(alphas, frames, strict=True)
        ]

    def _run(
        self, frames: Sequence[Frame], trimaps: Sequence[NDArray[np.uint8]]
    ) -> NDArray[np.float32]:
        prepared = [
            self._processor(
                images=frame,
                trimaps=trimap,
                return_tensors="pt",
                input_data_format="channels_last",
            )["pixel_values"]
            for frame, trimap in zip(frames, trimaps, strict=True)
        ]
        batch = torch.cat(prepared).to(self._device)
        with computing(self._device, self._dtype):
            alphas = self._model(batch).alphas
        found: NDArray[np.float32] = alphas[:, 0].float().cpu().numpy()
        return found
