"""The evidence of a whole shot: references, trust, colours; then the belief of each frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from multiplane.core.threads import map_ordered
from multiplane.motion.align import Homography
from multiplane.motion.camera import CameraPath
from multiplane.split.segment.backend import Belief
from multiplane.split.segment.config import MotionOptions
from multiplane.split.segment.movement import moves_alone, moving_now
from multiplane.split.segment.persistence import Comparison, Evidence, Map, Reference, soften
from multiplane.split.segment.registration import salience_to_bytes, small_homographies
from multiplane.split.segment.shot import Shot
from multiplane.split.segment.trust import Trust

_BIAS = 0.1
"""How much evidence it takes before anything is believed at all."""
_ALIVE = 0.3
"""How much more a departure counts where something moves just now."""
_OWN = 0.25
"""How much its own salience counts where something moves just now that may look like the ground."""
_SHORTLY = (-3, 3)
_STEPS = (-2, 2)


@dataclass(frozen=True)
class Stand:
    """What is known about one frame.

    Attributes:
        index: Its number.
        evidence: What the references say.
        salience: Its own, (h, w) in [0, 1].
        moving: What moves just now, (h, w) in [0, 1].
    """

    index: int
    evidence: Evidence
    salience: Map
    moving: Map


class Consensus:
    """Holds the frames of a shot against each other."""

    def __init__(
        self, shot: Shot, camera: CameraPath, size: tuple[int, int], options: MotionOptions
    ) -> None:
        """Be ready.

        Args:
            shot: The shot.
            camera: How its frames lie on each other.
            size: (width, height) to work at.
            options: What counts as the same colour.
        """
        self._shot, self._camera, self._size = shot, camera, size
        self._homographies = small_homographies(camera, shot.size, size)
        self._comparison = Comparison(options)
        self._threads = options.threads
        self._references: dict[int, Reference] = {}

    def set_references(self, indices: list[int], salience: Mapping[int, Map] | None = None) -> None:
        """Choose the frames that others are held against, those of them that are registered.

        Args:
            indices: Which ones.
            salience: Theirs, when somebody looked.
        """
        self._references = {
            index: self._reference(index, None if salience is None else salience[index])
            for index in indices
            if self._camera.registered(index)
        }

    def stand(self, index: int, salience: Map) -> Stand:
        """Gather what is known about one frame.

        Args:
            index: Which one.
            salience: Its own.
        """
        small = self._small(index)
        others = [r for i, r in self._references.items() if i != index]
        evidence = self._comparison.gather(small, self._homographies[index], others)
        return Stand(index, evidence, salience, self._moving(index))

    def stands(self, saliences: Mapping[int, Map]) -> list[Stand]:
        """Gather what is known about some frames.

        Args:
            saliences: Theirs.

        Returns:
            One stand a frame, in the order of the saliences.
        """
        jobs = saliences.items()
        return list(map_ordered(lambda job: self.stand(*job), jobs, self._threads))

    def beliefs(
        self, saliences: Iterator[Map], believe: Callable[[Stand], Belief]
    ) -> Iterator[Belief]:
        """Make up our mind about every frame, in order.

        Args:
            saliences: One map a frame.
            believe: Turns what is known into a belief; called on several threads.

        Yields:
            One belief a frame.
        """
        yield from map_ordered(
            lambda pair: believe(self.stand(pair[0], pair[1])), enumerate(saliences), self._threads
        )

    def small(self, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        """The small frame, (h, w, 3)."""
        return self._small(index)

    def _small(self, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return self._shot.small(index, self._size)

    def _reference(self, index: int, salience: Map | None = None) -> Reference:
        kept = None if salience is None else salience_to_bytes(salience)
        return Reference(index, soften(self._small(index)), self._homographies[index], kept)

    def _moving(self, index: int) -> Map:
        near = [i for i in (index + step for step in _SHORTLY) if self._there(i)]
        small, here = self._small(index), self._homographies[index]
        change = self._comparison.change(small, here, [self._reference(i) for i in near])
        apart = np.zeros(small.shape[:2], np.float32)
        for other in (index + step for step in _STEPS):
            if self._there(other):
                way = self._way(index, other)
                apart = np.maximum(apart, moves_alone(small, self._small(other), way))
        return moving_now(apart, change)

    def _way(self, source: int, target: int) -> Homography:
        first, second = self._homographies[source], self._homographies[target]
        if np.array_equal(first, second):
            return np.eye(3)
        return np.asarray(np.linalg.inv(second) @ first)

    def _there(self, index: int) -> bool:
        return 0 <= index < len(self._shot) and self._camera.registered(index)


def believe_motion(stand: Stand) -> Belief:
    """Believe what departs from what is mostly seen at its place."""
    return np.asarray(stand.evidence.departure(0.0) - 2 * _BIAS, np.float32)


def believe_both(stand: Stand, trust: Trust, registered: bool = True) -> Belief:
    """Believe salience shared by all frames that show the same, and departure from the rest.

    Args:
        stand: What is known about the frame.
        trust: How much salience and motion count.
        registered: Whether the frame could be laid on others; salience decides alone if not.

    Returns:
        The belief, before colours are considered.
    """
    motion = trust.motion if registered else 0.0
    departure = stand.evidence.departure(trust.salience)
    departure *= np.where(departure < 0, 1 - _OWN * stand.moving, 1 + _ALIVE * stand.moving)
    believed = trust.of_salience(_salience(stand, motion)) + motion * departure - _BIAS
    return np.asarray(believed, np.float32)


def _salience(stand: Stand, motion: float) -> Map:
    """Shared by the frames that show the same as far as motion counts, else the frame's own."""
    shared = stand.evidence.shared_salience(stand.salience)
    shared += _OWN * stand.moving * np.maximum(stand.salience - shared, 0)
    return np.asarray(motion * shared + (1 - motion) * stand.salience, np.float32)


def spare_the_dull(belief: Belief, stand: Stand, trust: Trust, lean: Map) -> Belief:
    """Take back what was held against a place for not catching the eye, where it is no ground.

    An ear before the sky belongs to the character as surely as the face does, though the eye does
    not go there. Not where the colours are those of the ground: grass waves and shadows wander.

    Args:
        belief: (h, w), see :func:`believe_both`.
        stand: What is known about the frame.
        trust: How much salience and motion count.
        lean: (h, w), see :meth:`Colours.lean`.
    """
    departs = np.clip(stand.evidence.departure(trust.salience), 0, 1)
    departs *= (1 + _ALIVE * stand.moving) * np.clip(1 + lean, 0, 1)
    dull = np.minimum(trust.of_salience(_salience(stand, trust.motion)), 0)
    return np.asarray(belief - trust.motion * np.clip(departs, 0, 1) * dull, np.float32)


def consider_colours(belief: Belief, stand: Stand, lean: Map, weight: float) -> Belief:
    """Let colours speak, mostly against what does not move: characters may share the ground's.

    Args:
        belief: (h, w), see :func:`believe_both`.
        stand: What is known about the frame.
        lean: (h, w), see :meth:`Colours.lean`.
        weight: How much they count.
    """
    departs = np.clip(stand.evidence.departure(1.0), 0, 1)
    lean = np.where(lean < 0, lean * (1 - stand.moving), lean * np.maximum(0.3, departs))
    return np.asarray(belief + weight * lean, np.float32)
