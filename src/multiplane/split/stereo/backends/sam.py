"""A detector for who is there, and a network of the SAM family for where they go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch

from multiplane.core.arrays import Alpha, Frame, Mask, check_same_size
from multiplane.core.choice import Choice
from multiplane.core.compute import Compute
from multiplane.core.detections import FrameBoxes
from multiplane.core.instances import Instance, box_of
from multiplane.hub import weights
from multiplane.networks.sam.image import Decoded, ImageSam
from multiplane.networks.sam.load import open_image_sam
from multiplane.networks.selfie import Selfie
from multiplane.split.detect.config import DetectOptions
from multiplane.split.detect.run import Finder as Detections
from multiplane.split.stereo.backend import Seeds
from multiplane.split.stereo.backends.carried import carry
from multiplane.split.stereo.backends.crop import Crop, crop_of
from multiplane.split.stereo.backends.selfie.finder import Finder as Windows
from multiplane.split.stereo.backends.selfie.windows import Predict
from multiplane.split.stereo.people_choice import detects_by_windows
from multiplane.split.stereo.people_config import PeopleOptions, SelfiePeople
from multiplane.split.stereo.people_config import SamPeople as SamOptions
from multiplane.split.track.backend import Look
from multiplane.split.track.choice import open_propagator
from multiplane.split.track.follow import Find


class SamPeople:
    """Boxes from a detector every few frames; the network's memory between."""

    def __init__(
        self, options: PeopleOptions, compute: Compute | None = None, why: str = "asked for"
    ) -> None:
        """Load detector and tracker.

        Args:
            options: With a backend of the kind ``sam``.
            compute: Where and how they run.
            why: Why this backend.

        Raises:
            WeightsError: Weights cannot be had.
            ConfigError: CUDA was asked for and is not there.
        """
        backend = options.backend
        assert isinstance(backend, SamOptions)
        self.kind, self.why, self.notes = backend.kind, why, list[str]()
        compute = compute or Compute()
        self._compute = replace(compute, precision="fp16") if backend.fp16 else compute
        self._options, self._backend = options, backend
        self._propagator = open_propagator(
            Choice(backend.tracker, why), self._compute, backend.memory_offload
        )
        self._windows: Predict | None = None
        self._detections: Detections | None = None
        if detects_by_windows(backend.detector):
            self._windows = Selfie(weights.find(SelfiePeople().model)).predict
        else:
            self._detections = Detections(self._wanted())
        self._still: ImageSam | None = None

    def follow(
        self, frames: Sequence[Frame], seeds: Seeds | None = None
    ) -> Iterator[list[Instance]]:
        """Follow the people of one eye; see :class:`~multiplane.split.stereo.backend.People`."""
        self.notes.clear()
        if not len(frames):
            return
        every = self._options.every_frames
        self._propagator.notes.clear()
        find = self._find(frames) if seeds is None else _named(seeds)
        yield from carry(
            frames, find, self._propagator, self._options, every if seeds is None else 1
        )
        self.notes += self._propagator.notes

    def look(self, frame: Frame, hint: Mask) -> tuple[Alpha, float]:
        """Ask about one person in a crop of his own, by the box of the hint.

        Raises:
            InputError: The sizes differ.
        """
        check_same_size(frame, hint, ("frame", "hint"))
        crop = crop_of(hint, self._options.crop_margin)
        if crop is None:
            return np.zeros(hint.shape, np.float32), 0.0
        sam = self._open_still()
        decoded, _ = sam.memory.fewer(lambda _: _ask(sam, crop, frame, hint), 1, "crop")
        logits = decoded.logits[0, 0].cpu().numpy().astype(np.float32)
        size = crop.columns.stop - crop.columns.start, crop.rows.stop - crop.rows.start
        full = cv2.resize(logits, size, interpolation=cv2.INTER_LINEAR)
        alpha = np.asarray(1 / (1 + np.exp(-np.clip(full, -30, 30))), np.float32)
        seen = float(torch.sigmoid(decoded.object_score[0]))
        return crop.back(alpha), float(np.clip(float(decoded.iou[0, 0]) * seen, 0, 1))

    def _open_still(self) -> ImageSam:
        """The same network's half for single pictures; loaded when it is first wanted."""
        if self._still is None:
            folder = weights.find(self._backend.tracker.model)
            self._still = open_image_sam(folder, self._compute)
        return self._still

    def _find(self, frames: Sequence[Frame]) -> Find:
        """What finds newcomers in a chunk; the tracker draws them."""
        if self._windows is not None:
            selfie = SelfiePeople()
            windows = Windows(frames, self._options, selfie, self._windows)
            self.notes.append(f"no detector is here: {selfie.model} finds people; {windows.why}")
            return lambda index, frame: [
                Look(None, one.box, one.score) for one in windows(index, frame)
            ]
        assert self._detections is not None
        found = self._detections.find(frames)
        self.notes.append(f"detector: {found.figures['backend']}, {found.figures['why']}")
        return _Boxes(found.frames)

    def _wanted(self) -> DetectOptions:
        options, compute = self._options, self._compute
        return DetectOptions(
            backend=self._backend.detector,
            threshold=options.threshold,
            max_boxes=options.max_people,
            every_frames=options.every_frames,
            device=compute.device,
            precision="auto",  # boxes of half as many digits are off by some px
            batch_size=compute.batch_size,
            max_vram_gb=compute.max_vram_gb,
        )


class _Boxes:
    """Boxes of a detector that goes through the frames by itself, a few at a time."""

    def __init__(self, frames: Iterator[FrameBoxes]) -> None:
        self._frames = frames

    def __call__(self, index: int, frame: Frame) -> list[Look] | None:
        """Those of a frame; frames are asked for in order."""
        found = next((one for one in self._frames if one.index == index), None)
        return None if found is None else [Look(None, one.box, one.score) for one in found.boxes]


def _named(seeds: Seeds) -> Callable[[int, Frame], list[Look] | None]:
    """Only those who have an id."""

    def find(index: int, frame: Frame) -> list[Look] | None:
        told = seeds(index)
        return None if told is None else [look for look in told if look.id is not None]

    return find


def _ask(sam: ImageSam, crop: Crop, frame: Frame, hint: Mask) -> Decoded:
    (embedding,) = sam.encode([crop.of(frame)])
    box = np.array([box_of(crop.of_mask(hint))], np.float32)
    return sam.decode(embedding, boxes=box, multimask=False)
