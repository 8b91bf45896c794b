"""What a way to find the characters looks like, and which ones there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

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
}


@dataclass(frozen=True)
class Segmentation:
    """What a segmenter says about a shot.

    Attributes:
        beliefs: One a frame, in order; the work is done as they are asked for.
        camera: How the camera moved; None when nobody had to know.
        figures: What was measured and decided about the shot as a whole.
    """

    beliefs: Iterator[Belief]
    camera: CameraPath | None = None
    figures: Mapping[str, Json] = field(default_factory=dict)


class Segmenter(Protocol):
    """Turns the frames of a shot into beliefs. Made with its options; models are loaded then."""

    def segment(self, shot: Shot, progress: Progress) -> Segmentation:
        """Look at a shot as a whole, then go through its frames.

        Args:
            shot: Its frames can be gone through more than once.
            progress: Told after each frame.

        Returns:
            A stream of beliefs and what was found out before.
        """
