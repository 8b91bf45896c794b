"""Checkpoints: the tensors of safetensors, of what torch saved and of TorchScript, safely."""

from __future__ import annotations

from multiplane.networks.checkpoint.fit import misfits
from multiplane.networks.checkpoint.read import Checkpoint, open_checkpoint

__all__ = ["Checkpoint", "misfits", "open_checkpoint"]
