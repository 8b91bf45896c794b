"""Set detectors of transformers: D-FINE and RF-DETR, with the processors they come with.

D-FINE: Peng et al. 2024 (https://arxiv.org/abs/2410.13842). RF-DETR: Robinson et al. 2025
(https://arxiv.org/abs/2511.09554). Both give a fixed number of boxes a picture, each with a
score for every class; none of them needs non-maximum suppression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import (
    DFineForObjectDetection,
    RfDetrForObjectDetection,
    RfDetrImageProcessor,
    RTDetrImageProcessor,
)

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError, WeightsError
from multiplane.networks.pretrained import PREPROCESSOR, load_pretrained, load_processor
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory, fell_short
from multiplane.tensors.precision import computing, pick_dtype

Family: TypeAlias = Literal["d_fine", "rf_detr"]

MAX_SIDE_PX = 4096
"""A processor that scales pictures up beyond this is damaged or malicious."""
BATCH_CUDA, BATCH_CPU = 16, 2

_FAMILIES: dict[str, tuple[Any, Any, frozenset[str]]] = {
    "d_fine": (DFineForObjectDetection, RTDetrImageProcessor, frozenset()),
    "rf_detr": (
        RfDetrForObjectDetection,
        RfDetrImageProcessor,
        frozenset({"DetrImageProcessor", "DeformableDetrImageProcessor"}),
    ),
}
"""Network, processor, and what else files call processors that do the same."""


@dataclass(frozen=True)
class Found:
    """The boxes of one picture, the surest first.

    Attributes:
        boxes: float32 (N, 4), xyxy in px of the picture; they may reach out of it.
        scores: float32 (N,) in [0, 1].
        classes: int64 (N,).
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]


class SetDetector:
    """A loaded network with its processor.

    Attributes:
        labels: Class → its name.
        memory: Of the device it runs on.
    """

    def __init__(self, family: Family, folder: Path, compute: Compute | None = None) -> None:
        """Load the network.

        Args:
            family: Which network it is.
            folder: Holds config.json, model.safetensors and preprocessor_config.json.
            compute: Where and how it runs.

        Raises:
            WeightsError: A file is absent, damaged, or of another network.
            ConfigError: The device is not there.
        """
        compute = compute or Compute()
        model_class, processor_class, known_as = _FAMILIES[family]
        device = pick_device(compute.device)
        model = load_pretrained(model_class, folder)
        self._processor = load_processor(processor_class, folder, known_as)
        _check_sides(self._processor, folder)
        self.labels: Mapping[int, str] = {
            int(number): str(name) for number, name in model.config.id2label.items()
        }
        if not getattr(model.config, "use_focal_loss", True):
            raise WeightsError(
                f"{folder} holds scores that compete with each other (use_focal_loss: false)",
                why="all published weights hold a score a class; others would be misread",
                fix="use weights of: multiplane models list",
            )
        # auto: in half the digits boxes of a wide frame are off by some px, and little is won
        precision = "fp32" if compute.precision == "auto" else compute.precision
        self._dtype = pick_dtype(precision, device)
        self.memory = Memory(device, compute.max_vram_gb)
        self._model = self.memory.take(model)
        self._batch = compute.batch_size or (BATCH_CUDA if device.type == "cuda" else BATCH_CPU)

    @property
    def batch(self) -> int:
        """How many pictures it is best given at once."""
        return self._batch

    def detect(self, frames: Sequence[Frame], threshold: float) -> list[Found]:
        """Look at some pictures; in smaller batches where memory falls short.

        Args:
            frames: (H, W, 3) each.
            threshold: Boxes are left out whose score is not above.

        Returns:
            What was found in each.

        Raises:
            BackendError: The library failed, or memory is too small for one.
        """

        def work(some: Sequence[Frame]) -> list[Found]:
            return self._look(some, threshold)

        return list(self.memory.batched(work, frames, self._batch, "frames"))

    def _look(self, frames: Sequence[Frame], threshold: float) -> list[Found]:
        """One batch.

        Raises:
            BackendError: The library failed.
        """
        try:
            told = self._read(frames, threshold)
        except Exception as error:
            if fell_short(error) or isinstance(error, BackendError):
                raise
            raise BackendError(
                f"{type(self._model).__name__} failed on a batch of {len(frames)}",
                why=f"{type(error).__name__}: {str(error).strip().splitlines()[0][:300]}",
                fix="--device cpu --precision fp32, or another model: multiplane models list",
            ) from error
        return [
            Found(one["boxes"].numpy(), one["scores"].numpy(), one["labels"].numpy())
            for one in told
        ]

    def _read(self, frames: Sequence[Frame], threshold: float) -> list[dict[str, torch.Tensor]]:
        """Through the processor, the network, and the processor's own reading of it.

        Raises:
            BackendError: The network gave no numbers.
        """
        device = self.memory.device
        inputs = self._processor(
            images=list(frames),
            input_data_format="channels_last",  # a frame of three lines looks like channels first
            return_tensors="pt",
            device=device,
        )
        with computing(device, self._dtype):
            made = self._model(**inputs.to(device))
        # a half has too few digits for px: it is read in float32
        logits, boxes = made.logits.float().cpu(), made.pred_boxes.float().cpu()
        if not (torch.isfinite(logits).all() and torch.isfinite(boxes).all()):
            raise BackendError(
                f"{type(self._model).__name__} gave values that are no numbers",
                why=f"weights that are damaged, or numbers beyond what {self._dtype} holds",
                fix="--precision fp32; if that does not help, fetch the weights again",
            )
        made.logits, made.pred_boxes = logits, boxes
        sizes = [frame.shape[:2] for frame in frames]
        read: list[dict[str, torch.Tensor]] = self._processor.post_process_object_detection(
            made, threshold=threshold, target_sizes=sizes
        )
        return read


def _check_sides(processor: Any, folder: Path) -> None:  # noqa: ANN401
    """See to what size pictures are scaled.

    Raises:
        WeightsError: It is none that a network was trained at.
    """
    sides = [side for side in dict(processor.size).values() if side is not None]
    if not sides or not all(isinstance(side, int) and 0 < side <= MAX_SIDE_PX for side in sides):
        path = folder / PREPROCESSOR
        raise WeightsError(
            f"{path} scales pictures to {sides}, wanted 1 to {MAX_SIDE_PX} px",
            why="the network's memory grows with the square of it",
            fix=f"put the {PREPROCESSOR} that came with the weights at {path}",
        )
