"""The kinds of files that can be written of a clip: codec, container, name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from multiplane.core.errors import InputError
from multiplane.media.config import VideoOptions
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.tags import NameTags, plain_stem, write_tags
from multiplane.split.export.config import ExportOptions, Format

Shown = Literal["cutout", "screen", "packed", "matte"]
Eye = Literal["", "left", "right"]

_FOLDER = ".folder"
"""Stands for the suffix of a folder while its name is made."""


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        shows: What its frames show.
        word: What tells it from the other kinds in names.
        suffix: Of the container; empty for a folder of PNG.
        codec: Its encoder.
    """

    shows: Shown
    word: str
    suffix: str
    codec: Literal["prores_ks", "ffv1", "libvpx-vp9", "libx264", "libx265", "png"]


KINDS: dict[Format, Kind] = {
    "prores_4444": Kind("cutout", "prores4444", ".mov", "prores_ks"),
    "ffv1": Kind("cutout", "ffv1", ".mkv", "ffv1"),
    "vp9": Kind("cutout", "vp9", ".webm", "libvpx-vp9"),
    "png": Kind("cutout", "png", "", "png"),
    "greenscreen_h264": Kind("screen", "screen_h264", ".mp4", "libx264"),
    "greenscreen_h265": Kind("screen", "screen_h265", ".mp4", "libx265"),
    "packed_alpha": Kind("packed", "packed", ".mp4", "libx265"),
    "matte": Kind("matte", "matte", ".mkv", "ffv1"),
}


@dataclass(frozen=True)
class Target:
    """One file to be written.

    Attributes:
        format: Its kind, by name.
        kind: Its kind.
        eye: The one eye it holds; empty when it holds the frame.
        name: Its file name.
        size: (W, H) of its frames.
        layout: How the eyes lie in it.
    """

    format: Format
    kind: Kind
    eye: Eye
    name: str
    size: tuple[int, int]
    layout: Layout

    def video_options(self, options: ExportOptions, sound: Literal["keep", "drop"]) -> VideoOptions:
        """How it is encoded."""
        codec = self.kind.codec
        assert codec != "png", "a folder of pictures is no video"
        if self.format == "packed_alpha" and options.packed_codec == "h264":
            codec = "libx264"
        crf = codec in {"libx264", "libx265", "libvpx-vp9"}
        return VideoOptions(
            codec=codec,
            quality=options.quality if crf else None,
            speed=options.speed,
            encoder=options.encoder if codec in {"libx264", "libx265"} else "cpu",
            alpha=self.kind.shows == "cutout",
            pixel_format="gray" if self.kind.shows == "matte" else None,
            sound=sound,
        )


def plan_targets(source_name: str, layout: Layout, options: ExportOptions) -> list[Target]:
    """Say which files are to be written of a clip.

    Args:
        source_name: File name of the clip.
        layout: Where its eyes are.
        options: Which kinds, whether eyes apart, whether names have tags.

    Returns:
        The files, no two of one name.

    Raises:
        InputError: A kind cannot hold such a clip.
    """
    targets: list[Target] = []
    for name in options.formats:
        kind = KINDS[name]
        if kind.shows == "packed":
            targets.append(_packed(source_name, kind, layout, options))
            continue
        eyes: Sequence[Eye] = ("",)
        if options.eyes == "separate" and layout.eyes == 2:
            eyes = ("left", "right")
        for eye in eyes:
            own = layout
            if eye:
                own = Layout.of("mono", layout.eye_size, False, layout.projection)
            file = _name(source_name, kind, eye, own, options)
            targets.append(Target(name, kind, eye, file, own.size, own))
    return targets


def _packed(source_name: str, kind: Kind, layout: Layout, options: ExportOptions) -> Target:
    """The file for players of VR video.

    Raises:
        InputError: The clip is none they could show.
    """
    wide, high = layout.eye_size
    if layout.eyes != 2 or layout.projection != "half_equirect" or wide != high:
        raise InputError(
            f"packed_alpha of {layout.eyes} eye(s) of {wide}x{high}, {layout.projection}; wanted "
            "two square eyes, half_equirect",
            why="players read it as two fisheye circles side by side, made of VR180",
            fix="leave packed_alpha out of export.formats, or say what the clip is: "
            "--set chunks.layout=sbs --set chunks.projection=half_equirect",
        )
    own = Layout.of("sbs", (2 * wide, high), False, layout.projection)
    field = f"fisheye{options.packed_fov_deg}"
    tags = NameTags("sbs", False, field, True)
    stem = plain_stem(source_name)
    plain = f"{stem}_{kind.word}{kind.suffix}"
    file = write_tags(stem + kind.suffix, tags) if options.name_tags else plain
    return Target("packed_alpha", kind, "", file, own.size, own)


def _name(source_name: str, kind: Kind, eye: Eye, layout: Layout, options: ExportOptions) -> str:
    parts = [plain_stem(source_name), kind.word, eye]
    name = "_".join(part for part in parts if part) + (kind.suffix or _FOLDER)
    if options.name_tags:
        field = "180" if layout.projection == "half_equirect" else None
        tags = NameTags(layout.kind if layout.eyes == 2 else None, layout.swapped, field, False)
        name = write_tags(name, tags)
    return name.removesuffix(_FOLDER)
