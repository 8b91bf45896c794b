"""The stage: frames go in; objects with numbers come out, as metadata, masks and label maps."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.atomic import write_beside
from multiplane.core.choice import Choice
from multiplane.core.compute import Compute
from multiplane.core.detections import ShotBoxes, read_boxes
from multiplane.core.errors import ConfigError
from multiplane.core.instances import Instance
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.plugins import choose, origin_of
from multiplane.core.progress import Progress, silent, track
from multiplane.core.stage import StreamingWorker
from multiplane.core.threads import map_ordered
from multiplane.hub import weights
from multiplane.media.images import read_frame, read_mask, write_mask
from multiplane.media.png import encode_png
from multiplane.media.sequence import PictureFiles
from multiplane.motion.camera import CameraPath, read_camera
from multiplane.split.segment.choice import Choices
from multiplane.split.segment.config import AutoOptions as SegmentAuto
from multiplane.split.segment.config import SegmentOptions
from multiplane.split.segment.run import Segment
from multiplane.split.segment.shot import Shot
from multiplane.split.track.backend import EVERYTHING, Propagator
from multiplane.split.track.choice import choose_backend, open_propagator
from multiplane.split.track.chunks import Chunked
from multiplane.split.track.config import (
    GROUP,
    EdgeTamOptions,
    Sam3Options,
    SamOptions,
    TrackOptions,
)
from multiplane.split.track.follow import Find, Tracks
from multiplane.split.track.looks import BoxLooks, CharacterLooks, MaskLooks

_LOG = logging.getLogger(__name__)
_CHARACTERS = SegmentOptions(backend=SegmentAuto())


@dataclass(frozen=True)
class Footage:
    """A shot and what is known of it.

    Attributes:
        shot: The frames, and how the camera moved when that is known.
        masks: The mask of each frame, where there are any.
        boxes: Boxes of some frames, where there are any.
    """

    shot: Shot
    masks: Sequence[Mask] | None = None
    boxes: ShotBoxes | None = None


@dataclass
class ShotTracks:
    """Who is in a shot; the work is done as the frames are asked for.

    Attributes:
        frames: The objects in sight, by their numbers, a list a frame.
        figures: Backend, why, and what was measured; ``tracks`` once all frames are through.
    """

    frames: Iterator[list[Instance]]
    figures: dict[str, Json] = field(default_factory=dict)


class Followers:
    """Follows objects through shot after shot with one loaded backend."""

    def __init__(self, options: TrackOptions, propagator: Propagator | None = None) -> None:
        """Choose and load the backend.

        Args:
            options: Who is followed.
            propagator: Somebody else to ask instead of the backend.

        Raises:
            ConfigError: CUDA was asked for and is not there.
            WeightsError: The backend needs weights that cannot be had.
        """
        self._options = options
        self._compute = Compute.of(options)
        self._choice = choose_backend(options.backend, self._compute)
        if propagator is not None:
            self._choice = Choice(options.backend, "handed in")
        self._propagator = propagator or open_propagator(
            self._choice, self._compute, options.memory_offload
        )
        self._everything: Any = None
        self._characters: Choices | None = None
        _LOG.info("following with %s: %s", self._choice.options.kind, self._choice.why)

    def follow(self, footage: Footage, progress: Progress = silent) -> ShotTracks:
        """Follow the objects of one shot.

        Args:
            footage: The shot.
            progress: Told after each frame.

        Returns:
            A stream of instances.

        Raises:
            ConfigError: Objects are to come from planes that are not there, or from a network
                that the backend has not.
            InputError: Masks or boxes do not fit the frames.
        """
        chosen = self._choice.options
        figures: dict[str, Json] = {"backend": chosen.kind}
        if isinstance(chosen, SamOptions | EdgeTamOptions | Sam3Options):
            figures["model"] = chosen.model
        source, find = self._find(footage)
        for tells in filter(None, (self._propagator, self._everything)):
            tells.notes.clear()  # those of the shot before
        figures |= {"why": self._choice.why, "looked_for": source}
        options = self._options
        chunked = Chunked(self._propagator, options.chunk_frames, options.overlap_frames)
        if options.every_frames is None and chunked.drifts and source in {"masks", "characters"}:
            # they are there for every frame: to carry them would only make them worse
            options = options.model_copy(update={"every_frames": 1})
        tracks = Tracks(find, chunked, options)
        result = ShotTracks(iter(()), figures)
        result.frames = self._frames(footage, tracks, chunked, find, figures, progress)
        return result

    def _frames(
        self,
        footage: Footage,
        tracks: Tracks,
        chunked: Chunked,
        find: Find,
        figures: dict[str, Json],
        progress: Progress,
    ) -> Iterator[list[Instance]]:
        shot = footage.shot
        frames = (shot.frame(index) for index in range(len(shot)))
        yield from track(tracks.through(frames), len(shot), progress)
        figures["tracks"] = tracks.table()
        if isinstance(find, CharacterLooks):
            figures["characters"] = {key: find.figures[key] for key in ("backend", "why")}
        notes = dict.fromkeys([*chunked.notes, *getattr(self._everything, "notes", ())])
        if notes:
            figures["memory"] = list(notes)

    def _find(self, footage: Footage) -> tuple[str, Find]:
        """Where objects come from.

        Raises:
            ConfigError: Nowhere.
        """
        kind, wanted = self._choice.options.kind, self._options.look_for
        if wanted == "auto":
            known = "masks" if footage.masks is not None else "boxes" if footage.boxes else ""
            wanted = known or ("everything" if kind in EVERYTHING else "characters")  # type: ignore[assignment]
        if wanted == "masks" and footage.masks is not None:
            least = self._options.min_instance_px
            return wanted, MaskLooks(footage.masks, len(footage.shot), least)
        if wanted == "boxes" and footage.boxes is not None:
            return wanted, BoxLooks(footage.boxes)
        if wanted in {"masks", "boxes"}:
            raise ConfigError(
                f"look_for is {wanted!r}, and there are no {wanted}",
                why="they come from another step or from a folder",
                fix=f"inputs: {{{wanted}: ...}} in the recipe, or look_for: auto",
            )
        if wanted == "everything":
            return wanted, self._open_everything()
        self._characters = self._characters or Choices(
            _CHARACTERS.backend, self._compute, sam=False
        )
        return "characters", CharacterLooks(footage.shot, self._characters, _CHARACTERS)

    def _open_everything(self) -> Find:
        """What finds everything in a frame.

        Raises:
            ConfigError: The backend has no such thing.
        """
        options = self._choice.options
        if options.kind not in EVERYTHING:
            raise ConfigError(
                f"backend {options.kind!r} cannot look for everything",
                why="that takes a network of the SAM family",
                fix="--backend sam2, or --look-for characters",
            )
        if self._everything is None:
            self._everything = choose(EVERYTHING, options.kind, GROUP)(options, self._compute)
        found: Find = self._everything
        return found


def track_objects(
    frames: Sequence[Frame],
    options: TrackOptions | None = None,
    masks: Sequence[Mask] | None = None,
    boxes: ShotBoxes | None = None,
    camera: CameraPath | None = None,
    progress: Progress = silent,
) -> ShotTracks:
    """Follow the objects of one shot.

    Args:
        frames: All of one size: a list, or anything that loads item by item.
        options: Who is followed, by whom.
        masks: The mask of each frame, where there are any.
        boxes: Boxes of some frames, where there are any.
        camera: How the camera moved, when that is known.
        progress: Told after each frame.

    Returns:
        A stream of instances.

    Raises:
        ConfigError: Objects are to come from planes that are not there.
        InputError: There is no frame, sizes differ, or masks do not fit.
        WeightsError: The backend needs weights that cannot be had.
    """
    footage = Footage(Shot(frames, camera), masks, boxes)
    return Followers(options or TrackOptions()).follow(footage, progress)


def label_map(instances: Sequence[Instance], shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Who owns each pixel.

    Args:
        instances: Where two lie on each other, the smaller one is in front.
        shape: (H, W).

    Returns:
        uint16 (H, W): 0 nobody, else the number of the object; numbers beyond 65,535 are left out.
    """
    owners = np.zeros(shape, np.uint16)
    for one in sorted(instances, key=lambda instance: -instance.area_px):
        if one.track_id <= np.iinfo(np.uint16).max:
            owners[one.mask] = one.track_id
    return owners


