"""Pipelines of diffusers: loaded strictly, from files on this machine."""

from __future__ import annotations

from multiplane.networks.diffusion.load import load_diffusion
from multiplane.networks.diffusion.loaded import Diffusion

__all__ = ["Diffusion", "load_diffusion"]
