"""Boxes round the parts of masks; where there are no masks, round what split.segment finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np

from multiplane.core.arrays import Mask
from multiplane.core.compute import Compute
from multiplane.core.detections import Detection
from multiplane.split.detect.backend import Footage
from multiplane.split.detect.choice import segmenter_of
from multiplane.split.detect.config import PartsOptions
from multiplane.split.segment.config import (
    CombinedOptions,
    MotionOptions,
    SalientOptions,
    SegmentOptions,
)
from multiplane.split.segment.run import segment

LABEL = "character"


class PartsDetector:
    """Puts a box round each connected part of a mask.

    It cannot tell a person from a dog: everything is a ``character``, also when persons were
    asked for. Without masks it takes what ``split.segment`` finds without SAM, with the numbers
    its instances have.
    """

    labels: Mapping[str, str] = {"person": LABEL, LABEL: LABEL}

    def __init__(self, options: PartsOptions, compute: Compute | None = None) -> None:
        """Take the options.

        Args:
            options: How small a part may be.
            compute: Without effect; there is no network.
        """
        self._options = options
        self._segmenter, self._why = segmenter_of(options)
        self.notes: list[str] = []

    def detect(self, footage: Footage, threshold: float) -> Iterator[Sequence[Detection]]:
        """Box the parts of each mask; see :class:`Detector`.

        Args:
            footage: The shot.
            threshold: Parts of handed-in masks are sure; of others those of a lower score are
                left out.

        Yields:
            The boxes of each frame that was to be looked at, the largest part first.
        """
        if footage.masks is None:
            yield from self._found(footage, threshold)
            return
        self.notes[:] = ["boxes are of the parts of the masks that were handed in"]
        for index in footage.looked_at:
            yield self._parts(footage.mask(index))

    def _parts(self, mask: Mask) -> list[Detection]:
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        rows = sorted(stats[1:].tolist(), key=lambda row: (-row[cv2.CC_STAT_AREA], row))
        return [
            Detection((x, y, x + width, y + height), 1.0, LABEL)
            for x, y, width, height, area in rows
            if area >= self._options.min_part_px
        ]

    def _found(self, footage: Footage, threshold: float) -> Iterator[Sequence[Detection]]:
        """The instances of a shot; all frames are gone through."""
        alone = len(footage.frames) == 1
        how: MotionOptions | SalientOptions | CombinedOptions = MotionOptions()
        if self._segmenter == "combined":
            how = SalientOptions() if alone else CombinedOptions()
        self.notes[:] = [
            f"no masks were handed in: boxes are of what split.segment finds with {how.kind} "
            f"({self._why})"
        ]
        if alone and self._segmenter == "motion":
            self.notes.append("nothing moves in a single picture: hand in masks, or fetch weights")
        wanted = set(footage.looked_at)
        options = SegmentOptions(backend=how, min_instance_px=self._options.min_part_px)
        for one in segment(footage.frames, options).frames:
            if one.index in wanted:
                yield [
                    Detection(instance.box, instance.score, LABEL, instance.track_id)
                    for instance in one.instances
                    if instance.score >= threshold
                ]
