"""How many frames of a chunk fit into memory.

A chunk keeps its frames at the size that people are looked for in, and beside each what was found
in it; at full size only a few frames are there at a time, whatever the length of the chunk.
"""

from __future__ import annotations

from multiplane.core.errors import ConfigError

_PROGRAM_BYTES = 700_000_000
"""The program, its libraries and a small model."""
_FULL_BYTES = 48
"""A pixel of the source: what the decoder keeps, frames that wait, one that is worked on."""
_WORK_BYTES = 5
"""A pixel at working size, a frame: its colour, its alpha, whose it is."""


def frames_within(
    max_memory_gb: float,
    frame_size: tuple[int, int],
    scale: float,
    overlap_frames: int,
) -> int:
    """Reckon how many frames of a chunk fit.

    Args:
        max_memory_gb: In GB of 10^9 bytes.
        frame_size: (W, H) of the source, both eyes.
        scale: Of the working size, a share.
        overlap_frames: What of a chunk is not new.

    Returns:
        Frames of a chunk, those of the overlap included; more than ``overlap_frames``.

    Raises:
        ConfigError: Not even one new frame fits.
    """
    pixels = frame_size[0] * frame_size[1]
    fixed = _PROGRAM_BYTES + _FULL_BYTES * pixels
    each = _WORK_BYTES * pixels * scale**2
    frames = int((max_memory_gb * 1e9 - fixed) // each)
    if frames <= overlap_frames:
        least = (fixed + each * (overlap_frames + 1)) / 1e9
        raise ConfigError(
            f"max_memory_gb is {max_memory_gb:g}, wanted {least:.1f} for chunks of "
            f"{overlap_frames + 1} frames of {frame_size[0]}x{frame_size[1]} at scale {scale:g}",
            why=f"chunks overlap by {overlap_frames} frames and each must bring new ones",
            fix=f"--set chunks.max_memory_gb={least + 0.05:.1f}, or a smaller chunks.scale or "
            "chunks.overlap_frames",
        )
    return frames
