"""A tiny clip of two eyes, with alphas and people written by hand as split.stereo leaves them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from multiplane.core.items import Item, Record
from multiplane.engine.outcome import done
from multiplane.media.clip import open_clip
from multiplane.media.matte_video import MatteWriter
from multiplane.media.vr180.inject import inject_spherical
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.spherical import vr180_boxes
from multiplane.split.chunks.ranges import cut
from multiplane.split.export.config import ExportOptions
from multiplane.split.export.run import Export
from multiplane.split.stereo.masks import PackedMask, Person
from multiplane.split.stereo.people_file import (
    Disagreement,
    FramePeople,
    Pair,
    write_people,
)

EYE = 64
WORK = 32
GREEN = (20, 160, 40)
RED = (210, 60, 50)


def alpha_of(index: int, eye: int = 0, size: int = EYE) -> np.ndarray:
    """A disk that walks, uint8, its edge soft."""
    big = np.zeros((size * 4, size * 4), np.uint8)
    x = size * (0.3 + 0.02 * index) - eye * 2
    cv2.circle(big, (round(4 * x), size * 2), size, 255, -1)
    return cv2.resize(cv2.GaussianBlur(big, (0, 0), 5), (size, size), interpolation=cv2.INTER_AREA)


def frame_of(index: int) -> np.ndarray:
    """A red disk in front of green."""
    eyes = []
    for eye in (0, 1):
        share = alpha_of(index, eye)[..., None] / 255
        eyes.append(np.array(RED) * share + np.array(GREEN) * (1 - share))
    return np.rint(np.concatenate(eyes, axis=1)).astype(np.uint8)


def sbs_alpha(index: int) -> np.ndarray:
    return np.concatenate([alpha_of(index, 0), alpha_of(index, 1)], axis=1)


def people_of(index: int, ids: Sequence[int] = (1,), agreement: float = 0.98) -> FramePeople:
    """Whoever is in a frame: the disk, and a square that keeps still."""
    eyes = []
    for eye in (0, 1):
        disk = alpha_of(index, eye, WORK) > 127
        square = np.zeros((WORK, WORK), bool)
        square[2:8, 22:30] = True
        masks = (disk, square)
        eyes.append(
            tuple(
                sorted(
                    (Person(n, PackedMask.of(masks[k]), 0.9) for k, n in enumerate(ids)),
                    key=lambda p: p.id,
                )
            )
        )
    pairs = tuple(Pair(n, agreement, 0.8, (0.9, 0.9)) for n in sorted(ids))
    return FramePeople(index, tuple(eyes), pairs)


@dataclass(frozen=True)
class Clip:
    """A source, and the item that split.export gets of it."""

    source: Path
    item: Item
    parts: tuple[Any, ...]


def make_source(
    folder: Path,
    name: str = "dance_180_LR.mp4",
    times: list[int] | int = 12,
    sound: int = 0,
    spherical: bool = False,
) -> Path:
    """``times`` in milliseconds, or how many frames at 25 a second."""
    stamps = [n * 40 for n in range(times)] if isinstance(times, int) else times
    path = folder / name
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=25, options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = 2 * EYE, EYE, "yuv444p"
        clock = Fraction(1, 90000)
        stream.time_base = stream.codec_context.time_base = clock
        tracks: list[Any] = [output.add_stream("aac", rate=48000) for _ in range(sound)]
        for track in tracks:
            track.codec_context.open()
        for number, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(frame_of(number), format="rgb24")
            frame.pts, frame.time_base = stamp * 90, clock
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        for number, track in enumerate(tracks):
            _tone(output, track, stamps[-1] / 1000 + 0.04, number + 1)
    if spherical:
        boxes = vr180_boxes(source="a camera")
        odd = bytearray(boxes.sv3d)
        odd[-16:-12] = struct.pack(">I", 7)  # bounds that nobody would make up
        inject_spherical(path, replace(boxes, sv3d=bytes(odd)))
    return path


def _tone(output: Any, track: Any, seconds: float, pitch: int) -> None:
    for start in range(0, int(seconds * 48000), 1024):
        wave = (np.sin(np.arange(start, start + 1024) * 0.03 * pitch) * 0.3).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(
            np.stack([wave, wave]), format=track.codec_context.format.name, layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        output.mux(track.encode(frame))
    output.mux(track.encode(None))


def make_clip(
    folder: Path,
    chunks: tuple[int, int] = (12, 0),
    ids: Callable[[int], Sequence[int]] = lambda _: (1,),
    alpha: Callable[[int, int], np.ndarray] = lambda frame, _: sbs_alpha(frame),
    layout: Layout | None = None,
    source: Path | None = None,
    extent: tuple[int, int] | None = None,
    **of_source: Any,
) -> Clip:
    """``chunks``: frames and overlap; ``ids``: chunk → the numbers it gives; ``alpha``: (frame,
    chunk) → alphas; ``extent``: frames that are worked on."""
    source = source or make_source(folder, **of_source)
    root = folder / "run"
    clip = open_clip(source)
    layout = layout or Layout.of("sbs", clip.size, projection="half_equirect")
    start, stop = extent or (0, clip.count())
    parts = []
    for part in cut(start, stop, *chunks):
        name = f"dance/{part.index + 1:04d}"
        alphas, people = f"stereo/alphas/{name}/a.mkv", f"stereo/people/{name}/people.json"
        with MatteWriter(root / alphas, clip.size, clip) as writer:
            for frame in range(part.first, part.stop):
                writer.write(alpha(frame, part.index))
        numbers = ids(part.index)
        seen = [people_of(frame, numbers) for frame in range(part.first, part.stop)]
        if layout.eyes == 1:
            seen = [FramePeople(p.index, p.eyes[:1]) for p in seen]
        odd = Disagreement(part.start, numbers[0], 0.5, (0.9, 0.4), "right", "", "transfer", 0.9)
        early = replace(odd, frame=part.first) if part.first < part.start else odd
        write_people(root / people, ((EYE, EYE), (WORK, WORK)), seen, {odd, early})
        parts.append({
            "id": name,
            "files": {"alphas": [alphas], "people": [people]},
            "data": {"clip": "dance", "chunk": part.to_json(), "layout": layout.to_json()},
        })  # fmt: skip
    files = {
        "source": (str(source),),
        "alphas": tuple(p["files"]["alphas"][0] for p in parts),
        "people": tuple(p["files"]["people"][0] for p in parts),
    }
    item = Item("dance", root, "export", files, {"parts": parts})
    return Clip(source, item, tuple(parts))


def export(clip: Clip, **options: Any) -> Record:
    """Run the stage on one clip as the engine does."""
    how = ExportOptions(**{"quality_figures": "off", "encoder": "cpu", **options})
    record = Export().open(how).work(clip.item)
    done(clip.item, record)
    return record


def paths_of(clip: Clip, record: Record, plane: str = "videos") -> list[Path]:
    return [clip.item.root / name for name in record.outputs[0].files.get(plane, ())]
