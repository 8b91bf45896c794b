"""SAM 2.1, EdgeTAM and SAM 3 as followers of objects through a video."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    EdgeTamVideoModel,
    Sam2VideoModel,
    Sam3TrackerVideoModel,
)
from transformers.models.edgetam_video.modeling_edgetam_video import EdgeTamVideoInferenceSession
from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession
from transformers.models.sam3_tracker_video.modeling_sam3_tracker_video import (
    Sam3TrackerVideoInferenceSession,
)

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.networks.pretrained import load_pretrained
from multiplane.networks.sam.folder import kind_of, open_processor
from multiplane.networks.sam.load import check_size
from multiplane.networks.sam.video_session import VideoSession
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory
from multiplane.tensors.precision import computing, pick_dtype

_LOG = logging.getLogger(__name__)

KINDS: dict[str, tuple[Any, Any]] = {
    "sam2_video": (Sam2VideoModel, Sam2VideoInferenceSession),
    "edgetam_video": (EdgeTamVideoModel, EdgeTamVideoInferenceSession),
    "sam3_tracker_video": (Sam3TrackerVideoModel, Sam3TrackerVideoInferenceSession),
    "sam3_video": (Sam3TrackerVideoModel, Sam3TrackerVideoInferenceSession),
}
"""What a config.json calls the network → its class, and the class of its state."""
_DETECTOR = ("detector_model.",)
"""The half of a SAM 3 checkpoint that looks for words and follows nothing."""
_OBJECTS = 16
"""How many objects are remembered by one call where nothing else is said."""


class VideoSam:
    """A network that follows objects, loaded once; each shot is a session of its own.

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
            network: One of :data:`KINDS`.
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

    def start(
        self,
        *,
        prune: bool = True,
        offload: bool = False,
        max_conditioning: int = 0,
    ) -> VideoSession:
        """Begin with a shot.

        Args:
            prune: Whether what no later frame reads is dropped. It changes no output; without it
                the state grows with every frame.
            offload: Whether memories wait in the machine's own memory, not the GPU's.
            max_conditioning: How many prompted frames an object keeps, its first and its latest;
                0 keeps all. What is dropped would have been read: this one changes results once
                an object has been prompted more often.

        Returns:
            A session that knows no object yet.
        """
        return VideoSession(self, prune, offload, max_conditioning)

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


def open_video_sam(folder: Path, compute: Compute | None = None) -> VideoSam:
    """Load a checkpoint that follows objects.

    Args:
        folder: As its publisher lays it: config.json, model.safetensors and
            preprocessor_config.json of SAM 2.1, EdgeTAM or SAM 3.
        compute: Where and how it runs.

    Returns:
        The network on its device.

    Raises:
        WeightsError: A file is absent, damaged or of another network.
        ConfigError: CUDA was asked for and is not there.
    """
    compute = compute or Compute()
    pick_device(compute.device)  # before a gigabyte is read
    kind = kind_of(folder)
    network, sessions = KINDS.get(kind, KINDS["sam2_video"])  # which says what it wanted
    model = load_pretrained(network, folder, ignore_extra=_DETECTOR if kind == "sam3_video" else ())
    pictures = open_processor(folder)
    check_size(folder, pictures, model)
    sam = VideoSam(model, sessions, pictures, compute)
    _LOG.info("%s from %s on %s in %s", kind, folder.name, sam.memory.device, sam.dtype)
    return sam
