"""MediaPipe's selfie segmentation: which pixels show a person, softly.

The small general network of MediaPipe (https://github.com/google-ai-edge/mediapipe, model card
"MediaPipe Selfie Segmentation", 2021): a MobileNetV3 with a light decoder, 256x256. It was made
for one person before a camera and takes whatever is shown it for such a picture: of a window with
nobody in it, it may still say that somebody is there. Run from the TFLite file of the hub with
OpenCV's own network module, on the CPU.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, check_frame
from multiplane.core.errors import BackendError, WeightsError

SIDE_PX = 256
"""The network sees a square of this side; the frame is squeezed into it. A person who fills the
height of a window half as wide is drawn finer than in a square one, and as surely."""
MAX_BYTES = 64_000_000
"""A larger file is no such network."""
_MAGIC = b"TFL3"
"""Stands at byte 4 of a TFLite file."""


class Selfie:
    """A loaded network that turns frames into alphas.

    One instance may be called from several threads at once: each call has a copy of the network
    to itself. The alpha of a frame does not depend on which thread or in which order.
    """

    def __init__(self, weights: Path) -> None:
        """Load the network.

        Args:
            weights: The TFLite file.

        Raises:
            WeightsError: The file is not there or not such a network.
        """
        self._path = weights
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        try:
            with weights.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise self._no_network(str(error)) from error
        if len(data) > MAX_BYTES or data[4:8] != _MAGIC:
            raise self._no_network("it is no TFLite file of a few MB")
        self._data: NDArray[np.uint8] = np.frombuffer(data, np.uint8)
        try:
            network = self._read()
            shape = _forward(network, np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)).shape
        except cv2.error as error:
            raise self._no_network(_reason(error)) from error
        if int(np.prod(shape)) != SIDE_PX * SIDE_PX:
            raise self._no_network(f"it answers {shape}, wanted a map of {SIDE_PX}x{SIDE_PX}")
        self._idle.append(network)

    def predict(self, frame: Frame) -> Alpha:
        """How much of each pixel is person.

        Args:
            frame: (H, W, 3) RGB, best a window round one person.

        Returns:
            (H, W) in [0, 1].

        Raises:
            BackendError: OpenCV failed.
        """
        check_frame(frame)
        height, width = frame.shape[:2]
        shrinks = max(height, width) > SIDE_PX
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        small = cv2.resize(np.ascontiguousarray(frame), (SIDE_PX, SIDE_PX), interpolation=how)
        network = self._borrow()
        try:
            found = _forward(network, np.asarray(small, np.uint8))
        except cv2.error as error:
            raise BackendError(
                f"OpenCV failed on a frame of {width}x{height}",
                why=_reason(error),
                fix="multiplane doctor",
            ) from error
        finally:
            with self._lock:
                self._idle.append(network)
        share = found.reshape(SIDE_PX, SIDE_PX)
        full = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(full, 0.0, 1.0), np.float32)

    def _borrow(self) -> Any:  # noqa: ANN401 - a cv2.dnn.Net
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._read()

    def _read(self) -> Any:  # noqa: ANN401 - a cv2.dnn.Net
        return cv2.dnn.readNetFromTFLite(self._data)

    def _no_network(self, why: str) -> WeightsError:
        return WeightsError(
            f"{self._path} cannot be loaded as the selfie network",
            why=why,
            fix="fetch it again: multiplane models pull selfie-segmentation",
        )


def _forward(network: Any, small: Frame) -> NDArray[np.float32]:  # noqa: ANN401 - a cv2.dnn.Net
    ready = small.astype(np.float32) / np.float32(255)
    network.setInput(np.ascontiguousarray(ready.transpose(2, 0, 1)[None]))
    return np.array(network.forward(), np.float32)  # a copy: the network keeps its own


def _reason(error: cv2.error) -> str:
    return str(error.err or error).strip().split("\n")[0]
