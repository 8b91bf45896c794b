"""Sound that travels with a video: its packets are copied, never cut to the picture.

Where a container cannot take them they are encoded anew, and that is said.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer

from multiplane.core.errors import InputError
from multiplane.media.clip import open_container

_log = logging.getLogger(__name__)

_OWN_CODEC = {".webm": "libopus", ".mkv": "aac", ".mp4": "aac", ".m4v": "aac", ".mov": "aac"}
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""Channels → what they are, where a track does not say it, as in AVI."""


class Sound:
    """The sound tracks of one file on their way into another.

    Attributes:
        notes: What had to be done differently from copying, in words.
        delay_s: How much later it lies in the output than in the source, as the picture does.
    """

    def __init__(self, source: Path, output: OutputContainer, suffix: str) -> None:
        """Add a stream for every sound track of the source; nothing is read yet.

        Args:
            source: A video or sound file.
            output: The container it goes into, not yet started.
            suffix: Of the output file; small letters.

        Raises:
            InputError: The container takes neither the tracks nor a codec of ours.
        """
        self.notes: list[str] = []
        self.delay_s = Fraction(0)
        self._output = output
        self._input = open_container(source)
        self._tracks: dict[int, AudioStream] = {}
        self._encoders: dict[int, AudioResampler] = {}
        for track in self._input.streams.audio:
            if takes_sound(output.format.name, track):
                self._tracks[track.index] = _copied(output, track)
            else:
                self._tracks[track.index] = self._own_stream(track, suffix)
            self._tracks[track.index].metadata.update(_kept(track.metadata))
        self._last: dict[int, tuple[int, int]] = {}
        self._ahead: dict[int, int] = {}
        self._units = self._read()
        self._next = next(self._units, None)

    def write_until(self, time_s: float | None) -> None:
        """Write what belongs before a moment, so that sound and picture lie side by side.

        Args:
            time_s: On the output's clock; None for all that is left.
        """
        delay = float(self.delay_s)
        while self._next is not None and (time_s is None or self._next[0] + delay <= time_s):
            for packet in self._next[1]:
                _move(packet, self.delay_s)
            self._output.mux(self._next[1])
            self._next = next(self._units, None)

    def close(self) -> None:
        """Close the source."""
        self._units.close()
        self._input.close()

    def _own_stream(self, track: AudioStream, suffix: str) -> AudioStream:
        name = track.codec_context.name
        own = _OWN_CODEC.get(suffix)
        if own is None:
            raise InputError(
                f"a {suffix} file cannot hold {name} sound",
                why="the sound of the source is copied into the new file",
                fix="name the output .mkv, or drop the sound with sound='drop'",
            )
        rate = 48000 if own == "libopus" else track.codec_context.sample_rate
        stream = self._output.add_stream(own, rate=rate)
        assert isinstance(stream, AudioStream)
        stream.codec_context.layout = _layout(track, own == "libopus")
        stream.codec_context.bit_rate = 96000 * max(track.codec_context.channels, 2) // 2 * 2
        stream.time_base = stream.codec_context.time_base = Fraction(1, rate)
        try:
            stream.codec_context.open()
        except av.FFmpegError as error:
            raise InputError(
                f"{own} cannot encode {name} sound of {track.codec_context.layout.name}, and a "
                f"{suffix} file cannot hold it as it is",
                why=(error.strerror or str(error)).lower(),
                fix="name the output .mkv, or drop the sound with sound='drop'",
            ) from error
        self._encoders[track.index] = AudioResampler(
            stream.codec_context.format, stream.codec_context.layout, rate,
            frame_size=stream.codec_context.frame_size or 1024,
        )  # fmt: skip
        self.notes.append(f"{suffix} cannot hold {name} sound; it was encoded anew as {own}")
        _log.info(self.notes[-1])
        return stream

    def _read(self) -> Generator[tuple[float, list[av.Packet[Any]]], None, None]:
        """Packets for the output with the moment they belong to."""
        moment = 0.0
        try:
            for packet in self._input.demux(*self._input.streams.audio):
                if packet.is_corrupt and packet.size:
                    break
                index = packet.stream.index
                if packet.pts is not None and packet.time_base:
                    moment = float(packet.pts * packet.time_base)
                if packet.size:
                    self._make_rise(packet)
                if index in self._encoders:
                    yield moment, self._encode_anew(index, packet)
                elif packet.size:
                    packet.stream = self._tracks[index]
                    yield moment, [packet]
        except av.FFmpegError as error:
            self.notes.append(f"the sound breaks off at {moment:.2f} s: {error.strerror}")
            _log.warning(self.notes[-1])

    def _make_rise(self, packet: av.Packet[Any]) -> None:
        """Move a packet behind the last of its track where the source's clock fell back."""
        index, stamp = packet.stream.index, packet.dts if packet.dts is not None else packet.pts
        last, ahead = self._last.get(index), self._ahead.get(index, 0)
        if stamp is not None and last is not None and stamp + ahead <= last[0]:
            ahead = self._ahead[index] = last[0] + last[1] - stamp
            note = f"the clock of the sound fell back at {float(last[0] * packet.time_base):.2f} s"
            self.notes.append(f"{note}; what follows goes on after it")
            _log.warning(self.notes[-1])
        if packet.pts is not None:
            packet.pts += ahead
        if packet.dts is not None:
            packet.dts += ahead
        if stamp is not None:
            self._last[index] = (stamp + ahead, packet.duration or 1)

    def _encode_anew(self, index: int, packet: av.Packet[Any]) -> list[av.Packet[Any]]:
        resampler, stream = self._encoders[index], self._tracks[index]
        made: list[av.Packet[Any]] = []
        for frame in packet.decode():
            assert isinstance(frame, av.AudioFrame)
            for piece in resampler.resample(frame):
                made += stream.encode(piece)
        if not packet.size:  # the last packet of a track
            for piece in resampler.resample(None):
                made += stream.encode(piece)
            made += stream.encode(None)
        return made


