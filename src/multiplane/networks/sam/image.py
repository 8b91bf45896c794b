"""SAM on single pictures: a picture is encoded once, then asked as often as one likes.

Kirillov et al., Segment Anything, 2023 (https://arxiv.org/abs/2304.02643); Ravi et al., SAM 2,
2024 (https://arxiv.org/abs/2408.00714); Zhou et al., EdgeTAM, 2025
(https://arxiv.org/abs/2501.07256); Carion et al., SAM 3, 2025 (https://arxiv.org/abs/2511.16719).
The networks are those of transformers; preprocessing is done by the folder's own processor, on the
device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, check_frame
from multiplane.core.errors import BackendError, InputError
from multiplane.tensors.memory import Memory, fell_short
from multiplane.tensors.precision import computing

PADDING = -10
"""Label of a point that is none: prompts of one batch have as many points each."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """What the network keeps of one picture.

    Attributes:
        levels: (1, C, h, w) each, from fine to coarse, on the device.
        size: (width, height) of the picture, px; prompts are in these.
    """

    levels: tuple[torch.Tensor, ...]
    size: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Decoded:
    """What the network says to N prompts, M masks each; on the device, float32.

    Attributes:
        logits: (N, M, h, w), small; above 0 is the object. They cover the whole picture.
        iou: (N, M), how well the network believes each mask to fit.
        object_score: (N,), logit of there being an object at all.
    """

    logits: torch.Tensor
    iou: torch.Tensor
    object_score: torch.Tensor


class ImageSam:
    """The image part of a SAM, on its device. Made by :func:`open_image_sam`.

    Attributes:
        model: The network of transformers.
        family: ``sam2``, ``edgetam`` or ``sam3``.
        device: Where it runs.
        memory: Of that device.
        dtype: What it computes with; weights stay float32.
        side_px: Of the square it looks at.
        low_px: Side of the logits, and of masks that are handed in.
    """

    def __init__(
        self, model: Any, processor: Any, family: str, memory: Memory, dtype: torch.dtype,  # noqa: ANN401
    ) -> None:  # fmt: skip
        """Move a network to its device.

        Args:
            model: Sam2Model, EdgeTamModel or Sam3TrackerModel.
            processor: The image processor that belongs to it.
            family: ``sam2``, ``edgetam`` or ``sam3``.
            memory: Of the device where it runs.
            dtype: What it computes with.

        A network that the device has no room for is a
        :class:`~multiplane.core.errors.BackendError`.
        """
        self.model = memory.take(model)
        self.family, self.memory, self.dtype = family, memory, dtype
        self.device = memory.device
        self.side_px = int(model.config.prompt_encoder_config.image_size)
        self.low_px = int(model.prompt_encoder.mask_input_size[0])
        self._processor = processor

    def encode(self, frames: Sequence[Frame]) -> list[Embedding]:
        """Encode pictures, all of them in one batch.

        Args:
            frames: (H, W, 3) RGB each; sizes may differ.

        Returns:
            One a picture.

        Raises:
            BackendError: The network failed. Falling short of memory stays what it is, for
                :class:`~multiplane.tensors.memory.Memory` to answer.
        """
        if not frames:
            return []
        sizes = [(frame.shape[1], frame.shape[0]) for frame in map(check_frame, frames)]
        try:
            with computing(self.device, self.dtype):
                levels = self.model.get_image_embeddings(self.prepare(frames))
        except Exception as error:
            if fell_short(error):
                raise
            raise BackendError(
                f"the network failed at encoding {len(frames)} frames",
                why=_reason(error),
                fix="multiplane doctor",
            ) from error
        return [
            Embedding(tuple(level[n : n + 1] for level in levels), size)
            for n, size in enumerate(sizes)
        ]

    def prepare(self, frames: Sequence[Frame]) -> torch.Tensor:
        """Bring pictures to what the network looks at, as the folder's processor says.

        Args:
            frames: (H, W, 3) RGB each.

        Returns:
            (B, 3, side, side) on the device. As in training the whole picture is squeezed into a
            square, whatever its shape.
        """
        images = [  # bytes travel, not floats; said to be planes, since 3 px may be rows too
            torch.from_numpy(np.ascontiguousarray(frame)).to(self.device).permute(2, 0, 1)
            for frame in frames
        ]
        ready = self._processor(images, input_data_format="channels_first", return_tensors="pt")
        values: torch.Tensor = ready["pixel_values"]
        return values.to(self.device)

    def decode(
        self, embedding: Embedding, *, points: NDArray[Any] | None = None,
        labels: NDArray[Any] | None = None, boxes: NDArray[Any] | None = None,
        masks: torch.Tensor | None = None, multimask: bool = True,
    ) -> Decoded:  # fmt: skip
        """Ask for N objects at once.

        Args:
            embedding: Of the picture.
            points: (N, P, 2), (x, y) in px of the picture.
            labels: (N, P): 1 on the object, 0 beside it, :data:`PADDING` no point. Left out, all
                are on it.
            boxes: (N, 4), (x0, y0, x1, y1) in px of the picture.
            masks: (N, h, w) logits of rough masks, for instance of an earlier answer; brought to
                the size of logits.
            multimask: Whether three masks are wanted for each prompt, for when it can mean
                several things, or one.

        Returns:
            The answers, in the order of the prompts.

        Raises:
            InputError: No prompt, or prompts of different number.
            BackendError: The network failed.
        """
        count = _count(points, labels, boxes, masks)
        levels = list(embedding.levels)
        asked: dict[str, torch.Tensor] = {}
        if points is not None:
            spots = self._scale(points, embedding.size)
            told = np.ones(points.shape[:2]) if labels is None else labels
            where = torch.from_numpy(np.ascontiguousarray(told, dtype=np.int64)).to(self.device)
            asked |= {"input_points": spots[None], "input_labels": where[None]}
        if boxes is not None:
            corners = self._scale(boxes.reshape(-1, 2, 2), embedding.size)
            asked["input_boxes"] = corners.reshape(1, -1, 4)
        if masks is not None:  # one picture a prompt: masks are added to pictures, not to prompts
            levels = [level.expand(count, -1, -1, -1) for level in levels]
            asked = {name: value.transpose(0, 1) for name, value in asked.items()}
            asked["input_masks"] = masks.to(self.device, torch.float32)[:, None]
        try:
            with computing(self.device, self.dtype):
                answer = self.model(image_embeddings=levels, multimask_output=multimask, **asked)
        except Exception as error:
            if fell_short(error):
                raise
            raise BackendError(
                f"the network failed at decoding {count} prompts",
                why=_reason(error),
                fix="multiplane doctor",
            ) from error
        return Decoded(
            answer.pred_masks.float().flatten(0, 1),
            answer.iou_scores.float().flatten(0, 1),
            answer.object_score_logits.float().reshape(count),
        )

    def _scale(self, spots: NDArray[Any], size: tuple[int, int]) -> torch.Tensor:
        """(..., 2) px of the picture to px of the square, with the processor's own arithmetic."""
        scale = torch.tensor([self.side_px / size[0], self.side_px / size[1]])
        return (torch.from_numpy(np.asarray(spots, dtype=np.float32)) * scale).to(self.device)


def _count(*prompts: NDArray[Any] | torch.Tensor | None) -> int:
    """How many prompts there are.

    Raises:
        InputError: None, or of different number.
    """
    counts = {len(prompt) for prompt in prompts if prompt is not None}
    if len(counts) != 1 or 0 in counts:
        raise InputError(
            f"points, labels, boxes and masks of {sorted(counts) or 'no'} prompts, wanted as many "
            "of each, one at least",
            why="each prompt is one object, told by a point, a box or a mask",
            fix="give points (N, P, 2), labels (N, P), boxes (N, 4), masks (N, h, w) of one N",
        )
    return counts.pop()


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).split(chr(10))[0]}"
