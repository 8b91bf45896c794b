"""LaMa: a network that paints what a mask hides, and its checkpoints."""

from __future__ import annotations

from multiplane.networks.lama.generator import LamaGenerator
from multiplane.networks.lama.load import load_lama
from multiplane.networks.lama.predict import predict

__all__ = ["LamaGenerator", "load_lama", "predict"]
