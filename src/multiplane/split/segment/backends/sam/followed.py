"""What is pointed at, followed through the shot by the network's memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.networks.sam.video_prompts import Points
from multiplane.networks.sam.video_session import Logits
from multiplane.split.segment.backend import Part
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.prompts import Prompt
from multiplane.split.segment.shot import Shot
from multiplane.tensors.memory import Memory

_Packed: TypeAlias = tuple[bytes, float]

_REMEMBERED = 16
"""Frames that an object was shown in which are remembered, its first and its latest: somebody may
show it in each frame of a long shot."""


class Session(Protocol):
    """A shot in the eyes of a network, see :mod:`multiplane.networks.sam.video_session`."""

    scores: dict[int, float]
    position: int

    def step(self, frame: Frame) -> dict[int, Logits]:
        """Go on by one frame."""

    def add(
        self, object_id: int, *, frame_index: int, mask: Mask | None = None,
        box: Sequence[float] | None = None, points: Points | None = None,
    ) -> Logits | None:  # fmt: skip
        """Show an object."""


class Follower(Protocol):
    """A network that follows objects, see :mod:`multiplane.networks.sam.video`."""

    memory: Memory

    def start(self, *, max_conditioning: int = 0) -> Session:
        """Begin with a shot."""


def can_be_followed(pointed: Pointed) -> bool:
    """Whether all that is pointed at has numbers, and places to begin from."""
    return not pointed.masks and all(
        prompt.object_id is not None and prompt.index is not None and not prompt.text
        for prompt in pointed.prompts
    )


def follow_pointed(network: Follower, shot: Shot, pointed: Pointed) -> Iterator[list[Part]]:
    """Follow objects from where they are shown to both ends of the shot.

    Args:
        network: Remembers what it saw.
        shot: The frames. Those before an object is shown are gone through backwards first; of
            these frames packed masks are held, a few KB each.
        pointed: See :func:`can_be_followed`.

    Yields:
        The objects of a frame that are in sight, by their numbers.
    """
    before = _backwards(network, shot, pointed)
    session = network.start(max_conditioning=_REMEMBERED)
    for index in range(len(shot)):
        frame = shot.frame(index)
        shape = (frame.shape[0], frame.shape[1])
        parts = [
            Part(_unpacked(packed, shape), score, number)
            for number, (packed, score) in before.pop(index, {}).items()
        ]
        yield parts + _go_on(session, frame, pointed.at(index))


def _backwards(
    network: Follower, shot: Shot, pointed: Pointed
) -> dict[int, dict[int, _Packed]]:  # fmt: skip
    """Frame → object → its packed mask, of the frames before each object was shown."""
    first: dict[int, int] = {}
    for prompt in pointed.prompts:
        number, index = prompt.object_id or 0, prompt.index or 0
        first[number] = min(index, first.get(number, index))
    if not any(first.values()):
        return {}
    session = network.start(max_conditioning=_REMEMBERED)
    found: dict[int, dict[int, _Packed]] = {}
    for index in range(max(first.values()), -1, -1):
        shown = pointed.at(index) if index else []
        begin = [prompt for prompt in shown if first[prompt.object_id or 0] == index]
        for part in _go_on(session, shot.frame(index), begin):
            number = part.track_id or 0
            if index < first[number]:
                found.setdefault(index, {})[number] = (_packed(part.mask), part.score)
    return found


def _go_on(session: Session, frame: Frame, prompts: Sequence[Prompt]) -> list[Part]:
    """Take the next frame, and show what is pointed at in it."""
    found = dict(session.step(frame))
    for prompt in prompts:
        number = prompt.object_id or 0
        logits = session.add(
            number,
            frame_index=session.position,
            mask=prompt.mask,
            box=prompt.box if prompt.mask is None else None,
            points=_points(prompt) if prompt.mask is None else None,
        )
        assert logits is not None, "the frame was seen already"
        found[number] = logits
    masks = {number: np.asarray(logits > 0) for number, logits in found.items()}
    return [
        Part(mask, float(session.scores.get(number, 1.0)), number)
        for number, mask in sorted(masks.items())
        if mask.any()
    ]


def _points(prompt: Prompt) -> Points | None:
    pairs = zip(prompt.points, prompt.labels, strict=True)
    return [(x, y, bool(label)) for (x, y), label in pairs] or None


def _packed(mask: Mask) -> bytes:
    return zlib.compress(np.packbits(mask).tobytes(), 1)


def _unpacked(packed: bytes, shape: tuple[int, int]) -> Mask:
    bits = np.frombuffer(zlib.decompress(packed), np.uint8)
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(np.bool_)
