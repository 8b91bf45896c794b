"""SAM 2.1, EdgeTAM and SAM 3 as followers of objects through a video."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

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

from multiplane.core.compute import Compute
from multiplane.networks.pretrained import load_pretrained
from multiplane.networks.sam.folder import kind_of, open_processor
from multiplane.networks.sam.load import check_size
from multiplane.networks.sam.video_network import VideoNetwork
from multiplane.networks.sam.video_session import VideoSession
from multiplane.tensors.devices import pick_device

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


class VideoSam(VideoNetwork):
    """A network that is loaded once and follows shot after shot, each in a session of its own."""

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
