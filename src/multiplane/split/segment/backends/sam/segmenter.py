"""SAM 2.1, EdgeTAM and SAM 3 as segmenters: everything in a frame, or what is pointed at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.core.instances import box_of
from multiplane.core.items import Json
from multiplane.core.progress import Progress, silent, track
from multiplane.hub import weights
from multiplane.motion.camera import CameraPath
from multiplane.networks.sam.image import ImageSam
from multiplane.networks.sam.load import check_family, open_image_sam
from multiplane.networks.sam.video import VideoSam, open_video_sam
from multiplane.split.segment.backend import Part, Segmentation
from multiplane.split.segment.backends.sam.cast import Cast
from multiplane.split.segment.backends.sam.eyes import Eyes, Seen
from multiplane.split.segment.backends.sam.followed import (
    can_be_followed,
    follow_pointed,
)
from multiplane.split.segment.backends.sam.worded import Worded
from multiplane.split.segment.choice import Choices
from multiplane.split.segment.config import EdgeTamOptions, Sam3Options, SamOptions
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.registration import camera_figures, find_camera
from multiplane.split.segment.shot import Shot
from multiplane.split.segment.temporal import steady
from multiplane.split.track import config as track_config
from multiplane.split.track.backend import Look
from multiplane.split.track.backends.sam import SamPropagator
from multiplane.split.track.config import TrackOptions
from multiplane.split.track.follow import Find, follow
from multiplane.tensors.devices import pick_device

_WORK_PX, _THREADS = 480, 0
"""Long side at which the camera is found where nobody else looked for it; all processors."""
_ALL = 4096
"""As many as there are: who is left out is said by the options of this stage."""
_STEADY = 2
"""Neighbours on each side that steady what is believed of a frame: nobody shall blink."""


class SamSegmenter:
    """Finds everything and takes the characters, or finds what is pointed at."""

    def __init__(
        self, options: SamOptions | EdgeTamOptions | Sam3Options,
        compute: Compute | None = None, sam: ImageSam | None = None,
        follower: VideoSam | None = None, evidence: Choices | None = None,
    ) -> None:  # fmt: skip
        """Load the network.

        Args:
            options: What to look for, and who is a character.
            compute: Where and how the network runs.
            sam: Somebody else to ask about single frames instead of the network.
            follower: Somebody else to follow what is pointed at.
            evidence: Who tells characters.

        Raises:
            WeightsError: They cannot be had, or are of another network.
            ConfigError: CUDA was asked for and is not there.
        """
        self._options = options
        self._compute = compute or Compute()
        self._folder: Path | None = None
        if sam is None:
            pick_device(self._compute.device)  # before a gigabyte is fetched
            self._folder = weights.find(options.model)
            check_family(self._folder, options.kind, options.model)
            sam = open_image_sam(self._folder, self._compute)
        words = Worded(self._folder, self._compute) if self._folder else None
        self._eyes = Eyes(sam, options.automatic, self._compute, words)
        self._follower = follower
        self._evidence = evidence
        self._propagator: SamPropagator | None = None

    def segment(self, shot: Shot, progress: Progress) -> Segmentation:
        """Go through the frames of a shot.

        Args:
            shot: The shot, with what is pointed at in it.
            progress: Told after each frame.

        Returns:
            A stream of parts.
        """
        self._forget()
        figures: dict[str, Json] = {"model": self._options.model}
        if not shot.pointed and self._options.who == "characters":
            camera, parts = self._characters(shot, figures)
        else:
            camera = find_camera(shot, shot.small_size(_WORK_PX), _THREADS)
            parts = self._pointed(shot) if shot.pointed else self._all(shot, figures)
        figures |= camera_figures(camera)
        noted = self._noted(track(parts, len(shot), progress), figures)
        return Segmentation(camera=camera, figures=figures, parts=noted)

    def _characters(
        self, shot: Shot, figures: dict[str, Json]
    ) -> tuple[CameraPath, Iterator[list[Part]]]:
        """Everything in each frame, of which characters are taken."""
        if self._evidence is None:
            self._evidence = Choices(self._options.evidence, self._compute, sam=False)
        choice, segmenter = self._evidence.choose(len(shot))
        found = segmenter.segment(shot, silent)
        figures |= {"evidence": choice.kind, "evidence_why": choice.why, **found.figures}
        camera = found.camera or find_camera(shot, shot.small_size(_WORK_PX), _THREADS)
        assert found.beliefs is not None, "what tells characters believes"
        cast = Cast(self._eyes, steady(found.beliefs, shot, _STEADY), shot.hints)
        follow = self._options.every_frames > 1 and len(shot) > 1
        find = self._followed if follow else self._chosen
        return camera, find(shot, cast, figures)

    def _chosen(self, shot: Shot, cast: Cast, figures: dict[str, Json]) -> Iterator[list[Part]]:
        """The characters of each frame by itself."""
        for index, seen in enumerate(self._everything(shot)):
            yield cast.choose(index, shot.frame(index), seen)
        figures |= cast.figures

    def _followed(self, shot: Shot, cast: Cast, figures: dict[str, Json]) -> Iterator[list[Part]]:
        """The characters of some frames, followed through those between."""

        def look(index: int, frame: Frame) -> list[Look]:
            parts = cast.choose(index, frame, self._eyes.everything([frame])[0])
            return [Look(part.mask, box_of(part.mask), part.score) for part in parts]

        yield from self._track(shot, look, self._options.every_frames)
        figures |= cast.figures

    def _everything(self, shot: Shot) -> Iterator[list[Seen]]:
        """All there is in each frame, some frames at a time."""
        indices = iter(range(len(shot)))
        while batch := list(islice(indices, self._eyes.at_once)):
            yield from self._eyes.everything([shot.frame(index) for index in batch])

    def _all(self, shot: Shot, figures: dict[str, Json]) -> Iterator[list[Part]]:
        """All there is in each frame, as parts."""
        proposed = 0
        for seen in self._everything(shot):
            proposed += len(seen)
            yield [Part(one.mask, one.score) for one in seen]
        figures["proposed"] = proposed

    def _pointed(self, shot: Shot) -> Iterator[list[Part]]:
        """What is pointed at, and what is described; both together have no numbers."""
        words = [prompt for prompt in shot.pointed.prompts if prompt.text]
        places = [prompt for prompt in shot.pointed.prompts if not prompt.text]
        if not words or not (places or shot.pointed.masks):
            yield from self._answered(shot, shot.pointed)
            return
        shown = self._answered(shot, replace(shot.pointed, prompts=places))
        told = self._answered(shot, Pointed(words))
        for parts in map(chain, shown, told):
            yield [Part(one.mask, one.score) for one in parts]

    def _answered(self, shot: Shot, pointed: Pointed) -> Iterator[list[Part]]:
        """What is pointed at: followed where it has numbers or is not shown in every frame."""
        numbered = can_be_followed(pointed)
        if len(shot) > 1 and numbered:
            yield from follow_pointed(self._open_follower(), shot, pointed)
            return
        if not pointed.in_all(len(shot)):
            yield from self._between(shot, pointed)
            return
        for index in range(len(shot)):
            answers = self._eyes.ask(shot.frame(index), pointed.at(index))
            yield answers if numbered else [Part(a.mask, a.score) for a in answers]

    def _between(self, shot: Shot, pointed: Pointed) -> Iterator[list[Part]]:
        """What is pointed at in some frames, followed through the others."""

        def look(index: int, frame: Frame) -> list[Look] | None:
            prompts = pointed.at(index)
            answers = self._eyes.ask(frame, prompts) if prompts else []
            looks = [Look(a.mask, box_of(a.mask), a.score) for a in answers if a.mask.any()]
            return looks if prompts else None

        yield from self._track(shot, look, every_frames=1)

    def _track(self, shot: Shot, look: Find, every_frames: int) -> Iterator[list[Part]]:
        frames = (shot.frame(index) for index in range(len(shot)))
        options = TrackOptions(every_frames=every_frames, min_instance_px=1, max_instances=_ALL)
        for instances in follow(frames, look, self._open_propagator(), options):
            yield [Part(one.mask, one.score, one.track_id) for one in instances]

    def _forget(self) -> None:
        """Leave what memory had to say to the shot it was said of."""
        self._eyes.forget()
        if self._follower is not None:
            self._follower.memory.notes.clear()

    def _noted(self, parts: Iterator[list[Part]], figures: dict[str, Json]) -> Iterator[list[Part]]:
        """Pass parts on; when all are through, note what memory had to say."""
        yield from parts
        notes = [*self._eyes.notes, *(self._follower.memory.notes if self._follower else ())]
        if notes:
            figures["memory"] = list(dict.fromkeys(notes))

    def _open_follower(self) -> VideoSam:
        if self._follower is None:
            assert self._folder is not None, "who hands in a network hands in a follower"
            self._follower = open_video_sam(self._folder, self._compute)
        return self._follower

    def _open_propagator(self) -> SamPropagator:
        if self._propagator is None:
            options = track_config.SamOptions(model=self._options.model)
            network = self._open_follower()
            self._propagator = SamPropagator(options, self._compute, sam=network)
        return self._propagator
