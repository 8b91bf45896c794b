"""Salience and motion together, each counting by how far it proves right in the shot."""

from __future__ import annotations

from multiplane.core.progress import Progress, track
from multiplane.core.threads import map_ordered
from multiplane.motion.camera import CameraPath
from multiplane.split.segment.backend import Belief, Segmentation
from multiplane.split.segment.backends.salient import load_predictor
from multiplane.split.segment.colours import Colours
from multiplane.split.segment.config import CombinedOptions
from multiplane.split.segment.consensus import Consensus, Stand, believe_both, consider_colours
from multiplane.split.segment.persistence import Map
from multiplane.split.segment.registration import camera_figures, find_camera, spread
from multiplane.split.segment.salience import Closer, Predictor, look, salience_stream
from multiplane.split.segment.shot import Shot
from multiplane.split.segment.trust import Trust, judge


class CombinedSegmenter:
    """Looks at some frames of the shot, judges what can be trusted, then goes through all."""

    def __init__(self, options: CombinedOptions, predictor: Predictor | None = None) -> None:
        """Load the network.

        Args:
            options: How salience and motion are looked for.
            predictor: Somebody else to ask instead of the network.
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
        whole = Closer(shot, {})
        camera = find_camera(shot, size, None, options.motion.threads)
        consensus = Consensus(shot, camera, size, options.motion)
        indices = spread(camera, options.motion.references)
        salience = self._look(shot, indices, size, whole)
        consensus.set_references(indices, salience)
        stands = [consensus.stand(index, salience[index]) for index in indices]
        trust = judge((stand.evidence, stand.salience) for stand in stands)
        closer = whole
        if options.salient.closer:
            found = {stand.index: believe_both(stand, trust) for stand in stands}
            closer = Closer(shot, found)
            salience = self._look(shot, indices, size, closer)
            consensus.set_references(indices, salience)
            stands = [consensus.stand(index, salience[index]) for index in indices]
        colours = Colours(
            (consensus.small(stand.index), believe_both(stand, trust)) for stand in stands
        )
        mind = _Mind(consensus, camera, trust, colours, options.colour_weight)
        maps = salience_stream(
            shot, self._predictor, size, closer,
            options.salient.every_frames, options.salient.threads,
        )  # fmt: skip
        beliefs = track(consensus.beliefs(maps, mind), len(shot), progress)
        figures = {**trust.to_json(), "trust": trust.why, **camera_figures(camera)}
        return Segmentation(beliefs, camera, figures)

    def _look(
        self, shot: Shot, indices: list[int], size: tuple[int, int], closer: Closer
    ) -> dict[int, Map]:
        def one(index: int) -> Map:
            return look(shot, index, self._predictor, size, closer.box(index))

        maps = map_ordered(one, indices, self._options.salient.threads)
        return dict(zip(indices, maps, strict=True))


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
        belief = believe_both(stand, self._trust, self._camera.registered(stand.index))
        small = self._consensus.small(stand.index)
        return consider_colours(belief, stand, small, self._colours, self._weight)
