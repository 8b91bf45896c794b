"""VR180: eyes in a frame, the boxes that say so, name tags, and packed alpha for players."""

from multiplane.media.vr180.layout import Layout, detect_layout
from multiplane.media.vr180.spherical import Spherical, read_spherical, vr180_boxes

__all__ = ["Layout", "Spherical", "detect_layout", "read_spherical", "vr180_boxes"]
