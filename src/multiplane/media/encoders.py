"""Opening a video encoder: which one, how it is set, and what it says when it cannot.

An NVIDIA card's encoder is there when it opens, at the size and pixel format wanted; its name in
FFmpeg's list says nothing. So it is tried, beside the file, before the file hears of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from multiplane.core.errors import InputError, MissingDependencyError
from multiplane.core.threads import cpu_count
from multiplane.media.colour import Colour
from multiplane.media.config import ALPHA_FORMATS, NVENC, VideoOptions

_log = logging.getLogger(__name__)

_QUALITY = {"libx264": 16, "libx265": 18, "libvpx-vp9": 20, "libsvtav1": 20}
_PIXELS = {"ffv1": "bgr0", "prores_ks": "yuv422p10le"}
_SVT_SPEED = {"ultrafast": 12, "veryfast": 10, "fast": 8, "medium": 6, "slow": 4, "veryslow": 2}
_VP9_SPEED = {"ultrafast": 8, "veryfast": 6, "fast": 4, "medium": 2, "slow": 1, "veryslow": 0}
_NVENC_SPEED = {"ultrafast": 1, "veryfast": 2, "fast": 3, "medium": 4, "slow": 6, "veryslow": 7}
_VP9_ALPHA = frozenset({".webm", ".mkv"})
"""Containers that carry the second stream VP9 keeps alpha in; in others it is lost silently."""
_NO_DRIVER = "no NVIDIA driver was found"
"""What FFmpeg means by \"operation not permitted\" when it opens NVENC."""
_APPLE = frozenset({".mp4", ".m4v", ".mov"})
"""Containers in which players of Apple take H.265 only under the tag hvc1."""
_LARGE = 4096 * 2304
"""Pixels from which FFV1 is cut into more slices (a slice is the least that a thread can take), and
from which H.264 and H.265 look less far ahead, on fewer frames at a time: inside the encoder each
takes more than three bytes a pixel, 60 MB of a frame of 6144x3072."""
_LOOK_AHEAD = {"ultrafast": 0, "veryfast": 10, "fast": 12, "medium": 12, "slow": 12, "veryslow": 12}
_MOST_THREADS = 6


@dataclass(frozen=True)
class Picture:
    """What an encoder has to know of the frames to come.

    Attributes:
        size: (W, H) in px.
        rate: Frames a second, for those who plan by it; timestamps are the frames' own.
        time_base: Seconds a unit of pts.
        colour: How the file codes colour.
        pixel_aspect: Width of a pixel over its height.
    """

    size: tuple[int, int]
    rate: Fraction
    time_base: Fraction
    colour: Colour
    pixel_aspect: Fraction = Fraction(1)


def add_encoder(
    output: OutputContainer, path: Path, picture: Picture, options: VideoOptions
) -> tuple[VideoStream, list[str]]:
    """Add a video stream to a container and open its encoder.

    Args:
        output: The container, not yet started.
        path: What it will be called, for its suffix and for messages.
        picture: What is to be encoded.
        options: How.

    Returns:
        The stream with its encoder open, and what a user should hear of.

    Raises:
        InputError: The container cannot hold the codec or its alpha, or the codec not this size.
        MissingDependencyError: NVENC was asked for by name and does not open.
    """
    notes: list[str] = []
    pixel_format = _pixel_format(options, picture.size, notes)
    if options.alpha and options.codec == "libvpx-vp9" and path.suffix.lower() not in _VP9_ALPHA:
        raise InputError(
            f"a {path.suffix} file cannot hold the alpha of VP9",
            why="it lies in a stream beside the picture, which only Matroska and WebM carry",
            fix=f"name it {path.stem}.webm, or take codec prores_ks with .mov",
        )
    name = _choose(options, picture, pixel_format, notes)
    try:
        stream = output.add_stream(
            name, rate=picture.rate, options=_settings(name, options, picture)
        )
    except ValueError as error:
        raise InputError(
            f"a {path.suffix} file cannot hold {options.codec} video",
            why="not every container takes every codec",
            fix=f"name it {path.stem}.mkv, or choose another codec",
        ) from error
    assert isinstance(stream, VideoStream)
    stream.time_base = picture.time_base
    context = stream.codec_context
    _describe(context, picture, pixel_format, options.codec)
    if options.codec == "libx265" and path.suffix.lower() in _APPLE:
        context.codec_tag = "hvc1"
    try:
        context.open()
    except av.FFmpegError as error:
        width, height = picture.size
        raise InputError(
            f"{options.codec} cannot encode {width}x{height} as {pixel_format}",
            why=(error.strerror or str(error)).lower(),
            fix="choose another pixel_format or codec, or frames with even sides",
        ) from error
    return stream, notes


