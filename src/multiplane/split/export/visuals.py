"""Writes the small pictures of a clip: previews, overlays, maps of confidence."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from multiplane.core.atomic import write_beside
from multiplane.media.clip import Clip
from multiplane.media.config import VideoOptions
from multiplane.media.encode import encode
from multiplane.media.writer import VideoWriter
from multiplane.split.export.composite import Picture
from multiplane.split.export.config import ExportOptions
from multiplane.split.export.pictures import confidence, overlay, preview, reduced_size
from multiplane.split.export.stream import Unit
from multiplane.split.shots.extract import spread


class Visuals:
    """Takes the frames of a clip and draws of them what is wanted; a context manager."""

    def __init__(
        self, folder: Path, clip: Clip, extent: tuple[int, int], options: ExportOptions
    ) -> None:
        """Remember what to draw.

        Args:
            folder: With a folder for each plane in it.
            clip: The source.
            extent: The first frame, and after the last one.
            options: Which pictures, how many, how large.
        """
        self._folder = folder
        self._options = options
        self._size = reduced_size(clip.size, options.preview_px)
        start, stop = extent
        places = spread(stop - start, options.pictures) if options.pictures else []
        self._frames = {start + place for place in places}
        self._stack = contextlib.ExitStack()
        self._videos: dict[str, VideoWriter] = {}
        small = VideoOptions(sound="drop", speed="fast", quality=20)
        for plane, how in (("overlays", options.overlays), ("confidence", options.confidence)):
            if how == "video":
                place = folder / plane / f"{clip.path.stem}_{plane}.mp4"
                self._videos[plane] = VideoWriter(place, self._size, clip, small)

    def __enter__(self) -> Self:
        """Open the videos."""
        with self._stack:
            for video in self._videos.values():
                self._stack.enter_context(video)
            self._stack = self._stack.pop_all()
        return self

    def add(self, unit: Unit) -> None:
        """Draw what is wanted of a frame.

        Raises:
            OutputError: It cannot be written.
        """
        chosen = unit.frame.index in self._frames
        if chosen:
            self._write("previews", unit, preview(unit.composed, self._size))
        for plane, how in (
            ("overlays", self._options.overlays), ("confidence", self._options.confidence)
        ):  # fmt: skip
            if how == "video" or (how == "pictures" and chosen):
                draw = overlay if plane == "overlays" else confidence
                picture = draw(unit.composed, unit.people, self._size)
                if how == "video":
                    self._videos[plane].write(picture, unit.frame.pts)
                else:
                    self._write(plane, unit, picture)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the videos."""
        self._stack.__exit__(kind, error, trace)

    def _write(self, plane: str, unit: Unit, picture: Picture) -> None:
        path = self._folder / plane / f"{unit.frame.index:06d}.png"
        with write_beside(path) as part:
            part.write_bytes(encode(picture, "png"))
