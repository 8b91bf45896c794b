"""Tiny pipelines of the real classes."""

from __future__ import annotations

from tiny_pipelines import tiny

__all__ = ["tiny"]
