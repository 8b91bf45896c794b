"""What catches the eye, frame by frame, carried between frames by flow."""

from __future__ import annotations

from collections.abc import Iterator

from multiplane.core.compute import Compute
from multiplane.core.progress import Progress, track
from multiplane.core.threads import cpu_count
from multiplane.hub import weights
from multiplane.networks.u2net import Salient
from multiplane.split.segment.backend import Belief, Segmentation
from multiplane.split.segment.carry import looked_at
from multiplane.split.segment.config import SalientOptions
from multiplane.split.segment.persistence import Map
from multiplane.split.segment.salience import Closer, Gaze, Predictor
from multiplane.split.segment.shot import Shot

_COARSE = 24
"""How many frames of a shot are looked at as a whole to find out where to look closer."""


class SalientSegmenter:
    """Believes what a salience network says."""

    def __init__(
        self, options: SalientOptions, predictor: Predictor | None = None,
        compute: Compute | None = None,
    ) -> None:  # fmt: skip
        """Load the network.

        Args:
            options: What to look at, and how often.
            predictor: Somebody else to ask instead of the network.
            compute: Without effect; the network runs on the CPU.
        """
        self._options = options
        self._predictor = predictor or load_predictor(options)

    def segment(self, shot: Shot, progress: Progress) -> Segmentation:
        """Look at a few whole frames, then closer at all.

        Args:
            shot: The shot.
            progress: Told after each frame.

        Returns:
            Beliefs in [-1, 1].
        """
        options = self._options
        size = shot.small_size(options.work_px)
        gaze = Gaze(shot, self._predictor, size, options.threads)
        closer = Closer(shot, {})
        if options.closer:
            step = max(1, -(-len(shot) // _COARSE))
            seen = gaze.look_at(looked_at(len(shot), step), closer)
            closer = Closer(shot, seen)
            gaze.forget()
        maps = gaze.stream(closer, options.every_frames)
        return Segmentation(_beliefs(shot, maps, progress))


def _beliefs(shot: Shot, maps: Iterator[Map], progress: Progress) -> Iterator[Belief]:
    for salience in track(maps, len(shot), progress):
        yield 2 * salience - 1


def load_predictor(options: SalientOptions) -> Predictor:
    """The network of the options, one thread a frame when several frames go on at once."""
    path = weights.find(options.model)
    return Salient(path, threads=1 if (options.threads or cpu_count()) > 1 else 0)
