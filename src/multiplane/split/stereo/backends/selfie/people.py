"""The backend: windows find newcomers every few frames, crops follow each in every frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from multiplane.core.arrays import Alpha, Frame, Mask, check_same_size
from multiplane.core.compute import Compute
from multiplane.core.instances import Instance
from multiplane.hub import weights
from multiplane.networks.selfie import Selfie
from multiplane.split.stereo.backend import Seeds
from multiplane.split.stereo.backends.carried import Seeded, carry
from multiplane.split.stereo.backends.selfie.closer import look_closer
from multiplane.split.stereo.backends.selfie.finder import Finder
from multiplane.split.stereo.backends.selfie.following import SelfiePropagator
from multiplane.split.stereo.backends.selfie.regaining import Regaining
from multiplane.split.stereo.backends.selfie.windows import Predict
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.stereo.people_config import SelfiePeople as SelfieOptions
from multiplane.split.track.backend import Look


class SelfiePeople:
    """Finds, follows and draws people with one small network."""

    def __init__(
        self,
        options: PeopleOptions,
        compute: Compute | None = None,
        why: str = "asked for",
        predict: Predict | None = None,
    ) -> None:
        """Load the network.

        Args:
            options: With a backend of the kind ``selfie``.
            compute: Without effect; the network runs on the CPU.
            why: Why this backend.
            predict: Somebody else to ask instead of the network.

        Raises:
            WeightsError: The weights cannot be had.
        """
        backend = options.backend
        assert isinstance(backend, SelfieOptions)
        self.kind, self.why, self.notes = backend.kind, why, list[str]()
        self._options, self._backend = options, backend
        self._predict = predict or Selfie(weights.find(backend.model)).predict

    def follow(
        self, frames: Sequence[Frame], seeds: Seeds | None = None
    ) -> Iterator[list[Instance]]:
        """Follow the people of one eye; see :class:`~multiplane.split.stereo.backend.People`."""
        self.notes.clear()
        if not len(frames):
            return
        propagator = SelfiePropagator(self._predict, self._options.crop_margin)
        if seeds is None:
            find = Finder(frames, self._options, self._backend, self._predict)
            self.notes.append(find.why)
            regaining = Regaining(find, propagator, self._options.every_frames)
            yield from carry(frames, regaining, propagator, self._options, every_frames=1)
            return
        seeded = Seeded(seeds, self._ask, propagator, between=False)
        yield from carry(frames, seeded, seeded, self._options, every_frames=1)

    def look(self, frame: Frame, hint: Mask) -> tuple[Alpha, float]:
        """Ask about one person in a crop of his own.

        Raises:
            InputError: The sizes differ.
        """
        check_same_size(frame, hint, ("frame", "hint"))
        return look_closer(frame, hint, self._predict, self._options.crop_margin)

    def _ask(self, index: int, frame: Frame, people: Sequence[Look]) -> list[Look]:
        """What this eye sees of those who are known to be there."""
        found = []
        for one in people:
            assert one.mask is not None
            alpha, score = look_closer(frame, one.mask, self._predict, self._options.crop_margin)
            if score >= self._options.threshold:
                found.append(Look(alpha >= 0.5, one.box, score, one.id))
        return found
