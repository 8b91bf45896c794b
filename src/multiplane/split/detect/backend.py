"""What a way to find people looks like, and which ones there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from multiplane.core.arrays import Frame, Mask, check_frame, check_mask
from multiplane.core.detections import Detection
from multiplane.core.errors import InputError

BACKENDS = {
    "d_fine": "multiplane.split.detect.backends.detr:DFineDetector",
    "rf_detr": "multiplane.split.detect.backends.detr:RfDetrDetector",
    "yolo": "multiplane.split.detect.backends.yolo:YoloDetector",
    "parts": "multiplane.split.detect.backends.parts:PartsDetector",
}


@dataclass(frozen=True)
class Footage:
    """What a detector is shown of a shot.

    Attributes:
        frames: All of one size; a list, or something that loads item by item.
        size: (width, height) of each.
        looked_at: The indices of those that boxes are wanted for, in order.
        masks: The mask of each frame, where there are any.
    """

    frames: Sequence[Frame]
    size: tuple[int, int]
    looked_at: Sequence[int]
    masks: Sequence[Mask] | None = None

    def frame(self, index: int) -> Frame:
        """A frame, known to be one.

        Raises:
            InputError: It is none, or of another size.
        """
        frame = check_frame(self.frames[index])
        self._check_size(frame.shape, f"frame {index}")
        return frame

    def mask(self, index: int) -> Mask:
        """The mask of a frame; there are masks.

        Raises:
            InputError: It is none, or of another size.
        """
        assert self.masks is not None
        mask = check_mask(self.masks[index])
        self._check_size(mask.shape, f"mask {index}")
        return mask

    def _check_size(self, shape: tuple[int, ...], name: str) -> None:
        """Compare with the first frame.

        Raises:
            InputError: It has another size.
        """
        if (shape[1], shape[0]) != self.size:
            raise InputError(
                f"{name} is {shape[1]}x{shape[0]}, the shot {self.size[0]}x{self.size[1]}",
                why="boxes of a shot are in pixels of frames of one size",
                fix="split the pictures by size first: multiplane split shots",
            )


class Detector(Protocol):
    """Finds boxes in the frames of a shot. Made with its options; models are loaded then."""

    labels: Mapping[str, str]
    """What one may ask for → the label that such boxes have."""
    notes: Sequence[str]
    """What is worth telling of the last shot, e.g. what was done about too little memory."""

    def detect(self, footage: Footage, threshold: float) -> Iterator[Sequence[Detection]]:
        """Look at frames.

        Args:
            footage: The shot.
            threshold: Boxes of a lower score are not wanted.

        Yields:
            The boxes of each frame that was to be looked at, in order; they may reach out of the
            frame. The work is done as they are asked for, a few frames at a time.
        """
