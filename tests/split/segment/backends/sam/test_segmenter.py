"""Which of the things in a drawn room are the character, with somebody for SAM who knows them."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from oracle_sam import OracleSam

from multiplane.core.progress import silent
from multiplane.split.segment.backend import Part, Segmentation
from multiplane.split.segment.backends.sam.eyes import Eyes
from multiplane.split.segment.backends.sam.segmenter import SamSegmenter
from multiplane.split.segment.choice import Choice
from multiplane.split.segment.config import AutomaticOptions, SamOptions
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.prompts import Prompt
from multiplane.split.segment.shot import Shot

WIDTH, HEIGHT = 192, 128
SKY, WALL, HEAD, SHIRT, TROUSERS, BALL = (
    (90, 120, 200), (150, 130, 100), (220, 180, 150), (200, 40, 40), (40, 60, 120), (30, 160, 60)
)  # fmt: skip
AUTOMATIC = AutomaticOptions(preset="optimized", points_per_side=16)


@dataclass
class Room:
    frames: list[np.ndarray]
    boys: list[np.ndarray]
    balls: list[np.ndarray]


def room(count: int = 2) -> Room:
    """A boy of three colours with a ball walks along a wall under the sky."""
    frames, boys, balls = [], [], []
    for number in range(count):
        frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        frame[:50], frame[50:] = SKY, WALL
        x = 30 + 12 * number
        frame[20:40, x + 8 : x + 28] = HEAD
        frame[40:76, x : x + 36] = SHIRT
        frame[76:116, x + 2 : x + 34] = TROUSERS
        frame[56:70, x + 36 : x + 50] = BALL
        frames.append(frame)
        boys.append(np.isin(code(frame), [code(np.array(c)) for c in (HEAD, SHIRT, TROUSERS)]))
        balls.append(code(frame) == code(np.array(BALL)))
    return Room(frames, boys, balls)


def code(frame: np.ndarray) -> np.ndarray:
    return frame.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])


class Told:
    """Believes in what it was told, as coarsely as the real ones do."""

    def __init__(self, masks: list[np.ndarray]) -> None:
        self.masks = masks

    def choose(self, frame_count: int, pointed: bool = False):
        return Choice("told", "for a test"), self

    def segment(self, shot, progress):
        beliefs = (np.where(mask[::4, ::4], 0.7, -0.8).astype(np.float32) for mask in self.masks)
        return Segmentation(beliefs, figures={"trust": "all of it"})


class Rememberer:
    """Follows by the colours that an object had where it was shown."""

    def __init__(self) -> None:
        self.memory = SimpleNamespace(notes=["of the shot before"])
        self.shown: list[tuple[int, int]] = []

    def start(self, **how):
        self.memory.notes.append("memory fell short with 16 objects a batch")
        return Remembered(self.shown)


class Remembered:
    def __init__(self, shown: list[tuple[int, int]]) -> None:
        self.position, self.scores, self.shown = -1, {}, shown
        self.colours: dict[int, np.ndarray] = {}

    def step(self, frame):
        self.position, self.codes = self.position + 1, code(frame)
        return {number: self._find(number) for number in self.colours}

    def add(self, number, *, frame_index, mask=None, box=None, points=None):
        if mask is None:
            x0, y0, x1, y1 = (int(v) for v in box)
            mask = np.zeros(self.codes.shape, bool)
            mask[(y0 + y1) // 2, (x0 + x1) // 2] = True
        self.shown.append((number, frame_index))
        self.colours[number] = np.unique(self.codes[mask])
        return self._find(number)

    def _find(self, number):
        self.scores[number] = 0.8
        return np.where(np.isin(self.codes, self.colours[number]), 3.0, -3.0)


def find(drawn: Room, evidence=None, sam=None, shot=None, **options) -> tuple[list, dict]:
    segmenter = SamSegmenter(
        SamOptions(automatic=AUTOMATIC, **options),
        sam=sam or OracleSam(),
        follower=Rememberer(),
        evidence=Told(drawn.boys if evidence is None else evidence),
    )
    found = segmenter.segment(shot or Shot(drawn.frames), silent)
    return list(found.parts), found.figures


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return np.count_nonzero(first ^ second) < 0.03 * np.count_nonzero(second)


def test_the_boy_is_taken_whole_and_neither_wall_nor_sky_nor_ball() -> None:
    drawn = room()
    parts, figures = find(drawn)
    for (boy,), truth in zip(parts, drawn.boys, strict=True):
        assert same(boy.mask, truth)
        assert 0.7 < boy.score <= 1
    assert figures["proposed"] == 2 * 6
    assert figures["taken"] == 2 * 3
    assert figures["asked_again"] == 0
    assert (figures["evidence"], figures["trust"]) == ("told", "all of it")


def test_the_ball_is_taken_when_evidence_says_so() -> None:
    drawn = room()
    both = [boy | ball for boy, ball in zip(drawn.boys, drawn.balls, strict=True)]
    parts, _ = find(drawn, both)
    for (taken,), truth in zip(parts, both, strict=True):
        assert same(taken.mask, truth)


def test_what_the_grid_did_not_find_is_asked_for_again() -> None:
    drawn = room(2)
    sam = OracleSam(blind=[SHIRT, TROUSERS, HEAD])
    parts, figures = find(drawn, sam=sam)
    for (boy,), truth in zip(parts, drawn.boys, strict=True):
        assert same(boy.mask, truth)
    assert figures["asked_again"] == 2
    assert len(sam.boxes) == 2


def test_nobody_is_in_the_room() -> None:
    drawn = room(2)
    nobody = [np.zeros_like(mask) for mask in drawn.boys]
    parts, figures = find(drawn, nobody)
    assert parts == [[], []]
    assert figures["taken"] == 0


def test_everything_is_everything() -> None:
    drawn = room(2)
    parts, figures = find(drawn, who="everything")
    assert [len(of_frame) for of_frame in parts] == [6, 6]
    assert np.logical_or.reduce([part.mask for part in parts[0]]).mean() > 0.95
    assert figures["proposed"] == 12


def test_boxes_of_another_step_are_evidence_and_are_asked_for() -> None:
    drawn = room(2)
    nobody = [np.zeros_like(mask) for mask in drawn.boys]
    boxes = [Prompt(n, box=(29.0 + 12 * n, 19, 67.0 + 12 * n, 117), score=0.9) for n in range(2)]
    shot = Shot(drawn.frames, hints=Pointed(boxes))
    parts, figures = find(drawn, nobody, shot=shot, planes="evidence")
    for (boy,), truth in zip(parts, drawn.boys, strict=True):
        assert same(boy.mask, truth)
    assert figures["asked_again"] == 2


def test_masks_of_another_step_are_evidence() -> None:
    drawn = room(2)
    nobody = [np.zeros_like(mask) for mask in drawn.boys]
    hints = Pointed((), {n: (lambda n=n: drawn.boys[n]) for n in range(2)})
    parts, _ = find(drawn, nobody, shot=Shot(drawn.frames, hints=hints), planes="evidence")
    for (boy,), truth in zip(parts, drawn.boys, strict=True):
        assert same(boy.mask, truth)


def test_what_is_pointed_at_in_each_frame_is_answered_there() -> None:
    drawn = room(2)
    prompts = [
        Prompt(0, box=(29, 19, 67, 117)),
        Prompt(1, points=((50, 60), (80, 60)), labels=(1, 0)),
        Prompt(1, points=((58, 30),), labels=(1,)),
    ]
    parts, figures = find(drawn, shot=Shot(drawn.frames, pointed=Pointed(prompts)))
    assert [len(of_frame) for of_frame in parts] == [1, 2]
    assert same(parts[0][0].mask, drawn.boys[0])
    shirt, head = parts[1]
    assert shirt.mask[50, 50]
    assert not shirt.mask[30, 58]
    assert head.mask[30, 58]
    assert all(part.track_id is None for of_frame in parts for part in of_frame)
    assert "evidence" not in figures


def test_what_is_pointed_at_in_some_frames_is_followed_through_the_others() -> None:
    drawn = room(4)
    boxes = [Prompt(n, box=(29.0 + 12 * n, 19, 67.0 + 12 * n, 117)) for n in (1, 3)]
    parts, _ = find(drawn, shot=Shot(drawn.frames, pointed=Pointed(boxes)))
    assert [[part.track_id for part in of_frame] for of_frame in parts] == [[], [1], [1], [1]]
    for of_frame, truth in zip(parts[1:], drawn.boys[1:], strict=True):
        assert np.count_nonzero(of_frame[0].mask ^ truth) < 0.1 * np.count_nonzero(truth)


def test_a_single_picture_needs_no_memory_and_keeps_numbers() -> None:
    drawn = room(1)
    prompts = [Prompt(0, 5, box=(29, 19, 67, 117))]
    ((boy,),), _ = find(drawn, shot=Shot(drawn.frames, pointed=Pointed(prompts)))
    assert boy.track_id == 5
    assert same(boy.mask, drawn.boys[0])


def test_characters_of_some_frames_are_followed_through_the_others() -> None:
    drawn = room(5)
    sam = OracleSam()
    parts, figures = find(drawn, sam=sam, every_frames=4)
    assert sam.encoded == 2
    for of_frame, truth in zip(parts, drawn.boys, strict=True):
        (boy,) = of_frame
        assert boy.track_id == 1
        assert np.count_nonzero(boy.mask ^ truth) < 0.1 * np.count_nonzero(truth)
    assert figures["proposed"] == 12
    assert figures["memory"] == ["memory fell short with 16 objects a batch"]


def test_what_is_shown_once_is_followed_through_the_shot() -> None:
    drawn = room(3)
    prompts = [Prompt(0, 4, box=(29, 19, 67, 117))]
    parts, _ = find(drawn, shot=Shot(drawn.frames, pointed=Pointed(prompts)))
    assert [[part.track_id for part in of_frame] for of_frame in parts] == [[4]] * 3
    assert all(of_frame[0].mask[50, 40 + 12 * n] for n, of_frame in enumerate(parts))


def test_words_do_not_keep_places_from_being_followed(monkeypatch) -> None:
    drawn = room(3)
    asked: list[list[Prompt]] = []

    def ball(eyes, frame, prompts):
        told = [prompt for prompt in prompts if prompt.text]
        if told:
            asked.append(told)
        return [Part(code(frame) == code(np.array(BALL)), 0.7) for _ in told]

    monkeypatch.setattr(Eyes, "_described", ball)
    prompts = [Prompt(0, 4, box=(29, 19, 67, 117)), Prompt(None, text="ball")]
    parts, _ = find(drawn, shot=Shot(drawn.frames, pointed=Pointed(prompts)))
    for number, of_frame in enumerate(parts):
        boy, thing = of_frame
        assert boy.mask[50, 40 + 12 * number]
        assert same(thing.mask, drawn.balls[number])
        assert (boy.track_id, thing.track_id) == (None, None)
    assert [len(told) for told in asked] == [1] * 3


def test_a_crowd_is_followed_to_the_last() -> None:
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    places = [(x, y) for y in range(0, HEIGHT, 16) for x in range(0, WIDTH, 16)][:70]
    for number, (x, y) in enumerate(places, 1):
        frame[y : y + 12, x : x + 12] = (number, 255 - number, 90)
    prompts = [Prompt(0, box=(x, y, x + 12, y + 12)) for x, y in places]
    parts, _ = find(room(1), shot=Shot([frame, frame], pointed=Pointed(prompts)))
    assert [len(of_frame) for of_frame in parts] == [70, 70]
