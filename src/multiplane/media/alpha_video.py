"""Reading video with alpha back: ProRes 4444, FFV1 and VP9.

VP9 keeps alpha in a second stream that FFmpeg's own decoder leaves out without a word; libvpx
reads it, so that is the one used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.clip import MAX_FRAME_PIXELS, open_container
from multiplane.media.colour import ToRgba, colour_of
from multiplane.media.decode import picture_stream
from multiplane.media.whole import missing_bytes


def read_alpha_video(path: Path | str) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Decode a video with alpha.

    Args:
        path: A video file.

    Yields:
        The timestamp of a frame in units of the file's clock, and the frame as uint8 (H, W, 4)
        RGBA, colour straight.

    Raises:
        InputError: No video, one without alpha, or frames larger than any that are read.
        DamagedFileError: It is cut off or damaged.
    """
    path = Path(path)
    with open_container(path) as container:
        stream = picture_stream(container)
        if stream is None or stream.codec_context.width * stream.codec_context.height > (
            MAX_FRAME_PIXELS
        ):
            raise InputError(
                f"{path} has no picture, or one above {MAX_FRAME_PIXELS / 1e6:.0f} megapixels",
                why="frames are decoded whole",
                fix="give a video file with alpha",
            )
        to_rgba: ToRgba | None = None
        for frame in _frames(path, container, stream):
            if not any(part.is_alpha for part in frame.format.components):
                raise InputError(
                    f"{path} is {stream.codec_context.name} in {frame.format.name}, without alpha",
                    why="there is nothing to tell the foreground by",
                    fix="give a ProRes 4444, FFV1 (bgra) or VP9 (yuva420p) file",
                )
            to_rgba = to_rgba or ToRgba(colour_of(frame))
            yield frame.pts or 0, to_rgba(frame)
    if lost := missing_bytes(path):
        raise DamagedFileError(
            f"{path} is cut off, {lost} bytes are missing",
            why="its copy or its export was broken off; the frames before that are whole",
            fix="write or copy it again",
        )


def _frames(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    """Frames by the decoder that knows their alpha.

    Raises:
        DamagedFileError: The file is cut off or damaged.
    """
    decoder = stream.codec_context
    decoder.thread_type = "AUTO"
    if decoder.name == "vp9":
        other = av.CodecContext.create("libvpx-vp9", "r")
        assert isinstance(other, VideoCodecContext)
        decoder = other
    try:
        for packet in container.demux(stream):
            yield from decoder.decode(packet if packet.size else None)
    except av.FFmpegError as error:
        raise DamagedFileError(
            f"{path} is damaged: {(error.strerror or str(error)).lower()}",
            why="what follows the damage cannot be trusted",
            fix="write or copy it again",
        ) from error
