"""Where one shot ends and the next begins, found while the frames pass by."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ContentDetector

from multiplane.core.arrays import Frame
from multiplane.split.shots.config import AdaptiveCuts, ContentCuts, NoCuts

_THUMB_PX = 256
"""Detectors look at frames of about this size, as PySceneDetect itself does."""


@dataclass(frozen=True)
class Picture:
    """One frame of a source, before anything is decided about it.

    Attributes:
        index: Its number in the source, from 0.
        time_s: When it is shown, in seconds; None for pictures of a folder.
        stem: The file name, without suffix, it has in every plane.
        frame: (H, W, 3) RGB.
        own: The user's own file when it can be used as it is.
    """

    index: int
    time_s: float | None
    stem: str
    frame: Frame
    own: str | None = None


@dataclass(frozen=True)
class Marked:
    """A picture and whether a shot begins with it.

    Attributes:
        picture: The picture.
        thumb: It, shrunk.
        begins: Whether a shot begins with it.
        unlike: Mean absolute difference of its thumb to the one before; infinite for the first
            picture and after a change of size.
    """

    picture: Picture
    thumb: Frame
    begins: bool
    unlike: float


def mark_cuts(
    pictures: Iterable[Picture], options: AdaptiveCuts | ContentCuts | NoCuts
) -> Iterator[Marked]:
    """Mark the pictures that begin a shot; a change of size always does.

    A few pictures are held back, as many as the detector looks ahead.

    Args:
        pictures: In order.
        options: The way cuts are found.

    Yields:
        Each picture with its mark.
    """
    detector, lag = _detector(options), _lag(options)
    pending: deque[Marked] = deque()
    before: Frame | None = None
    size: tuple[int, ...] | None = None
    passed = 0
    for count, picture in enumerate(pictures):
        thumb = _thumb(picture.frame)
        if picture.frame.shape != size:
            passed += len(pending)
            yield from pending
            pending.clear()
            detector, size, before = _detector(options), picture.frame.shape, None
        unlike = math.inf if before is None else float(cv2.absdiff(before, thumb).mean())
        pending.append(Marked(picture, thumb, begins=before is None, unlike=unlike))
        before = thumb
        for number in _feed(detector, count, thumb):
            pending[number - passed] = replace(pending[number - passed], begins=True)
        while len(pending) > lag:
            passed += 1
            yield pending.popleft()
    yield from pending


def join_short(lengths: Sequence[int], cuts: Sequence[float], shortest: int) -> list[list[int]]:
    """Join segments that are too short to the neighbour they are more alike.

    Args:
        lengths: Frames of each segment.
        cuts: How unlike its predecessor each segment begins; infinite never joins.
        shortest: What a segment must have to stand on its own.

    Returns:
        The numbers of the segments of each shot.
    """
    groups = [[number] for number in range(len(lengths))]
    while True:
        sizes = [sum(lengths[number] for number in group) for group in groups]
        strengths = [*(cuts[group[0]] for group in groups), math.inf]
        short = [
            place
            for place, size in enumerate(sizes)
            if size < shortest and min(strengths[place], strengths[place + 1]) < math.inf
        ]
        if not short:
            return groups
        place = min(short, key=lambda p: sizes[p])
        left = place - 1 if strengths[place] <= strengths[place + 1] else place
        groups[left : left + 2] = [groups[left] + groups[left + 1]]


def _detector(options: AdaptiveCuts | ContentCuts | NoCuts) -> ContentDetector | None:
    if isinstance(options, AdaptiveCuts):
        return AdaptiveDetector(
            adaptive_threshold=options.ratio,
            min_scene_len=0,
            window_width=options.window_frames,
            min_content_val=options.min_content,
        )
    if isinstance(options, ContentCuts):
        return ContentDetector(threshold=options.threshold, min_scene_len=0)
    return None


def _lag(options: AdaptiveCuts | ContentCuts | NoCuts) -> int:
    return options.window_frames if isinstance(options, AdaptiveCuts) else 0


def _feed(detector: ContentDetector | None, count: int, thumb: Frame) -> list[int]:
    if detector is None:
        return []
    # The rate is never asked for: cuts come back as frame numbers.
    found = detector.process_frame(
        FrameTimecode(count, fps=25.0), cv2.cvtColor(thumb, cv2.COLOR_RGB2BGR)
    )
    return [cut.frame_num for cut in found]


def _thumb(frame: Frame) -> Frame:
    scale = _THUMB_PX / max(frame.shape[:2])
    if scale >= 1:
        return frame
    size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
