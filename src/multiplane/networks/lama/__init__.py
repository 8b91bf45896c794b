"""LaMa: a network that paints what a mask hides, and its checkpoints."""

from __future__ import annotations

from multiplane.networks.lama.convert import convert_lama
from multiplane.networks.lama.generator import LamaGenerator
from multiplane.networks.lama.load import load_lama
from multiplane.networks.lama.predict import predict

__all__ = ["LamaGenerator", "convert_lama", "load_lama", "predict"]