class Track:
    """Follows the objects of a shot."""

    name: ClassVar[str] = "split.track"
    version: ClassVar[int] = 1
    options: ClassVar[type[TrackOptions]] = TrackOptions
    needs: ClassVar[tuple[str, ...]] = ("frames",)
    accepts: ClassVar[tuple[str, ...]] = ("masks", "boxes", "camera")
    makes: ClassVar[tuple[str, ...]] = ("masks", "labels")
    metadata: ClassVar[str] = "tracks_metadata.json"

    def fingerprint(self, options: TrackOptions) -> str:
        """The backend, its weights by name and hash, and what characters would depend on.

        Weights that are asked for are fetched here, before anything runs.

        Raises:
            WeightsError: They cannot be had.
        """
        chosen = choose_backend(options.backend, Compute.of(options)).options
        told = [chosen.kind, *(weights.ready(name) for name in _models(chosen))]
        told.append(origin_of(chosen.kind, GROUP))
        if _may_look_for_characters(options, chosen.kind):
            told.append(Segment().fingerprint(_CHARACTERS))
        return " ".join(part for part in told if part)

    def weights(self, options: TrackOptions) -> tuple[str, ...]:
        """The networks that may take part, by their hub names."""
        chosen = choose_backend(options.backend, Compute.of(options)).options
        if _may_look_for_characters(options, chosen.kind):
            return (*_models(chosen), *Segment().weights(_CHARACTERS))
        return _models(chosen)

    def open(self, options: TrackOptions) -> TrackWorker:
        """Load the backend."""
        return TrackWorker(options)


