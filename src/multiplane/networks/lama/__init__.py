"""LaMa: a network that paints what a mask hides, and its checkpoints."""

from multiplane.networks.lama.generator import LamaGenerator
from multiplane.networks.lama.predict import predict

__all__ = ["LamaGenerator", "predict"]
