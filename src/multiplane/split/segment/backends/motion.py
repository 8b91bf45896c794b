"""What departs from what stays: no weights, no idea of what a character is."""

from __future__ import annotations

from itertools import repeat

import numpy as np

from multiplane.core.compute import Compute
from multiplane.core.progress import Progress, track
from multiplane.split.segment.backend import Belief, Segmentation
from multiplane.split.segment.config import MotionOptions
from multiplane.split.segment.consensus import Consensus, Stand, believe_motion
from multiplane.split.segment.registration import camera_figures, find_camera, spread
from multiplane.split.segment.shot import Shot


class MotionSegmenter:
    """Believes in what shows other colours than most of the shot does at its place."""

    def __init__(self, options: MotionOptions, compute: Compute | None = None) -> None:
        """Be ready; there is nothing to load."""
        self._options = options

    def segment(self, shot: Shot, progress: Progress) -> Segmentation:
        """Follow the camera, then hold every frame against the references.

        Args:
            shot: The shot; of a single frame nobody is found.
            progress: Told after each frame.

        Returns:
            Beliefs in [-1.2, 0.8].
        """
        options = self._options
        size = shot.small_size(options.work_px)
        camera = find_camera(shot, size, options.threads)
        consensus = Consensus(shot, camera, size, options)
        known = [index for index in range(len(shot)) if camera.registered(index)]
        consensus.set_references(spread(known, options.references))
        blank = np.zeros((size[1], size[0]), np.float32)

        def believe(stand: Stand) -> Belief:
            if not camera.registered(stand.index):  # nothing to hold it against: nobody is found
                return blank - 1
            return believe_motion(stand)

        beliefs = consensus.beliefs(repeat(blank, len(shot)), believe)
        return Segmentation(track(beliefs, len(shot), progress), camera, camera_figures(camera))
