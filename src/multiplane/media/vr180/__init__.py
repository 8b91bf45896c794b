"""VR180: eyes in a frame, the boxes that say so, name tags, and packed alpha for players."""

from multiplane.media.vr180.inject import inject_spherical
from multiplane.media.vr180.keep import keep_spherical
from multiplane.media.vr180.layout import Layout, detect_layout
from multiplane.media.vr180.packed import Packer
from multiplane.media.vr180.sidecar import find_spherical, read_sidecar, write_sidecar
from multiplane.media.vr180.spherical import Spherical, read_spherical, vr180_boxes

__all__ = [
    "Layout",
    "Packer",
    "Spherical",
    "detect_layout",
    "find_spherical",
    "inject_spherical",
    "keep_spherical",
    "read_sidecar",
    "read_spherical",
    "vr180_boxes",
    "write_sidecar",
]
