"""A network that follows objects, asked frame by frame; what it remembers is the caller's."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory
from multiplane.tensors.precision import computing, pick_dtype

_OBJECTS = 16
"""How many objects are remembered by one call where nothing else is said."""


class VideoNetwork:
    """A network that follows objects, where it runs and how it is asked.

    Attributes:
        network: The network of transformers, for use.
        sessions: The class of its state.
        memory: The device, and what was done when its memory fell short.
        dtype: What is computed with.
    """

    def __init__(
        self, network: Any, sessions: Any, pictures: Any, compute: Compute  # noqa: ANN401
    ) -> None:  # fmt: skip
        """Put a network where it is to run.

        Args:
            network: One that remembers objects, of transformers.
            sessions: Its class of state.
            pictures: Brings frames to the network's size and range.
            compute: Where and how it runs.

        Raises:
            ConfigError: CUDA was asked for and is not there.
        """
        device = pick_device(compute.device)
        self.memory = Memory(device, compute.max_vram_gb)
        self.dtype = pick_dtype(compute.precision, device)
        self.network = self.memory.take(network)
        self.sessions = sessions
        self.at_once = compute.batch_size or _OBJECTS
        self._pictures = pictures

    @property
    def side(self) -> int:
        """The side of the square that the network looks at, pixels."""
        return int(self.network.image_size)

    def see(self, frame: Frame) -> torch.Tensor:
        """Bring a frame to the network's size and range.

        Args:
            frame: (H, W, 3).

        Returns:
            float32 (1, 3, side, side) on the device.
        """
        planes = torch.from_numpy(np.ascontiguousarray(frame)).to(self.memory.device)
        planes = planes.permute(2, 0, 1)  # said to be planes, since 3 px may be rows too
        made = self._pictures([planes], input_data_format="channels_first", return_tensors="pt")
        pixels: torch.Tensor = made["pixel_values"]
        return pixels.to(self.memory.device)

    def run(self, session: Any, pixels: torch.Tensor, index: int) -> Any:  # noqa: ANN401
        """Call the network on one frame of a state of transformers."""
        with computing(self.memory.device, self.dtype):
            return self.network(inference_session=session, frame=pixels, frame_idx=index)

    def compile(self) -> None:
        """Have torch compile the part that sees; it pays off after some hundred frames."""
        self.network.vision_encoder = torch.compile(self.network.vision_encoder)
