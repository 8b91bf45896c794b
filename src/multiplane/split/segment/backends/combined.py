"""Salience and motion together, each counting by how far it proves right in the shot."""

from __future__ import annotations

from multiplane.core.compute import Compute
from multiplane.core.progress import Progress, track
from multiplane.motion.camera import CameraPath
from multiplane.split.segment.backend import Belief, Segmentation
from multiplane.split.segment.backends.salient import load_predictor
from multiplane.split.segment.carry import looked_at
from multiplane.split.segment.colours import Colours
from multiplane.split.segment.config import CombinedOptions
from multiplane.split.segment.consensus import (
    Consensus,
    Stand,
    believe_both,
    consider_colours,
    spare_the_dull,
)
from multiplane.split.segment.registration import camera_figures, find_camera, spread
from multiplane.split.segment.salience import Closer, Gaze, Predictor
from multiplane.split.segment.shot import Shot
from multiplane.split.segment.trust import Trust, judge

_FIRST = 12
"""How many frames tell what can be trusted and where to look closer."""


class CombinedSegmenter:
    """Looks at some frames of the shot, judges what can be trusted, then goes through all."""

    def __init__(
        self, options: CombinedOptions, predictor: Predictor | None = None,
        compute: Compute | None = None,
    ) -> None:  # fmt: skip
        """Load the network.

        Args:
            options: How salience and motion are looked for.
            predictor: Somebody else to ask instead of the network.
            compute: Without effect; the network runs on the CPU.
        """
        self._options = options
        self._predictor = predictor or load_predictor(options.salient)

    def segment(self, shot: Shot, progress: Progress) -> Segmentation:
        """Look at the shot as a whole, then go through its frames.

        Args:
            shot: The shot.
            progress: Told after each frame.

        Returns:
            Beliefs round [-2, 2].
        """
        options = self._options
        size = shot.small_size(options.motion.work_px)
        closer = Closer(shot, {})
        camera = find_camera(shot, size, options.motion.threads)
        consensus = Consensus(shot, camera, size, options.motion)
        gaze = Gaze(shot, self._predictor, size, options.salient.threads)
        indices = spread(
            looked_at(len(shot), options.salient.every_frames), options.motion.references
        )
        first = spread(indices, _FIRST) if options.salient.closer else indices
        stands = _stands(consensus, gaze, first, closer)
        trust = judge(
            (stand.evidence, stand.salience) for stand in stands if camera.registered(stand.index)
        )

        def believe(stand: Stand) -> Belief:
            return believe_both(stand, trust, camera.registered(stand.index))

        if options.salient.closer:
            closer = Closer(shot, {stand.index: believe(stand) for stand in stands})
            stands = _stands(consensus, gaze, indices, closer)
        colours = Colours((consensus.small(stand.index), believe(stand)) for stand in stands)
        mind = _Mind(consensus, camera, trust, colours, options.colour_weight)
        maps = gaze.stream(closer, options.salient.every_frames)
        beliefs = track(consensus.beliefs(maps, mind), len(shot), progress)
        figures = {**trust.to_json(), "trust": trust.why, **camera_figures(camera)}
        return Segmentation(beliefs, camera, figures)


def _stands(consensus: Consensus, gaze: Gaze, indices: list[int], closer: Closer) -> list[Stand]:
    """Make frames references by what salience sees in them, and hold them against each other."""
    salience = gaze.look_at(indices, closer)
    consensus.set_references(indices, salience)
    return consensus.stands(salience)


class _Mind:
    """Makes up our mind about a frame."""

    def __init__(
        self, consensus: Consensus, camera: CameraPath, trust: Trust, colours: Colours,
        colour_weight: float,
    ) -> None:  # fmt: skip
        self._consensus, self._camera = consensus, camera
        self._trust, self._colours = trust, colours
        self._weight = colour_weight * trust.salience

    def __call__(self, stand: Stand) -> Belief:
        registered = self._camera.registered(stand.index)
        belief = believe_both(stand, self._trust, registered)
        lean = self._colours.lean(self._consensus.small(stand.index))
        if registered:
            belief = spare_the_dull(belief, stand, self._trust, lean)
        return consider_colours(belief, stand, lean, self._weight)
