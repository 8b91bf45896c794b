"""How the eyes of a rig are turned against each other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from multiplane.geometry.equirect import Rotation


@dataclass(frozen=True)
class Rectification:
    """Rotations that bring each eye to a common frame; the identity when nothing is known."""

    left: Rotation = field(default_factory=lambda: np.eye(3))
    right: Rotation = field(default_factory=lambda: np.eye(3))
