"""The stage: a clip and the alphas of its chunks go in, files for editors and players come out."""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.stage import StreamingWorker
from multiplane.media.clip import Clip, open_clip
from multiplane.media.vr180.keep import keep_spherical
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.packed import Packer
from multiplane.media.vr180.sidecar import find_spherical
from multiplane.split.export.composite import Composing
from multiplane.split.export.config import ExportOptions
from multiplane.split.export.crossfade import fade_alphas
from multiplane.split.export.formats import Target, plan_targets
from multiplane.split.export.identities import JoinedPeople
from multiplane.split.export.parts import Part, read_parts
from multiplane.split.export.proof import Given, Proof, prove
from multiplane.split.export.quality import Quality
from multiplane.split.export.sinks import Sink, open_sink
from multiplane.split.export.staging import stage_files
from multiplane.split.export.stream import Footage, Unit, stream
from multiplane.split.export.tally import Tally, disagreements
from multiplane.split.export.visuals import Visuals

_LOG = logging.getLogger(__name__)

PLANES = ("videos", "previews", "overlays", "confidence")


class Export:
    """Puts a clip together from what its chunks made, and writes it."""

    name: ClassVar[str] = "split.export"
    version: ClassVar[int] = 1
    options: ClassVar[type[ExportOptions]] = ExportOptions
    needs: ClassVar[tuple[str, ...]] = ("source",)
    gathers: ClassVar[tuple[str, ...]] = ("alphas", "people")
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = PLANES
    metadata: ClassVar[str] = "export_metadata.json"

    def fingerprint(self, options: ExportOptions) -> str:
        """It depends on nothing beyond options and input."""
        return ""

    def open(self, options: ExportOptions) -> ExportWorker:
        """Be ready for clips."""
        return ExportWorker(options)


class ExportWorker(StreamingWorker):
    """Streams one clip after the other, a few frames at a time."""

    def __init__(self, options: ExportOptions) -> None:
        self._options = options

    def work(self, item: Item) -> Record:
        """Write the files of a clip."""
        return write_clip(self._job(item), self._options)

    def _job(self, item: Item) -> Job:
        """Find the chunks and say which files there will be; frames are read as they stream.

        Raises:
            InputError: Chunks or clip are not what they should be, or a format cannot hold it.
        """
        layout, parts = read_parts(item)
        clip = open_clip(item.paths("source")[0])
        if clip.size != layout.size:
            raise InputError(
                f"{clip.path} is {clip.width}x{clip.height}, its chunks are of "
                f"{layout.size[0]}x{layout.size[1]}",
                why="alphas are matched with its frames pixel by pixel",
                fix="run the whole recipe again: the clip is another one than was cut into chunks",
            )
        targets = plan_targets(clip.path.name, layout, self._options)
        return Job(item, clip, layout, parts, targets)


@dataclass(frozen=True)
class Job:
    """One clip to be written.

    Attributes:
        item: Where its files belong.
        clip: The source.
        layout: Where its eyes are.
        parts: Its chunks, in order.
        targets: The files to be written.
    """

    item: Item
    clip: Clip
    layout: Layout
    parts: list[Part]
    targets: list[Target]


