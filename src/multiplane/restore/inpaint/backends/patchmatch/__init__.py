"""Exemplar-based completion: copies of what is known, arranged so that they fit."""

from __future__ import annotations

from multiplane.restore.inpaint.backends.patchmatch.painter import PatchMatchInpainter

__all__ = ["PatchMatchInpainter"]