class TrackWorker(StreamingWorker):
    """Streams one shot after the other; nothing crosses from one to the next."""

    def __init__(self, options: TrackOptions) -> None:
        self._options = options
        self._followers = Followers(options)

    def work(self, item: Item) -> Record:
        """Follow the objects of a shot."""
        started = time.perf_counter()
        footage = _footage(item)
        found = self._followers.follow(footage)
        stems = [path.stem for path in item.paths("frames")]
        width, height = footage.shot.size
        planes: dict[str, list[str]] = {"masks": []}
        if self._options.labels:
            planes["labels"] = []
        frames: list[Json] = []

        def write(one: tuple[int, list[Instance]]) -> tuple[dict[str, str], Json]:
            index, instances = one
            together = np.zeros((height, width), np.bool_)
            for instance in instances:
                together |= instance.mask
            names = {}
            names["masks"], path = item.place("masks", f"{stems[index]}.png")
            write_mask(path, together)
            if "labels" in planes:
                names["labels"], path = item.place("labels", f"{stems[index]}.png")
                with write_beside(path) as part:
                    part.write_bytes(encode_png(label_map(instances, together.shape)))
            return names, _frame_figures(stems[index], together, instances)

        for names, row in map_ordered(write, enumerate(found.frames)):
            frames.append(row)
            for plane, name in names.items():
                planes[plane].append(name)
        return Record(
            item.id,
            (Planes(item.id, {plane: tuple(names) for plane, names in planes.items()}),),
            {**found.figures, **_shot_figures(frames), "frames": frames},
            {"track_s": time.perf_counter() - started},
        )


def _footage(item: Item) -> Footage:
    """The files of a shot, and what is known of it.

    Raises:
        InputError: There is no frame, or camera path or boxes do not fit.
    """
    camera, boxes = item.paths("camera"), item.paths("boxes")
    path = read_camera(camera[0]) if camera else None
    shot = Shot(PictureFiles(item.paths("frames"), read_frame), path)
    masks = item.paths("masks")
    return Footage(
        shot,
        PictureFiles(masks, read_mask) if masks else None,
        read_boxes(boxes[0], shot.size) if boxes else None,
    )


def _may_look_for_characters(options: TrackOptions, kind: str) -> bool:
    """Whether it depends on what split.segment finds; what is handed in is not known here."""
    by_itself = options.look_for == "auto" and kind not in EVERYTHING
    return by_itself or options.look_for == "characters"


def _models(options: object) -> tuple[str, ...]:
    known = isinstance(options, SamOptions | EdgeTamOptions | Sam3Options)
    return (options.model,) if known else ()  # type: ignore[attr-defined]


def _frame_figures(stem: str, together: Mask, instances: Sequence[Instance]) -> Json:
    return {
        "frame": stem,
        "coverage": round(float(np.count_nonzero(together)) / together.size, 6),
        "instances": [instance.to_json() for instance in instances],
    }


def _shot_figures(frames: Sequence[Json]) -> Mapping[str, Json]:
    rows = [row for row in frames if isinstance(row, dict)]
    covered = [float(str(row["coverage"])) for row in rows]
    return {
        "coverage_mean": round(float(np.mean(covered)), 6),
        "empty_frames": sum(1 for value in covered if value == 0),
    }