def write_clip(job: Job, options: ExportOptions) -> Record:
    """Write all files of one clip in one pass; they appear together once they are proven.

    Args:
        job: The clip, its chunks and the files wanted.
        options: How.

    Returns:
        The record.

    Raises:
        InputError: Alphas or people do not belong to the clip.
        OutputError: The disk is full, a place cannot be written, or a file turned out not to hold
            what it was given.
        BackendError: An encoder failed.
    """
    started = time.perf_counter()
    extent = _extent(job)
    sound = "drop" if extent.chosen else options.sound
    people = JoinedPeople(job.parts)
    tally = Tally(extent.start)
    quality = Quality(extent.start, extent.stop, options.quality_figures)
    how = _composing(job, options)
    with stage_files(job.item, PLANES) as folder:
        with contextlib.ExitStack() as stack:
            sinks = [
                stack.enter_context(
                    open_sink(target, folder / "videos" / target.name, job.clip, options, sound)
                )
                for target in job.targets
            ]
            visuals = stack.enter_context(
                Visuals(folder, job.clip, (extent.start, extent.stop), options)
            )

            def watch(unit: Unit) -> None:
                tally.add(unit.people)
                quality.add(unit.frame.index, unit.composed)
                visuals.add(unit)

            alphas = fade_alphas(job.parts, job.clip.size)
            footage = Footage(job.clip, extent.start, extent.stop, alphas, people, how)
            pts = stream(footage, sinks, watch, options.threads)
        written = time.perf_counter() - started
        given = Given(job.clip, pts, extent.whole)
        outputs = [_finish(folder, sink, given, options, sound) for sink in sinks]
        files = {plane: _names(job.item, folder / plane, plane) for plane in PLANES}
    timings = {"export": written, "verify": time.perf_counter() - started - written}
    figures: dict[str, Json] = {
        "layout": job.layout.to_json(),
        "size": list(job.clip.size),
        "frames": len(pts),
        "chunks": len(job.parts),
        "outputs": [*outputs],
        "sound_tracks": len(job.clip.audio_codecs),
        **tally.figures(),
        "disagreements": disagreements(job.parts, people.numbers),
        "quality": quality.figures(),
        "notes": [*extent.notes],
    }
    kept = {plane: names for plane, names in files.items() if names}
    return Record(job.item.id, (Planes(job.item.id, kept),), figures, timings)


def _composing(job: Job, options: ExportOptions) -> Composing:
    packs = any(target.kind.shows == "packed" for target in job.targets)
    return Composing(
        job.layout,
        options.background_rgb,
        options.decontaminate,
        options.extend_px,
        Packer(job.layout.eye_size, options.packed_fov_deg) if packs else None,
    )


@dataclass(frozen=True)
class _Extent:
    """Which frames of the source are written.

    Attributes:
        start: The first one.
        stop: After the last one.
        whole: Whether those are all.
        chosen: Whether they are fewer because somebody wanted that.
        notes: What a user should hear of.
    """

    start: int
    stop: int
    whole: bool
    chosen: bool
    notes: tuple[str, ...]


def _extent(job: Job) -> _Extent:
    start, stop, count = job.parts[0].start, job.parts[-1].stop, job.clip.count()
    whole = start == 0 and stop == count and not job.clip.missing_bytes
    if whole:
        return _Extent(start, stop, True, False, ())
    after = next(job.clip.frames(stop, stop + 1, on_damage="stop"), None)
    if start or after is not None:
        told = f"frames {start} to {stop - 1} of {count} were chosen"
        if job.clip.has_audio:
            told += "; they are without sound, which cannot be cut to the byte"
        return _Extent(start, stop, False, True, (told,))
    told = f"the source is damaged after {stop} frames; what stands before it was written"
    return _Extent(start, stop, False, False, (told,))


def _finish(
    folder: Path, sink: Sink, given: Given, options: ExportOptions, sound: Literal["keep", "drop"]
) -> Json:
    """Put the boxes into a written file and prove it; gives what to tell of it."""
    target = sink.target
    path = folder / "videos" / target.name
    notes = list(dict.fromkeys(sink.notes))
    source = given.clip.path
    if options.spherical == "inject" or (
        options.spherical == "keep" and find_spherical(source) is not None
    ):
        fisheye = target.kind.shows == "packed"
        notes += keep_spherical(source, path, target.layout, fisheye=fisheye)
    proof = None
    if options.verify_sync:
        proof = prove(given, path, sound == "keep")
    files = path.iterdir() if path.is_dir() else [path]
    sizes = [file.stat().st_size for file in files]
    return {
        "file": target.name,
        "format": target.format,
        "eye": target.eye,
        "size": list(target.size),
        "bytes": sum(sizes),
        **_proven(proof),
        "notes": [*notes],
    }


def _proven(proof: Proof | None) -> dict[str, Json]:
    if proof is None:
        return {"verified": False}
    return {
        "verified": True,
        "frames": list(proof.frames),
        "largest_time_error_s": round(proof.largest_time_error_s, 9),
        "sound": proof.sound,
        "sound_packets": None if proof.sound_packets is None else list(proof.sound_packets),
    }


def _names(item: Item, folder: Path, plane: str) -> tuple[str, ...]:
    """The names, for the record, of all files of a plane."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(item.place(plane, path.relative_to(folder).as_posix())[0] for path in files)
