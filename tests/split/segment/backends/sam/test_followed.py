from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from multiplane.split.segment.backends.sam.followed import can_be_followed, follow_pointed
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.prompts import Prompt
from multiplane.split.segment.shot import Shot

SIZE = (40, 30)


class Memory:
    """Follows by colour: what has the colour that the middle of the box had."""

    def __init__(self) -> None:
        self.scores: dict[int, float] = {}
        self.position = -1
        self.seen: list[int] = []
        self.colours: dict[int, int] = {}

    def step(self, frame):
        self.position += 1
        self.frame = frame
        self.seen.append(int(frame[0, 0, 2]))
        return {number: self._find(number) for number in self.colours}

    def add(self, object_id, *, frame_index, mask=None, box=None, points=None):
        assert frame_index == self.position
        assert mask is None or (box is None and points is None)
        if mask is not None:
            self.colours[object_id] = int(self.frame[mask][0, 0])
        elif box is not None:
            x, y = int((box[0] + box[2]) / 2), int((box[1] + box[3]) / 2)
            self.colours[object_id] = int(self.frame[y, x, 0])
        else:
            x, y, _ = points[0]
            self.colours[object_id] = int(self.frame[int(y), int(x), 0])
        return self._find(object_id)

    def _find(self, number):
        found = np.where(self.frame[..., 0] == self.colours[number], 5.0, -5.0)
        self.scores[number] = 0.9 if (found > 0).any() else 0.1
        return found.astype(np.float32)


class Network:
    def __init__(self) -> None:
        self.sessions: list[Memory] = []
        self.remembered: list[int] = []

    def start(self, *, max_conditioning: int = 0):
        self.remembered.append(max_conditioning)
        self.sessions.append(Memory())
        return self.sessions[-1]


def shot(hidden: tuple[int, ...] = ()) -> Shot:
    """Two squares that walk; the second is out of sight in some frames."""
    frames = []
    for number in range(8):
        frame = np.zeros((*SIZE[::-1], 3), np.uint8)
        frame[..., 2] = number
        frame[4:10, 2 + 3 * number : 8 + 3 * number, 0] = 100
        if number not in hidden:
            frame[18:26, 20:30, 0] = 200
        frames.append(frame)
    return Shot(frames)


def test_an_object_that_leaves_and_comes_back_keeps_its_number() -> None:
    pointed = Pointed(
        [Prompt(0, 1, box=(2, 4, 8, 10)), Prompt(0, 7, points=((25, 20),), labels=(1,))]
    )
    network = Network()
    found = list(follow_pointed(network, shot(hidden=(3, 4)), pointed))
    assert [[part.track_id for part in parts] for parts in found] == [
        [1, 7] if number not in {3, 4} else [1] for number in range(8)
    ]
    assert found[5][0].mask[5, 18]
    assert found[5][0].mask.sum() == 36
    assert found[0][0].score == pytest.approx(0.9)
    assert len(network.sessions) == 1


def test_what_is_shown_late_is_followed_back_to_the_beginning() -> None:
    rough = np.zeros(SIZE[::-1], bool)
    rough[20:24, 22:28] = True
    pointed = Pointed([Prompt(0, 1, box=(2, 4, 8, 10)), Prompt(5, 2, mask=rough)])
    network = Network()
    found = list(follow_pointed(network, shot(hidden=(2,)), pointed))
    numbers = [{part.track_id for part in parts} for parts in found]
    assert numbers == [{1} if number == 2 else {1, 2} for number in range(8)]
    assert all(part.mask.sum() == 80 for parts in found for part in parts if part.track_id == 2)
    back, forth = network.sessions
    assert back.seen == [5, 4, 3, 2, 1, 0]
    assert forth.seen == list(range(8))
    assert all(0 < most < 100 for most in network.remembered)  # shots are long, memories are not


def test_what_can_be_followed() -> None:
    box = (0, 0, 5, 5)
    assert can_be_followed(Pointed([Prompt(0, 1, box=box)]))
    assert not can_be_followed(Pointed([Prompt(0, None, box=box)]))
    assert not can_be_followed(Pointed([Prompt(0, 1, box=box), Prompt(None, 2, text="boy")]))
    assert not can_be_followed(Pointed((), {0: lambda: np.ones((3, 3), bool)}))
