"""SAM 3 asked in words: every object in a picture that a phrase describes.

Carion et al., SAM 3: Segment Anything with Concepts, 2025 (https://arxiv.org/abs/2511.16719). The
detector half of the published checkpoint; the half that takes points is
:mod:`multiplane.networks.sam.image`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from transformers import CLIPTokenizer, Sam3Model

from multiplane.core.arrays import Frame, Mask, check_frame
from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError, ConfigError, InputError, WeightsError
from multiplane.networks.pretrained import load_pretrained
from multiplane.networks.sam.folder import kind_of, open_processor
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory, fell_short
from multiplane.tensors.precision import computing, pick_dtype

LONGEST = 32
"""Tokens of a phrase, its beginning and end included: what the text encoder was trained on."""
TRACKER_ONLY = ("tracker_model.", "tracker_neck.")
_TAKE_WORDS = ("sam3", "sam3_video")
_TOKENS = (("tokenizer.json",), ("vocab.json", "merges.txt"))


@dataclass(frozen=True, eq=False)
class Found:
    """An object that a phrase describes.

    Attributes:
        mask: bool (H, W) of the picture.
        score: How sure the network is, in [0, 1].
    """

    mask: Mask
    score: float


class TextSam:
    """The part of SAM 3 that takes words, on its device. Made by :func:`open_text_sam`.

    Attributes:
        device: Where it runs.
        memory: Of that device.
    """

    def __init__(
        self, model: Any, processor: Any, tokenizer: Any, memory: Memory, dtype: torch.dtype,  # noqa: ANN401
    ) -> None:  # fmt: skip
        """Move a network to its device.

        Args:
            model: Sam3Model.
            processor: The image processor that belongs to it.
            tokenizer: The tokenizer that belongs to it.
            memory: Of the device where it runs.
            dtype: What it computes with.
        """
        self.memory, self.device = memory, memory.device
        self._model, self._dtype = memory.take(model), dtype
        self._processor, self._tokenizer = processor, tokenizer

    def find(self, frame: Frame, texts: Sequence[str], threshold: float = 0.5) -> list[list[Found]]:
        """Look for what phrases describe.

        Args:
            frame: (H, W, 3) RGB; encoded once.
            texts: Phrases: ``boy in a red shirt``.
            threshold: Objects that the network is not surer of are left out.

        Returns:
            Of each phrase the objects, the surest first.

        Raises:
            BackendError: The network failed. Falling short of memory stays what it is, for
                :class:`~multiplane.tensors.memory.Memory` to answer.
        """
        check_frame(frame)
        asked = [self._tokens(text) for text in texts]
        image = torch.from_numpy(np.ascontiguousarray(frame)).to(self.device).permute(2, 0, 1)
        ready = self._processor([image], input_data_format="channels_first", return_tensors="pt")
        try:
            with computing(self.device, self._dtype):
                seen = self._model.get_vision_features(ready["pixel_values"].to(self.device))
                answers = [self._model(vision_embeds=seen, **tokens) for tokens in asked]
        except Exception as error:
            if fell_short(error):
                raise
            raise BackendError(
                f"the network failed at looking for {', '.join(map(repr, texts))}",
                why=f"{type(error).__name__}: {str(error).split(chr(10))[0]}",
                fix="multiplane doctor",
            ) from error
        return [_read(answer, (frame.shape[0], frame.shape[1]), threshold) for answer in answers]

    def _tokens(self, text: str) -> dict[str, torch.Tensor]:
        """A phrase as the text encoder takes it.

        Raises:
            InputError: It is empty or too long.
        """
        tokens = self._tokenizer(
            text, return_tensors="pt", padding="max_length", max_length=LONGEST
        )
        count = int(tokens["attention_mask"].sum())
        if not text.strip() or tokens["input_ids"].shape[1] > LONGEST:
            raise InputError(
                f"{text!r} is a phrase of {count} tokens, wanted 3 to {LONGEST}",
                why="the network knows phrases that name things, not sentences or nothing",
                fix="name it in a few words: --text 'boy in a red shirt'",
            )
        return {name: tokens[name].to(self.device) for name in ("input_ids", "attention_mask")}


def open_text_sam(folder: Path, compute: Compute | None = None) -> TextSam:
    """Open the part of SAM 3 that takes words.

    CUDA that is not there is a :class:`~multiplane.core.errors.ConfigError` too.

    Args:
        folder: Holds config.json, model.safetensors, an image processor and a tokenizer: the
            repository of SAM 3 on this machine.
        compute: Where it runs and what it computes with.

    Returns:
        The network, on its device.

    Raises:
        ConfigError: The folder holds a network that takes no words.
        WeightsError: A file is absent or damaged.
    """
    compute = compute or Compute()
    device = pick_device(compute.device)
    kind = kind_of(folder)
    if kind not in _TAKE_WORDS:
        raise ConfigError(
            f"{folder} holds {kind!r}, which takes no words",
            why="SAM 2.1, EdgeTAM and the tracker of SAM 3 take points, boxes and masks",
            fix="point at it with --boxes or --points, or take --backend sam3 with its weights",
        )
    if not any(all((folder / name).is_file() for name in names) for names in _TOKENS):
        raise WeightsError(
            f"{folder} has no tokenizer",
            why="it turns words into what the network reads",
            fix=f"put the tokenizer.json that came with the weights into {folder}",
        )
    try:
        tokenizer = CLIPTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:
        raise WeightsError(
            f"{folder} has no readable tokenizer: {str(error).split(chr(10))[0]}",
            why="it turns words into what the network reads",
            fix=f"put the tokenizer.json that came with the weights into {folder}",
        ) from error
    model = load_pretrained(Sam3Model, folder, ignore_extra=TRACKER_ONLY)
    dtype = pick_dtype(compute.precision, device)
    memory = Memory(device, compute.max_vram_gb)
    return TextSam(model, open_processor(folder), tokenizer, memory, dtype)


def _read(answer: Any, shape: tuple[int, int], threshold: float) -> list[Found]:  # noqa: ANN401
    """Objects out of queries: how sure it is of each, times how sure that there is any at all."""
    scores = answer.pred_logits[0].float().sigmoid() * answer.presence_logits[0].float().sigmoid()
    order = scores.argsort(descending=True, stable=True)
    found = []
    for number in order[scores[order] > threshold].tolist():
        share = answer.pred_masks[0, number].float().sigmoid()[None, None]
        large = F.interpolate(share, shape, mode="bilinear", align_corners=False)[0, 0]
        mask = np.asarray((large > 0.5).cpu().numpy(), np.bool_)
        if mask.any():
            found.append(Found(mask, float(scores[number])))
    return found
