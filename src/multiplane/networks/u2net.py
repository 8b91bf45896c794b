"""U²-Net: which pixels belong to the objects that catch the eye.

Qin et al., U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection, Pattern
Recognition 106, 2020 (https://arxiv.org/abs/2005.09007). Runs the ONNX files of the hub, small
(``u2netp``) and full (``u2net``) alike, with ONNX Runtime on the CPU.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, check_frame
from multiplane.networks.onnx_session import ask, open_session

SIDE_PX = 320
"""The network sees a square of this side; the frame is squeezed into it, as in training."""
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)
FAINT = 0.3
"""A map that nowhere comes above this is of a blank picture. Black, white, fades and gradients stay
below 0.06; pictures with anything in them reach 0.95, whether or not it is a character. Salience
tells what stands out most and cannot tell that nobody is there: that takes motion, or a threshold
on how salience compares between frames."""


class Salient:
    """A loaded network that turns frames into salience.

    One instance may be called from several threads at once; the result of a frame does not
    depend on which thread or in which order.
    """

    def __init__(self, weights: Path, threads: int = 0) -> None:
        """Load the network.

        Args:
            weights: The ONNX file.
            threads: Processors one frame may use; 0 means all. ``threads=1`` and one caller a
                processor gives as many frames a second and the same values.

        Raises:
            WeightsError: The file is not there or not such a network.
        """
        fix = "fetch it again: multiplane models pull u2netp (or u2net)"
        self._session = open_session(weights, threads, fix)
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[0].name  # fused; six side maps follow

    def predict(self, frame: Frame) -> Alpha:
        """How much each pixel belongs to a salient object.

        Stretched over [0, 1] like upstream does, so that a threshold means the same in every
        frame; but a blank frame (no value above :data:`FAINT`) comes back as it is. Upstream
        stretches it too and makes objects out of nothing.

        Args:
            frame: (H, W, 3) RGB.

        Returns:
            (H, W) in [0, 1].

        Raises:
            BackendError: ONNX Runtime failed.
        """
        return stretch(self.predict_raw(frame))

    def predict_raw(self, frame: Frame) -> Alpha:
        """The network's own probability, after its sigmoid and without any stretching.

        It can be compared from frame to frame, which stretched salience cannot.

        Args:
            frame: (H, W, 3) RGB.

        Returns:
            (H, W) in [0, 1].

        Raises:
            BackendError: ONNX Runtime failed.
        """
        check_frame(frame)
        found = ask(self._session, self._output, {self._input: prepare(frame)}, frame)
        height, width = frame.shape[:2]
        full = cv2.resize(found[0, 0], (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(full, 0.0, 1.0), dtype=np.float32)


def prepare(frame: Frame) -> NDArray[np.float32]:
    """Turn a frame into what the network was trained on.

    Squeezed to 320x320, divided by its own maximum, ImageNet mean and deviation.

    Args:
        frame: (H, W, 3) RGB.

    Returns:
        (1, 3, 320, 320).
    """
    small = cv2.resize(frame, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    small /= max(float(small.max()), 1e-6)
    small = (small - MEAN) / DEVIATION
    return np.ascontiguousarray(small.transpose(2, 0, 1)[None])


def stretch(salience: Alpha) -> Alpha:
    """Stretch salience over [0, 1], unless it holds nothing to stretch.

    Args:
        salience: (H, W) in [0, 1], as the network gave it.

    Returns:
        (H, W) in [0, 1]; the same when no value is above :data:`FAINT`.
    """
    low, high = float(salience.min()), float(salience.max())
    if high <= FAINT or high <= low:
        return salience
    return ((salience - low) / (high - low)).astype(np.float32)
