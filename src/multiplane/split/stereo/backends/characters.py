"""Characters as split.segment finds them, as people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from multiplane.core.arrays import Alpha, Frame, Mask, check_same_size
from multiplane.core.compute import Compute
from multiplane.core.instances import Instance
from multiplane.split.segment.backends.salient import load_predictor
from multiplane.split.segment.choice import Choices, missing_weights
from multiplane.split.segment.config import (
    AutoOptions,
    CombinedOptions,
    MotionOptions,
    SalientOptions,
)
from multiplane.split.stereo.backend import Seeds
from multiplane.split.stereo.backends.motion import follow_characters
from multiplane.split.stereo.backends.outline import outline
from multiplane.split.stereo.backends.selfie.closer import look_closer
from multiplane.split.stereo.backends.selfie.windows import Predict
from multiplane.split.stereo.people_config import CharacterPeople as CharacterOptions
from multiplane.split.stereo.people_config import PeopleOptions


class CharacterPeople:
    """Asks split.segment in every frame; optical flow tells who is who."""

    def __init__(
        self, options: PeopleOptions, compute: Compute | None = None, why: str = "asked for"
    ) -> None:
        """Load what is asked for; what ``auto`` would take is loaded with the first chunk.

        Args:
            options: With a backend of the kind ``characters``.
            compute: Without effect; the networks run on the CPU.
            why: Why this backend.

        Raises:
            WeightsError: The evidence needs weights that cannot be had.
        """
        backend = options.backend
        assert isinstance(backend, CharacterOptions)
        self.kind, self.why, self.notes = backend.kind, why, list[str]()
        self._options, self._evidence = options, backend.evidence
        self._choices = Choices(backend.evidence, compute, sam=False)
        self._predict: Predict | None = None
        self._looked = False

    def follow(
        self, frames: Sequence[Frame], seeds: Seeds | None = None
    ) -> Iterator[list[Instance]]:
        """Follow the people of one eye; see :class:`~multiplane.split.stereo.backend.People`."""
        self.notes.clear()
        return follow_characters(frames, seeds, self._choices, self._options, self.notes)

    def look(self, frame: Frame, hint: Mask) -> tuple[Alpha, float]:
        """Ask what stands out in a crop round one person; without a network, draw his edges.

        Raises:
            InputError: The sizes differ.
        """
        check_same_size(frame, hint, ("frame", "hint"))
        predict = self._salience()
        if predict is None:
            return outline(frame, hint, self._options.crop_margin)
        return look_closer(frame, hint, predict, self._options.crop_margin)

    def _salience(self) -> Predict | None:
        """What tells salience, if anything does."""
        if not self._looked:
            self._looked = True
            how = _salient(self._evidence)
            self._predict = load_predictor(how).predict if how is not None else None
        return self._predict


def _salient(
    evidence: AutoOptions | SalientOptions | MotionOptions | CombinedOptions,
) -> SalientOptions | None:
    """The salience that the evidence makes use of."""
    if isinstance(evidence, CombinedOptions):
        return evidence.salient
    if isinstance(evidence, AutoOptions):
        return None if missing_weights() else CombinedOptions().salient
    return evidence if isinstance(evidence, SalientOptions) else None
