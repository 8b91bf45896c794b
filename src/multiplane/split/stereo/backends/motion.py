"""Who moves, or stands where most of the chunk shows something else. No weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.instances import Instance
from multiplane.split.segment.choice import Choices
from multiplane.split.segment.config import SegmentOptions
from multiplane.split.segment.shot import Shot
from multiplane.split.stereo.backend import Seeds
from multiplane.split.stereo.backends.carried import Seeded, carry, least_px
from multiplane.split.stereo.backends.outline import outline
from multiplane.split.stereo.backends.tripod import camera_of
from multiplane.split.stereo.people_config import MotionPeople as MotionOptions
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.track.backend import Look
from multiplane.split.track.backends.flow import FlowPropagator
from multiplane.split.track.config import FlowOptions
from multiplane.split.track.looks import CharacterLooks


class MotionPeople:
    """Holds every frame against what stays over the chunk; optical flow tells who is who."""

    def __init__(
        self, options: PeopleOptions, compute: Compute | None = None, why: str = "asked for"
    ) -> None:
        """Be ready; there is nothing to load.

        Args:
            options: With a backend of the kind ``motion``.
            compute: Without effect; there is no network.
            why: Why this backend.
        """
        backend = options.backend
        assert isinstance(backend, MotionOptions)
        self.kind, self.why, self.notes = backend.kind, why, list[str]()
        self._options = options
        self._choices = Choices(backend.model, compute)

    def follow(
        self, frames: Sequence[Frame], seeds: Seeds | None = None
    ) -> Iterator[list[Instance]]:
        """Follow the people of one eye; see :class:`~multiplane.split.stereo.backend.People`.

        Of a single frame nobody is found, and of frames that could not be laid on the others.
        """
        self.notes.clear()
        return follow_characters(frames, seeds, self._choices, self._options, self.notes)

    def look(self, frame: Frame, hint: Mask) -> tuple[Alpha, float]:
        """Draw one person to the edges of the frame; nothing is known of what is behind him."""
        return outline(frame, hint, self._options.crop_margin)


def follow_characters(
    frames: Sequence[Frame], seeds: Seeds | None, choices: Choices, options: PeopleOptions,
    notes: list[str],
) -> Iterator[list[Instance]]:  # fmt: skip
    """Find characters with a backend of split.segment in every frame, and number them by flow.

    Args:
        frames: All of one size.
        seeds: Who is there, when that is known.
        choices: The backends of split.segment.
        options: Who is left out.
        notes: Takes what is worth telling.

    Yields:
        Those in sight, a list a frame.
    """
    if not len(frames):
        return
    wanted = SegmentOptions(min_instance_px=least_px(options, frames[0]))
    camera = camera_of(frames)
    found = CharacterLooks(Shot(frames, camera), choices, wanted)
    notes.append("the camera moves" if camera is None else "the camera stands still")
    notes += [f"{key}: {told}" for key in ("backend", "why") if (told := found.figures.get(key))]

    def sure(index: int, frame: Frame, people: Sequence[Look] = ()) -> list[Look]:
        return [look for look in found(index, frame) if look.score >= options.threshold]

    propagator = FlowPropagator(FlowOptions())
    if seeds is None:
        yield from carry(frames, sure, propagator, options, every_frames=1)
        return
    seeded = Seeded(seeds, sure, propagator)
    yield from carry(frames, seeded, seeded, options, every_frames=1)
