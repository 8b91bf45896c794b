"""LaMa: a network that continues what it sees into the hole, with bounded crops, in batches."""

from __future__ import annotations

from multiplane.restore.inpaint.backends.lama.painter import LamaInpainter

__all__ = ["LamaInpainter"]
