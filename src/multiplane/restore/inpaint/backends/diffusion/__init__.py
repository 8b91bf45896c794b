"""Diffusion: a network that was led by words to paint, denoises what stands in the hole."""

from __future__ import annotations

from multiplane.restore.inpaint.backends.diffusion.painter import DiffusionInpainter

__all__ = ["DiffusionInpainter"]
