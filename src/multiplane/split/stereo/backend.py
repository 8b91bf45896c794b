"""What a way to find and follow the people of one eye looks like, and which ones there are.

:func:`multiplane.split.stereo.people_choice.open_people` opens one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.instances import Instance
from multiplane.split.track.backend import Look

BACKENDS = {
    "selfie": "multiplane.split.stereo.backends.selfie.people:SelfiePeople",
    "characters": "multiplane.split.stereo.backends.characters:CharacterPeople",
    "motion": "multiplane.split.stereo.backends.motion:MotionPeople",
    "sam": "multiplane.split.stereo.backends.sam:SamPeople",
}

Seeds: TypeAlias = Callable[[int], Sequence[Look] | None]
"""Frame number, from 0 → those who are known to be there, each with its id and a mask or a box;
None where nobody looked. An empty list says that nobody is there."""


class People(Protocol):
    """Finds and follows people. Made with its options; models are loaded then.

    Attributes:
        kind: Which backend it is; never ``auto``.
        why: Why this one, in words.
        notes: What is worth telling, in words: what had to be done about too little memory, what
            else had to stand in. Each call of ``follow`` begins by clearing it.
    """

    kind: str
    why: str
    notes: list[str]

    def follow(
        self, frames: Sequence[Frame], seeds: Seeds | None = None
    ) -> Iterator[list[Instance]]:
        """Follow the people of one eye through a chunk.

        Args:
            frames: All of one size; a list, or something that loads item by item and can be gone
                through more than once.
            seeds: Who is there, when that is known from elsewhere: then those are followed and
                nobody else, by the ids they come with.

        Yields:
            Those in sight, by their ids from 1, a list a frame; the work is done as they are
            asked for.
        """

    def look(self, frame: Frame, hint: Mask) -> tuple[Alpha, float]:
        """Look at one person again, alone, in a crop round where he is believed to be.

        Args:
            frame: (H, W, 3), of any size, also the full one.
            hint: (H, W), roughly where the person is.

        Returns:
            (H, W) alpha, 0 outside of the crop, and how sure, in [0, 1]. An empty hint gives an
            empty alpha and 0.
        """