def _pixel_format(options: VideoOptions, size: tuple[int, int], notes: list[str]) -> str:
    if options.pixel_format:
        return options.pixel_format
    if options.alpha:
        return ALPHA_FORMATS[options.codec]
    if options.codec in _PIXELS:
        return _PIXELS[options.codec]
    if size[0] % 2 or size[1] % 2:
        notes.append(
            f"{size[0]}x{size[1]} has an odd side, which yuv420p cannot have: stored as yuv444p, "
            f"which some players refuse"
        )
        return "yuv444p"
    return "yuv420p"


def _choose(options: VideoOptions, picture: Picture, pixel_format: str, notes: list[str]) -> str:
    """The name of the encoder that is to be used.

    Raises:
        MissingDependencyError: NVENC was asked for by name and does not open.
    """
    card = NVENC.get(options.codec)
    if options.encoder == "cpu" or card is None:
        return options.codec
    refusal = try_encoder(card, options, picture, pixel_format)
    width, height = picture.size
    if refusal is None:
        notes.append(f"encoded by the graphics card ({card})")
        _log.info(notes[-1])
        return card
    if options.encoder == "nvenc":
        raise MissingDependencyError(
            f"{card} does not open for {width}x{height} as {pixel_format}",
            why=f"{refusal}; it needs an NVIDIA card that encodes (an A100, H100 or H200 does not) "
            "and its driver, and H.264 takes no side above 4096 px",
            fix="encoder: cpu, or encoder: auto to take NVENC only where there is one",
        )
    notes.append(f"no NVENC for {width}x{height} here ({refusal}); {options.codec} encoded instead")
    _log.info(notes[-1])
    return options.codec


def try_encoder(
    name: str, options: VideoOptions, picture: Picture, pixel_format: str
) -> str | None:
    """Open an encoder as it would be used, and close it again.

    Args:
        name: Its name in FFmpeg.
        options: How it would be set.
        picture: What it would encode.
        pixel_format: As which.

    Returns:
        Why it does not open; None when it does.
    """
    try:
        context = av.CodecContext.create(name, "w")
        assert isinstance(context, VideoCodecContext)
        context.options = _settings(name, options, picture)
        _describe(context, picture, pixel_format, options.codec)
        context.open()
    except av.codec.codec.UnknownCodecError:
        return f"this FFmpeg was built without {name}"
    except av.FFmpegError as error:
        reason = (error.strerror or str(error)).lower()
        return _NO_DRIVER if reason == "operation not permitted" else reason
    return None


def _describe(context: VideoCodecContext, picture: Picture, pixel_format: str, codec: str) -> None:
    context.width, context.height = picture.size
    context.pix_fmt = pixel_format
    context.time_base, context.framerate = picture.time_base, picture.rate
    context.sample_aspect_ratio = picture.pixel_aspect
    colour = picture.colour
    if pixel_format != "gray":
        context.color_primaries, context.color_trc = colour.primaries, colour.transfer
    if pixel_format.startswith("yuv"):
        context.colorspace, context.color_range = colour.matrix, 2 if colour.full_range else 1
    elif pixel_format == "gray":
        context.color_range = 2
    large = picture.size[0] * picture.size[1] >= _LARGE
    if large and codec in NVENC:
        context.thread_count = min(cpu_count() * 3 // 2, _MOST_THREADS)
    # Threads that take a frame each hold one each; PyAV's default cuts H.264 into slices, which
    # is slower and larger.
    context.thread_type = "SLICE" if large and codec == "prores_ks" else "AUTO"


def _settings(name: str, options: VideoOptions, picture: Picture) -> dict[str, str]:
    codec, speed = options.codec, options.speed
    settings: dict[str, str] = {}
    quality = _QUALITY.get(codec) if options.quality is None else options.quality
    if name in NVENC.values():
        return {"preset": f"p{_NVENC_SPEED[speed]}", "rc": "vbr", "cq": str(quality), "b": "0"}
    if codec in _QUALITY:
        settings["crf"] = str(quality)
    large = picture.size[0] * picture.size[1] >= _LARGE
    if codec in {"libx264", "libx265"}:
        settings["preset"] = speed
    if codec == "libx264" and large:
        settings["rc-lookahead"] = str(_LOOK_AHEAD[speed])
    if codec == "libx265":
        # rows of a large frame keep threads busy; frames beside it would each be held as well
        held = ":rc-lookahead=5:bframes=3:frame-threads=1" if large else ""
        settings["x265-params"] = f"log-level=error{held}"
    if codec == "libsvtav1":
        settings["preset"] = str(_SVT_SPEED[speed])
    if codec == "libvpx-vp9":
        settings |= {"b": "0", "cpu-used": str(_VP9_SPEED[speed]), "row-mt": "1"}
        settings |= {"lag-in-frames": "6"} if large else {}
    if codec == "ffv1":
        settings |= {"level": "3", "slices": "24" if large else "4", "slicecrc": "1"}
    if codec == "prores_ks" and options.alpha:
        settings |= {"profile": "4444", "alpha_bits": "16"}
    return settings
