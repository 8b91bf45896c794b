"""The stage: a source goes in, the frames of each of its shots come out."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from multiplane.core.arrays import Frame
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.stage import StreamingWorker
from multiplane.media.images import write_frame
from multiplane.media.video import open_clip
from multiplane.split.shots.config import ShotsOptions
from multiplane.split.shots.extract import Shot, Write, extract_shots
from multiplane.split.shots.sources import (
    Findings,
    folder_pictures,
    pictures_of,
    video_pictures,
)


@dataclass(frozen=True)
class SourceShots:
    """What a source turned out to be.

    Attributes:
        shots: Its shots, in order.
        rate: Frames a second as "24/1"; None for pictures of a folder.
        findings: Files that were bad or needed a copy.
    """

    shots: tuple[Shot, ...]
    rate: str | None
    findings: Findings


def take_apart(source: Path, options: ShotsOptions, write: Write) -> SourceShots:
    """Find the shots of a video or of a folder of pictures and write their frames.

    Args:
        source: A video file, a folder of pictures, or one picture.
        options: Where cuts are and which frames are taken.
        write: Called on several threads with a stem and a frame; see :data:`Write`.

    Returns:
        The shots. Within a shot all frames have one size.

    Raises:
        InputError: There is nothing in it that can be read.
    """
    findings = Findings()
    paths = pictures_of(source)
    if paths is not None:
        shots = extract_shots(
            folder_pictures(paths, findings), options.picture_cuts, options, write
        )
        return SourceShots(tuple(shots), None, findings)
    clip = open_clip(source)
    with contextlib.closing(
        video_pictures(clip, options.start_s, options.stop_s, findings)
    ) as seen:
        shots = extract_shots(seen, options.video_cuts, options, write, options.min_shot_frames)
    rate = f"{clip.rate.numerator}/{clip.rate.denominator}" if clip.rate else None
    return SourceShots(tuple(shots), rate, findings)


class Shots:
    """Takes a clip or a folder of pictures apart into shots."""

    name: ClassVar[str] = "split.shots"
    version: ClassVar[int] = 1
    options: ClassVar[type[ShotsOptions]] = ShotsOptions
    needs: ClassVar[tuple[str, ...]] = ("source",)
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ("frames",)
    metadata: ClassVar[str] = "shots_metadata.json"

    def fingerprint(self, options: ShotsOptions) -> str:
        """It depends on nothing beyond options and input."""
        return ""

    def open(self, options: ShotsOptions) -> ShotsWorker:
        """Be ready for sources."""
        return ShotsWorker(options)


class ShotsWorker(StreamingWorker):
    """Streams one source after the other."""

    def __init__(self, options: ShotsOptions) -> None:
        self._options = options

    def work(self, item: Item) -> Record:
        """Take a source apart."""

        def write(stem: str, frame: Frame) -> tuple[str, Path]:
            name, path = item.place("frames", f"{stem}.png")
            write_frame(path, frame)
            return name, path

        started = time.perf_counter()
        found = take_apart(item.paths("source")[0], self._options, write)
        seconds = time.perf_counter() - started
        planes = tuple(
            _planes(f"{item.id}/{number:04d}", item.id, shot, found.rate)
            for number, shot in enumerate(found.shots, start=1)
        )
        return Record(item.id, planes, _figures(found), {"shots": seconds})


def _planes(shot_id: str, clip: str, shot: Shot, rate: str | None) -> Planes:
    times: list[Json] = [round(t.time_s, 6) for t in shot.taken if t.time_s is not None]
    indices: list[Json] = [t.index for t in shot.taken]
    return Planes(
        shot_id,
        {"frames": tuple(t.file for t in shot.taken)},
        {
            "clip": clip,
            "rate": rate,
            "times": times,
            "indices": indices,
            "size": list(shot.taken[0].size),
        },
    )


def _figures(found: SourceShots) -> dict[str, Json]:
    shots: list[Json] = [
        {
            "first_frame": shot.first,
            "source_frames": shot.length,
            "frames": len(shot.taken),
            "duplicates": shot.duplicates,
            "size": list(shot.taken[0].size),
        }
        for shot in found.shots
    ]
    return {
        "shots": shots,
        "source_frames": sum(shot.length for shot in found.shots),
        "frames": sum(len(shot.taken) for shot in found.shots),
        "bad_files": found.findings.bad_files,
        "normalised": found.findings.normalised,
    }
