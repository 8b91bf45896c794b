"""D-FINE and RF-DETR: one network after the other looks at a few frames at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from multiplane.core.compute import Compute
from multiplane.core.detections import Detection
from multiplane.hub import weights
from multiplane.networks.detector import Family, Found, SetDetector
from multiplane.split.detect.backend import Footage
from multiplane.split.detect.config import DFineOptions, RfDetrOptions

MOST_HELD_PX = 100_000_000
"""Of the frames of a batch, three bytes each; a larger batch is looked at in parts."""


class _TransformersDetector:
    """What the two have in common."""

    def __init__(self, family: Family, model: str, compute: Compute | None) -> None:
        self._network = SetDetector(family, weights.find(model), compute)
        self.labels: Mapping[str, str] = {name: name for name in self._network.labels.values()}

    @property
    def notes(self) -> Sequence[str]:
        """What was done about too little memory since the last shot began."""
        return self._network.memory.notes

    def detect(self, footage: Footage, threshold: float) -> Iterator[Sequence[Detection]]:
        """Look at frames, a batch at a time; see :class:`Detector`.

        Args:
            footage: The shot.
            threshold: Boxes are left out whose score is not above.

        Yields:
            The boxes of each frame that was to be looked at.

        Raises:
            BackendError: The library failed, or memory is too small for one frame.
        """
        self._network.memory.notes.clear()
        width, height = footage.size
        step = max(1, min(self._network.batch, MOST_HELD_PX // (width * height)))
        for start in range(0, len(footage.looked_at), step):
            some = [footage.frame(index) for index in footage.looked_at[start : start + step]]
            for found in self._network.detect(some, threshold):
                yield self._named(found)

    def _named(self, found: Found) -> list[Detection]:
        """Boxes with the names of their classes; classes without a name are no objects."""
        names = self._network.labels
        rows = zip(found.boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True)
        return [
            Detection((x0, y0, x1, y1), score, names[number])
            for (x0, y0, x1, y1), score, number in rows
            if number in names
        ]


class DFineDetector(_TransformersDetector):
    """Asks D-FINE."""

    def __init__(self, options: DFineOptions, compute: Compute | None = None) -> None:
        """Load the network.

        Args:
            options: Which weights.
            compute: Where and how it runs.

        Raises:
            WeightsError: The weights cannot be had, or are of another network.
        """
        super().__init__("d_fine", options.model, compute)


class RfDetrDetector(_TransformersDetector):
    """Asks RF-DETR."""

    def __init__(self, options: RfDetrOptions, compute: Compute | None = None) -> None:
        """Load the network.

        Args:
            options: Which weights.
            compute: Where and how it runs.

        Raises:
            WeightsError: The weights cannot be had, or are of another network.
        """
        super().__init__("rf_detr", options.model, compute)