def clocks_of(source: Path | None) -> list[Fraction]:
    """Seconds a unit of the timestamps of each sound track.

    Args:
        source: A file with sound, or None.

    Returns:
        One clock a track.
    """
    if source is None:
        return []
    with open_container(source) as container:
        return [Fraction(1, t.codec_context.sample_rate or 1) for t in container.streams.audio] + [
            t.time_base for t in container.streams.audio if t.time_base
        ]


def takes_sound(container: str, track: AudioStream) -> bool:
    """Whether a container takes a track as it is; tried in memory, since tables alone say too much.

    Args:
        container: Name of an output format, e.g. ``mov``.
        track: The track to be copied.

    Returns:
        True when a header with it could be written.
    """
    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            _copied(trial, track)
            trial.start_encoding()
    except (ValueError, av.FFmpegError):
        return False
    return True


def _copied(output: OutputContainer, track: AudioStream) -> AudioStream:
    """Add a stream for the packets of a track; PCM in MP4 has to say what its channels are."""
    stream = output.add_stream_from_template(track)
    stream.codec_context.layout = _layout(track)
    return stream


def _layout(track: AudioStream, opus: bool = False) -> AudioLayout:
    """What the channels of a track are; Opus takes those at the sides for those at the back."""
    layout = track.codec_context.layout
    name = _LAYOUTS.get(layout.nb_channels)
    said = any(channel.name != "NONE" for channel in layout.channels)
    same = opus and layout.name.split("(")[0] == name
    return AudioLayout(name) if name and (same or not said) else layout


def _move(packet: av.Packet[Any], seconds: Fraction) -> None:
    units = round(seconds / packet.time_base) if packet.time_base else 0
    if units and packet.pts is not None:
        packet.pts += units
    if units and packet.dts is not None:
        packet.dts += units


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    """Language and title of a track; what describes the old file stays behind."""
    return {key: value for key, value in metadata.items() if key in {"language", "title"}}


@contextlib.contextmanager
def open_sound(source: Path | None, output: OutputContainer, suffix: str) -> Iterator[Sound | None]:
    """Give the sound of a source for the time of a block; None when there is none to carry.

    Args:
        source: A file with sound, or None.
        output: The container it goes into, not yet started.
        suffix: Of the output file; small letters.

    Yields:
        The sound, ready to be written.
    """
    if source is None:
        yield None
        return
    sound = Sound(source, output, suffix)
    try:
        yield sound
    finally:
        sound.close()
