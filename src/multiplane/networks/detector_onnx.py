"""YOLOv8's ONNX files, read without a line of Ultralytics' code.

What such a file says of itself (its classes, the side it looks at) stands in its metadata. The
network is under the AGPL-3.0 wherever its weights come from; this file holds our own reading of
its numbers: letterbox, boxes as centre and size, suppression class by class.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.core.errors import BackendError, WeightsError
from multiplane.networks.onnx_session import ask, open_session

MAX_BYTES = 2_000_000_000
MAX_SIDE_PX = 4096
GREY = 114
"""What surrounds a picture that is not square, in training too."""
_NAMES_LIMIT = 1_000_000
_STRIDE = 32

Boxes = NDArray[np.float32]


class Yolo:
    """A loaded network. It runs on the CPU, a picture at a time.

    Attributes:
        labels: Class → its name.
    """

    def __init__(self, weights: Path, threads: int = 0) -> None:
        """Load the network.

        Args:
            weights: The .onnx file that Ultralytics' export wrote.
            threads: Processors one picture may use; 0 means all.

        Raises:
            WeightsError: It is not there, a pickle, or no such network.
        """
        _refuse_pickles(weights)
        self._session = open_session(weights, threads, _EXPORT)
        told = self._session.get_modelmeta().custom_metadata_map
        self.labels = _names(told.get("names", ""), weights)
        self._input, self.side_px, self._type = self._shape_of_input(told, weights)
        self._output = self._check_output(weights)

    def detect(self, frame: Frame, threshold: float, nms_iou: float) -> tuple[
        Boxes, Boxes, NDArray[np.int64]
    ]:  # fmt: skip
        """Look at a picture.

        Args:
            frame: (H, W, 3) RGB.
            threshold: Boxes are left out whose score is not above.
            nms_iou: Of two boxes of one class that overlap more, the surer stays.

        Returns:
            (N, 4) xyxy in px of the picture, (N,) scores, (N,) classes; the surest first.

        Raises:
            BackendError: ONNX Runtime failed, or gave no numbers.
        """
        picture, scale, corner = letterbox(frame, self.side_px)
        given = {self._input: picture.astype(self._type, copy=False)}
        rows = ask(self._session, self._output, given, frame)[0].T
        if rows.shape[1] != 4 + len(self.labels) or not np.isfinite(rows).all():
            raise BackendError(
                f"the network gave {rows.shape[1]} values a box or values that are no numbers, "
                f"wanted {4 + len(self.labels)}",
                why="four for the place, and one for each of its classes",
                fix=_EXPORT,
            )
        return read_rows(rows, scale, corner, threshold, nms_iou)

    def _shape_of_input(
        self, told: Mapping[str, str], weights: Path
    ) -> tuple[str, tuple[int, int], type[np.float32] | type[np.float16]]:
        """Its name, (height, width) and type.

        Raises:
            WeightsError: It is no picture.
        """
        inputs = self._session.get_inputs()
        shape = list(inputs[0].shape) if len(inputs) == 1 else []
        sides: Any = shape[2:]
        if len(shape) == 4 and not all(isinstance(side, int) for side in sides):
            sides = _literal(told.get("imgsz", "[640, 640]"))  # it takes any; this it was made for
        good = (
            len(shape) == 4
            and shape[1] == 3
            and isinstance(sides, list)
            and len(sides) == 2
            and all(isinstance(s, int) and 0 < s <= MAX_SIDE_PX for s in sides)
            and (not isinstance(shape[0], int) or shape[0] == 1)
        )
        if not good:
            raise WeightsError(
                f"{weights} takes {[list(one.shape) for one in inputs]}, wanted [1, 3, H, W] with "
                f"sides of {MAX_SIDE_PX} px at most",
                why="a detector is shown one RGB picture",
                fix=_EXPORT,
            )
        half = "float16" in inputs[0].type
        return inputs[0].name, (sides[0], sides[1]), np.float16 if half else np.float32

    def _check_output(self, weights: Path) -> str:
        """The name of the output.

        Raises:
            WeightsError: It is not that of YOLOv8.
        """
        outputs = self._session.get_outputs()
        shape = list(outputs[0].shape)
        wide = shape[1] if len(shape) == 3 else 0
        if len(outputs) != 1 or (isinstance(wide, int) and wide != 4 + len(self.labels)):
            raise WeightsError(
                f"{weights} gives {[list(one.shape) for one in outputs]}, wanted "
                f"[1, {4 + len(self.labels)}, boxes]: YOLOv8, a detector, with the "
                f"{len(self.labels)} classes it names",
                why="other networks, and files with suppression built in, are read otherwise",
                fix=_EXPORT,
            )
        return str(outputs[0].name)


def letterbox(
    frame: Frame, side_px: tuple[int, int]
) -> tuple[NDArray[np.float32], float, tuple[int, int]]:
    """Make a picture as large as fits, in the middle of grey.

    Args:
        frame: (H, W, 3) RGB.
        side_px: (height, width) wanted.

    Returns:
        float32 (1, 3, height, width) in [0, 1]; by how much it was scaled; and where its top left
        corner came to lie, (x, y).
    """
    height, width = frame.shape[:2]
    scale = min(side_px[0] / height, side_px[1] / width)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    small = frame
    if inner != (width, height):
        small = np.asarray(cv2.resize(frame, inner, interpolation=cv2.INTER_LINEAR))
    # half a pixel goes to the right and the bottom, as in training
    x, y = round((side_px[1] - inner[0]) / 2 - 0.1), round((side_px[0] - inner[1]) / 2 - 0.1)
    padded = np.full((*side_px, 3), GREY, np.uint8)
    padded[y : y + inner[1], x : x + inner[0]] = small
    batch = padded.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(batch), scale, (x, y)


def read_rows(
    rows: Boxes, scale: float, corner: tuple[int, int], threshold: float, nms_iou: float
) -> tuple[Boxes, Boxes, NDArray[np.int64]]:
    """Turn what the network says into boxes of the picture.

    Args:
        rows: (N, 4 + classes): centre and size in px of the letterbox, then scores.
        scale: From :func:`letterbox`.
        corner: From :func:`letterbox`.
        threshold: Boxes are left out whose score is not above.
        nms_iou: Of two boxes of one class that overlap more, the surer stays.

    Returns:
        (M, 4) xyxy, (M,) scores, (M,) classes; the surest first.
    """
    classes = rows[:, 4:].argmax(axis=1)
    scores = rows[:, 4:].max(axis=1)
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > threshold]
    rows, scores, classes = rows[order], scores[order], classes[order]
    half = rows[:, 2:4] / 2
    boxes = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)
    boxes = ((boxes - np.tile(np.asarray(corner), 2)) / scale).astype(np.float32)
    kept = suppress(boxes, classes, nms_iou)
    return boxes[kept], scores[kept], classes[kept].astype(np.int64)


def suppress(boxes: Boxes, classes: NDArray[np.int64], iou: float) -> NDArray[np.int64]:
    """Which boxes stay when each takes away the less sure ones of its class that it covers.

    Args:
        boxes: (N, 4) xyxy, the surest first.
        classes: (N,).
        iou: What overlaps more than this goes.

    Returns:
        The numbers of those that stay.
    """
    area = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    alive = np.ones(len(boxes), np.bool_)
    for one in range(len(boxes)):
        if not alive[one]:
            continue
        rest = np.flatnonzero(alive[one + 1 :] & (classes[one + 1 :] == classes[one])) + one + 1
        low = np.maximum(boxes[rest, :2], boxes[one, :2])
        high = np.minimum(boxes[rest, 2:], boxes[one, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        either = np.maximum(area[rest] + area[one] - common, 1e-9)
        alive[rest[common / either > iou]] = False
    return np.flatnonzero(alive)


_EXPORT = (
    "export it anew with Ultralytics (AGPL-3.0, not part of Multiplane): "
    "yolo export model=yolov8n.pt format=onnx, then name the .onnx file it wrote"
)


def _refuse_pickles(weights: Path) -> None:
    """See that it is an ONNX file by name and of a bounded size, before anything opens it.

    Raises:
        WeightsError: It is not.
    """
    if weights.suffix.lower() != ".onnx":
        raise WeightsError(
            f"{weights} is no .onnx file",
            why="Ultralytics' own .pt files are pickles, which can run code when they are read",
            fix=_EXPORT,
        )
    if not weights.is_file() or weights.stat().st_size > MAX_BYTES:
        there = weights.is_file()
        raise WeightsError(
            f"{weights} has more than {MAX_BYTES} bytes" if there else f"not there: {weights}",
            why="YOLOv8's weights come from a file of your own; they are never fetched",
            fix=_EXPORT,
        )


def _names(text: str, weights: Path) -> dict[int, str]:
    """Class → name, as the export wrote it.

    Raises:
        WeightsError: The file does not say.
    """
    told = _literal(text)
    if not isinstance(told, dict) or sorted(map(str, told)) != sorted(map(str, range(len(told)))):
        told = {}
    names = {int(number): str(name) for number, name in told.items()}
    if not names:
        raise WeightsError(
            f"{weights} does not name its classes",
            why="without them nobody knows which number is a person; Ultralytics' export writes "
            "them into the file's metadata",
            fix=_EXPORT,
        )
    return names


def _literal(text: str) -> object:
    """What the text of a plain Python or JSON value says; None when it is no such."""
    if len(text) > _NAMES_LIMIT:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        pass
    try:
        told: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told
