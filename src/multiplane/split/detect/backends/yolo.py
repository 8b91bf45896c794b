"""YOLOv8 from a file of the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from multiplane.core.compute import Compute
from multiplane.core.detections import Detection
from multiplane.core.errors import WeightsError
from multiplane.networks.detector_onnx import Yolo
from multiplane.split.detect.backend import Footage
from multiplane.split.detect.config import YoloOptions


class YoloDetector:
    """Asks YOLOv8 through ONNX Runtime; none of Ultralytics' code is needed or run."""

    def __init__(self, options: YoloOptions, compute: Compute | None = None) -> None:
        """Load the network.

        Args:
            options: The file, and how overlapping boxes are thinned out.
            compute: Without effect; the network runs on the CPU, a frame at a time.

        Raises:
            WeightsError: No file was named, or it is not there, a pickle, or no such network.
        """
        if not options.model:
            raise WeightsError(
                "yolo needs an .onnx file of your own",
                why="YOLOv8 is under the AGPL-3.0, the program as well as its weights; neither "
                "comes with Multiplane or is fetched by it",
                fix="--backend yolo --set detect.backend.model=FILE.onnx; Ultralytics writes it: "
                "yolo export model=yolov8n.pt format=onnx. Or --backend d_fine (Apache-2.0)",
            )
        self._options = options
        self._network = Yolo(Path(options.model).expanduser())
        self.labels: Mapping[str, str] = {name: name for name in self._network.labels.values()}
        self.notes: Sequence[str] = ("the weights of YOLOv8 are under the AGPL-3.0",)

    def detect(self, footage: Footage, threshold: float) -> Iterator[Sequence[Detection]]:
        """Look at frames one by one; see :class:`Detector`.

        Args:
            footage: The shot.
            threshold: Boxes are left out whose score is not above.

        Yields:
            The boxes of each frame that was to be looked at.

        Raises:
            BackendError: ONNX Runtime failed.
        """
        names = self._network.labels
        for index in footage.looked_at:
            found = self._network.detect(footage.frame(index), threshold, self._options.nms_iou)
            rows = zip(*(values.tolist() for values in found), strict=True)
            yield [Detection(tuple(box), score, names[number]) for box, score, number in rows]
