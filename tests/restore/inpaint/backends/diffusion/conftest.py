"""Tiny pipelines of the real classes."""

from __future__ import annotations

from tiny_pipelines import tiny, tiny_single

__all__ = ["tiny", "tiny_single"]
