"""Proof that what was written has the frames it was given, at their times, and its sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from multiplane.core.errors import OutputError
from multiplane.media.clip import Clip, open_container
from multiplane.media.png_sequence import SOUND
from multiplane.media.verify import verify


@dataclass(frozen=True)
class Given:
    """What went into the written videos.

    Attributes:
        clip: The source.
        pts: The timestamps of the frames that were taken, in units of the source's clock.
        whole: Whether those are all frames of the source.
    """

    clip: Clip
    pts: Sequence[int]
    whole: bool


@dataclass(frozen=True)
class Proof:
    """What was found in a written video.

    Attributes:
        frames: How many frames it was given, and has.
        largest_time_error_s: Between frames of equal number, each counted from its first frame.
        sound_packets: How many packets of sound the source and the video have; None where sound
            was left out.
        sound: ``copied`` to the byte, ``encoded`` anew, ``unproven`` where only a part of the
            source's picture is there to compare with, ``dropped`` or ``none``.
    """

    frames: tuple[int, int]
    largest_time_error_s: float
    sound_packets: tuple[int, int] | None
    sound: str


def prove(given: Given, result: Path, keeps_sound: bool) -> Proof:
    """Hold a written video against what went into it.

    Args:
        given: What went in.
        result: What was written: a video, or a folder of pictures with times and sound.
        keeps_sound: Whether the sound of the source was to be carried along.

    Returns:
        What was found.

    Raises:
        OutputError: Frames are missing or moved, or the sound differs; both numbers are told.
    """
    sound = _sound(given.clip, result, keeps_sound)
    if given.whole:
        found = verify(given.clip.path, result, sound == "copied")
        packets = found.sound_packets if sound in {"copied", "encoded"} else None
        return Proof(found.frames, found.largest_time_error_s, packets, sound)
    found = verify(given.clip.path, result, False, given.pts)
    told = "unproven" if sound in {"copied", "encoded"} else sound
    return Proof(found.frames, found.largest_time_error_s, None, told)


def _sound(clip: Clip, result: Path, keeps_sound: bool) -> str:
    """What became of the sound, by its tracks.

    Raises:
        OutputError: Tracks are missing.
    """
    if not clip.has_audio:
        return "none"
    if not keeps_sound:
        return "dropped"
    file = result / SOUND if result.is_dir() else result
    codecs: tuple[str, ...] = ()
    if file.exists():
        with open_container(file) as container:
            codecs = tuple(track.codec_context.name for track in container.streams.audio)
    if len(codecs) != len(clip.audio_codecs):
        raise OutputError(
            f"{result.name} has {len(codecs)} tracks of sound, {clip.path} has "
            f"{len(clip.audio_codecs)}",
            why="all of them are carried along",
            fix="choose ffv1 (.mkv), which takes any sound, or leave it out: "
            "--set export.sound=drop",
        )
    return "copied" if codecs == clip.audio_codecs else "encoded"
