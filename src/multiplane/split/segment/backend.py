"""What a way to find the characters looks like, and which ones there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.items import Json
from multiplane.core.progress import Progress
from multiplane.motion.camera import CameraPath
from multiplane.split.segment.shot import Shot

Belief: TypeAlias = NDArray[np.float32]
"""float32 (h, w), finite: how strongly a pixel is believed to be a character; > 0 is yes, and
1 in either direction is sure. Of any size with the frame's shape."""

BACKENDS = {
    "salient": "multiplane.split.segment.backends.salient:SalientSegmenter",
    "motion": "multiplane.split.segment.backends.motion:MotionSegmenter",
    "combined": "multiplane.split.segment.backends.combined:CombinedSegmenter",
    "sam2": "multiplane.split.segment.backends.sam.segmenter:SamSegmenter",
    "edgetam": "multiplane.split.segment.backends.sam.segmenter:SamSegmenter",
    "sam3": "multiplane.split.segment.backends.sam.segmenter:SamSegmenter",
}


@dataclass(frozen=True)
class Part:
    """One object in one frame, as a segmenter that tells objects apart sees it.

    Attributes:
        mask: bool (H, W), of the frame's size; parts of one frame may overlap.
        score: Confidence in [0, 1].
        track_id: Its number through the shot, from 1; None leaves numbering to the stage. A
            segmenter numbers all of a shot or none.
    """

    mask: Mask
    score: float
    track_id: int | None = None


@dataclass(frozen=True)
class Segmentation:
    """What a segmenter says about a shot: beliefs, or parts when it tells objects apart itself.

    Attributes:
        beliefs: One a frame, in order; the work is done as they are asked for. They are steadied
            and drawn to the edges of the frames; their connected parts become instances.
        camera: How the camera moved; None when nobody had to know.
        figures: What was measured and decided about the shot as a whole; may grow until the last
            frame is through.
        parts: The objects of each frame, in order; taken as they are, at the frame's own size.
            None where there are beliefs.
    """

    beliefs: Iterator[Belief] | None = None
    camera: CameraPath | None = None
    figures: Mapping[str, Json] = field(default_factory=dict)
    parts: Iterator[Sequence[Part]] | None = None


class Segmenter(Protocol):
    """Turns the frames of a shot into beliefs or parts. Made with its options; it loads then."""

    def segment(self, shot: Shot, progress: Progress) -> Segmentation:
        """Look at a shot as a whole, then go through its frames.

        Args:
            shot: Its frames can be gone through more than once.
            progress: Told after each frame.

        Returns:
            A stream of beliefs, or of parts, and what was found out before.
        """
