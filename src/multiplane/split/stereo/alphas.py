"""The second time through a chunk: alphas at full size, from the masks of the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from multiplane.core.arrays import Alpha, Frame
from multiplane.media.vr180.layout import Layout
from multiplane.split.stereo.backend import People
from multiplane.split.stereo.edges import EdgeRefiner
from multiplane.split.stereo.eyes import check_layout
from multiplane.split.stereo.masks import EyeTrack, together
from multiplane.split.stereo.timing import Timings


class Drawer:
    """Draws the alphas of a chunk, one refiner an eye."""

    def __init__(
        self,
        layout: Layout,
        refiners: Sequence[EdgeRefiner],
        people: Sequence[People],
        timings: Timings,
        parallel: bool = False,
    ) -> None:
        """Take what draws.

        Args:
            layout: Where the eyes are.
            refiners: One an eye.
            people: Who looks closer where that is asked for; one an eye, or one for all.
            timings: Where seconds are counted, as ``edges``.
            parallel: Whether both eyes are drawn at once.
        """
        self._layout, self._refiners, self._people = layout, refiners, people
        self._timings, self._parallel = timings, parallel and layout.eyes > 1

    def draw(
        self, frames: Iterable[Frame], tracks: Sequence[EyeTrack]
    ) -> Iterator[tuple[Alpha, ...]]:
        """Go through the chunk.

        Args:
            frames: The full frames of the chunk, in order.
            tracks: Of each eye, who it sees; as many frames.

        Yields:
            The alpha of each eye at full size, the left one first.

        Raises:
            InputError: A frame has another size than before.
        """
        for refiner in self._refiners:
            refiner.reset()
        pool = ThreadPoolExecutor(2) if self._parallel else None
        try:
            for index, frame in enumerate(frames):
                check_layout(frame, self._layout)
                views = self._layout.split(frame)
                jobs = [(eye, view, tracks[eye], index) for eye, view in enumerate(views)]
                with self._timings.of("edges"):
                    alphas = pool.map(self._eye, jobs) if pool else map(self._eye, jobs)
                    drawn = tuple(alphas)
                yield drawn
        finally:
            if pool:
                pool.shutdown(wait=True, cancel_futures=True)

    def _eye(self, job: tuple[int, Frame, EyeTrack, int]) -> Alpha:
        eye, view, track, index = job
        people = track[index]
        if not people:
            self._refiners[eye].reset()  # the next who comes holds on to nobody
            return np.zeros(view.shape[:2], np.float32)
        shape = next(iter(people.values())).mask.shape
        alpha = together(people, shape).astype(np.float32)
        hints = [person.mask.unpack() for person in people.values()]
        look = self._people[min(eye, len(self._people) - 1)].look
        return self._refiners[eye].refine(np.ascontiguousarray(view), alpha, hints, look)
