"""SAM 2.1, EdgeTAM and SAM 3 following objects by their memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.hub import weights
from multiplane.networks.sam.load import check_family
from multiplane.networks.sam.video import VideoSam, open_video_sam
from multiplane.networks.sam.video_session import VideoSession
from multiplane.split.track.backend import Look, Sighting
from multiplane.split.track.config import EdgeTamOptions, Sam3Options, SamOptions
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import fell_short


class SamPropagator:
    """Carries objects by what the network remembers of them."""

    drifts = False

    def __init__(
        self,
        options: SamOptions | EdgeTamOptions | Sam3Options,
        compute: Compute | None = None,
        offload: bool = False,
        sam: VideoSam | None = None,
    ) -> None:
        """Load the network.

        Args:
            options: Which one, and how much it remembers.
            compute: Where and how it runs.
            offload: Whether memories wait in the machine's memory instead of the GPU's.
            sam: One that is loaded already.

        Raises:
            WeightsError: It cannot be had, or the folder holds another network.
            ConfigError: CUDA was asked for and is not there.
        """
        compute = compute or Compute()
        if sam is None:
            pick_device(compute.device)  # before a gigabyte is fetched
            folder = weights.find(options.model)
            check_family(folder, options.kind, options.model)
            sam = open_video_sam(folder, compute)
        self._sam, self._options, self._offload = sam, options, offload

    @property
    def notes(self) -> list[str]:
        """What was done about too little memory."""
        return self._sam.memory.notes

    def start(self) -> _Remembered:
        """Begin with a shot."""
        session = self._sam.start(
            offload=self._offload, max_conditioning=self._options.max_conditioning
        )
        return _Remembered(session)

    def fell_short(self, error: Exception) -> bool:
        """Whether memory was too small even for one object at a time."""
        cause = error.__cause__
        return fell_short(error) or (cause is not None and fell_short(cause))


class _Remembered:
    """The objects of a shot."""

    def __init__(self, session: VideoSession) -> None:
        self._session = session

    def step(self, frame: Frame) -> Mapping[int, Sighting]:
        """Ask where everybody is now."""
        found = self._session.step(frame)
        return {
            number: Sighting(np.asarray(logits > 0), self._session.scores[number])
            for number, logits in found.items()
        }

    def add(self, number: int, look: Look) -> Sighting:
        """Show an object by its mask, or by its box."""
        position = self._session.position
        box = None if look.mask is not None else look.box
        logits = self._session.add(number, frame_index=position, mask=look.mask, box=box)
        assert logits is not None, "the frame was seen already"
        mask = look.mask if look.mask is not None else np.asarray(logits > 0)
        return Sighting(mask, look.score)

    def remove(self, number: int) -> None:
        """Forget somebody."""
        self._session.remove(number)
