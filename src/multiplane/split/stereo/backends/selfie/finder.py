"""Finds newcomers in a frame of a chunk, and says who of those in sight are still there."""

from __future__ import annotations

from collections.abc import Sequence

from multiplane.core.arrays import Frame
from multiplane.split.stereo.backends.carried import least_px
from multiplane.split.stereo.backends.selfie.alive import Alive
from multiplane.split.stereo.backends.selfie.search import find_people
from multiplane.split.stereo.backends.selfie.windows import Predict, everywhere
from multiplane.split.stereo.backends.tripod import stands_still
from multiplane.split.stereo.people_config import PeopleOptions, SelfiePeople
from multiplane.split.track.backend import Look


class Finder:
    """Searches frames for people, with what is known of the chunk as a whole.

    Attributes:
        why: What is made of those who never move.
    """

    def __init__(
        self,
        frames: Sequence[Frame],
        options: PeopleOptions,
        backend: SelfiePeople,
        predict: Predict,
    ) -> None:
        """Look at the chunk.

        Args:
            frames: All of one size; there is one at least.
            options: Who is left out.
            backend: How people are looked for.
            predict: The network.
        """
        self._options, self._backend, self._predict = options, backend, predict
        self._alive: Alive | None = None
        self.why = "the camera moves: whoever looks like a person is one"
        if not backend.restlessness:
            self.why = "whoever looks like a person is one, whether he moves or not"
        elif stands_still(frames):
            self._alive = Alive(frames)
            self.why = "the camera stands still: what never moves is no person"

    def __call__(self, index: int, frame: Frame) -> list[Look]:
        """The people of a frame, the surest first."""
        options, least = self._options, self._backend.restlessness
        alive = self._alive
        worth = alive.worth(index, frame, least) if alive is not None else everywhere
        found = find_people(
            frame,
            self._predict,
            self._backend.scales,
            options.crop_margin,
            least_px(options, frame),
            worth,
        )
        return [one for one in found if one.score >= options.threshold
                and (alive is None or one.mask is None
                     or alive.restlessness(index, frame, one.mask) >= least)]  # fmt: skip
