"""Where objects come from: masks or boxes of another step, or characters found here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask, check_mask, check_same_size
from multiplane.core.detections import ShotBoxes
from multiplane.core.errors import InputError
from multiplane.core.instances import box_of
from multiplane.split.segment.choice import Choices
from multiplane.split.segment.config import SegmentOptions
from multiplane.split.segment.run import FrameInstances, segment_shot
from multiplane.split.segment.shot import Shot
from multiplane.split.track.backend import Look


class MaskLooks:
    """The connected parts of masks that were handed in."""

    def __init__(self, masks: Sequence[Mask], frames: int, min_px: int) -> None:
        """Take the masks.

        Args:
            masks: One a frame, (H, W); a list, or something that loads item by item.
            frames: How many frames there are.
            min_px: Smaller parts are left out, pixels.

        Raises:
            InputError: There are more or fewer masks than frames.
        """
        if len(masks) != frames:
            raise InputError(
                f"there are {frames} frames and {len(masks)} masks",
                why="each frame is looked at with its own mask",
                fix="hand in one mask a frame, in the same order",
            )
        self._masks, self._min_px = masks, min_px

    def __call__(self, index: int, frame: Frame) -> Sequence[Look]:
        """The parts of the mask of a frame, the largest first."""
        mask = check_mask(self._masks[index])
        check_same_size(frame, mask, (f"frame {index}", f"mask {index}"))
        return parts_of(mask, self._min_px)


class BoxLooks:
    """Boxes that were handed in."""

    def __init__(self, boxes: ShotBoxes) -> None:
        """Take the boxes of a shot."""
        self._boxes = boxes.by_index()

    def __call__(self, index: int, frame: Frame) -> Sequence[Look] | None:
        """The boxes of a frame; None where nobody looked."""
        found = self._boxes.get(index)
        if found is None:
            return None
        return [Look(None, box.box, box.score, box.id) for box in found]


class CharacterLooks:
    """Characters as split.segment finds them, which looks at the shot as a whole."""

    def __init__(self, shot: Shot, choices: Choices, options: SegmentOptions) -> None:
        """Get ready; the work is done as frames are asked for.

        Args:
            shot: The frames, which are gone through once more.
            choices: The backends of split.segment.
            options: Who is a character.
        """
        found = segment_shot(shot, choices, options)
        self.figures = found.figures
        self._frames: Iterator[FrameInstances] = found.frames

    def __call__(self, index: int, frame: Frame) -> Sequence[Look]:
        """The characters of a frame; frames are asked for in order."""
        one = next(found for found in self._frames if found.index == index)
        return [
            Look(instance.mask, instance.box, instance.score) for instance in one.instances
        ]  # fmt: skip


def parts_of(mask: Mask, min_px: int) -> list[Look]:
    """The connected parts of a mask, the largest first.

    Args:
        mask: (H, W).
        min_px: Smaller ones are left out.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda part: (-int(areas[part]), part))
    parts = [np.asarray(labels == part) for part in order if areas[part] >= max(1, min_px)]
    return [Look(part, box_of(part)) for part in parts]
