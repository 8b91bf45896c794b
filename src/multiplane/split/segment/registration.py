"""How the camera moved through a shot, in the pixels that beliefs are held at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from multiplane.core.arrays import Frame
from multiplane.core.items import Json
from multiplane.motion.align import Homography
from multiplane.motion.camera import CameraOptions, CameraPath, camera_path, still_path
from multiplane.split.segment.shot import Shot, shrink

_FEATURES_PX = 540


def find_camera(shot: Shot, size: tuple[int, int], threads: int = 0) -> CameraPath:
    """Find the camera path of a shot, unless it is known; makes the small frames on the way.

    Args:
        shot: The shot.
        size: (width, height) of the small frames that will be asked for.
        threads: Threads; 0 is one a processor.

    Returns:
        The path, in pixels of the full frames.
    """
    if shot.camera is not None:
        return shot.camera
    if len(shot) == 1:
        return still_path(1)

    def frames() -> Iterator[Frame]:
        for index in range(len(shot)):
            frame = shot.frame(index)
            shot.remember(index, shrink(frame, size))
            yield frame

    return camera_path(frames(), None, CameraOptions(work_px=_FEATURES_PX, threads=threads))


def small_homographies(
    camera: CameraPath, full: tuple[int, int], small: tuple[int, int]
) -> list[Homography]:
    """The path in pixels of small frames; equal matrices stay equal.

    Args:
        camera: In pixels of the full frames.
        full: (width, height).
        small: (width, height).
    """
    x, y = small[0] / full[0], small[1] / full[1]
    shift = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    back = np.linalg.inv(shift)
    eye = np.eye(3)
    return [eye if np.array_equal(h, eye) else shift @ h @ back for h in camera.homographies]


def spread(frames: Sequence[int], most: int) -> list[int]:
    """At most so many of the frames, spread evenly over them."""
    picks = np.linspace(0, len(frames) - 1, min(most, len(frames))).round().astype(int)
    return [frames[i] for i in sorted({int(p) for p in picks})]


def camera_figures(camera: CameraPath) -> dict[str, Json]:
    """How well the frames could be laid on each other."""
    lost: list[Json] = [i for i in range(len(camera)) if not camera.registered(i)]
    return {
        "camera_still": camera.static,
        "unregistered_frames": lost,
        "median_inliers": float(np.median(camera.inliers)),
        "median_residual_px": round(float(np.median(camera.residual_px)), 4),
    }


def salience_to_bytes(salience: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Frame:
    """Salience in [0, 1] as uint8, to be kept; (h, w)."""
    return np.asarray(cv2.convertScaleAbs(salience, alpha=255.0), np.uint8)
