"""What words mean to a UNet: as diffusers' pipelines tell it, and what did not fit is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch

from multiplane.core.errors import BackendError
from multiplane.networks.diffusion.loaded import Diffusion
from multiplane.tensors.memory import fell_short

_AESTHETIC, _NEGATIVE_AESTHETIC = 6.0, 2.5
"""Scores that SDXL's refiner was shown; what diffusers takes when nobody says."""


class Words(NamedTuple):
    """A prompt as keyword arguments of a UNet.

    Attributes:
        conditional: ``encoder_hidden_states`` (1, T, C); of SDXL ``added_cond_kwargs`` too, with
            ``text_embeds`` (1, P) and ``time_ids`` (1, 6).
        unconditional: The same for what to keep away from; None where nothing is guided.
        cut: The words of the prompt that did not fit; empty where all did.
        negative_cut: The same of the negative prompt.
    """

    conditional: dict[str, Any]
    unconditional: dict[str, Any] | None
    cut: str
    negative_cut: str = ""

    def notes(self) -> list[str]:
        """What the user should know, in sentences."""
        parts = {"prompt": self.cut, "negative prompt": self.negative_cut}
        return [
            f"the {name} is too long for the model, which reads its first 75 or so tokens (a "
            f"Chinese character is two or three); left out: {words!r}"
            for name, words in parts.items()
            if words
        ]


def encode(
    diffusion: Diffusion,
    prompt: str,
    negative_prompt: str,
    guided: bool,
    size: tuple[int, int],
    crops: tuple[int, int] = (0, 0),
) -> Words:
    """Turn words into what a UNet of SD 1.5, SD 2 or SDXL heeds.

    Args:
        diffusion: The pipeline; its text encoders run where they are.
        prompt: What to paint; may be empty.
        negative_prompt: What to keep away from; may be empty.
        guided: Whether the second of both is needed at all.
        size: Height and width that are painted, px; heeded by SDXL alone.
        crops: Where in a larger picture they lie, px from top and left; SDXL too.

    Returns:
        What to hand to the UNet, on the device of the pipeline.

    Raises:
        BackendError: A tokenizer or an encoder failed.
    """
    pipeline = diffusion.pipeline
    pairs = _encoders(pipeline)
    try:
        with torch.inference_mode():
            told = _read(diffusion, pairs, prompt)
            kept_away = _read(diffusion, pairs, negative_prompt) if guided else None
    except Exception as error:
        if fell_short(error):
            raise
        raise BackendError(
            f"the prompt {prompt!r:.60} could not be encoded",
            why=f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}",
            fix="--prompt with plain words, or an empty one",
        ) from error
    if kept_away and diffusion.xl and _zeros(pipeline, negative_prompt):
        kept_away = _Read(
            torch.zeros_like(kept_away.states), torch.zeros_like(kept_away.pooled), ""
        )
    return Words(
        _conditions(diffusion, told, size, crops, _AESTHETIC),
        _conditions(diffusion, kept_away, size, crops, _NEGATIVE_AESTHETIC) if kept_away else None,
        told.cut,
        kept_away.cut if kept_away else "",
    )


class _Read(NamedTuple):
    states: torch.Tensor
    pooled: torch.Tensor
    """(1, P); of a pipeline without a projection (1, 0)."""
    cut: str


def _encoders(pipeline: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401
    """Tokenizers and encoders; SDXL has two of each, its refiner only the second."""
    names = (("tokenizer", "text_encoder"), ("tokenizer_2", "text_encoder_2"))
    pairs = [(getattr(pipeline, one, None), getattr(pipeline, two, None)) for one, two in names]
    return [(one, two) for one, two in pairs if one is not None and two is not None]


def _read(diffusion: Diffusion, pairs: Sequence[tuple[Any, Any]], text: str) -> _Read:
    """What the encoders say, next to each other; the pooled one is the last one's."""
    device = diffusion.memory.device
    states, cuts = [], []
    pooled = torch.zeros((1, 0), device=device)
    dtype = pairs[-1][1].dtype
    for tokenizer, encoder in pairs:
        ids, mask, cut = _tokens(tokenizer, encoder, text)
        how: dict[str, Any] = {"attention_mask": None if mask is None else mask.to(device)}
        if diffusion.xl:
            said = encoder(ids.to(device), output_hidden_states=True, **how)
            states.append(said.hidden_states[-2])
            pooled = said[0] if said[0].ndim == 2 else pooled
        else:
            states.append(encoder(ids.to(device), **how)[0])
        cuts.append(cut)
    joined = torch.cat(states, dim=-1).to(dtype=dtype, device=device)
    return _Read(joined, pooled.to(device), max(cuts, key=len))


def _tokens(
    tokenizer: Any, encoder: Any, text: str  # noqa: ANN401
) -> tuple[torch.Tensor, torch.Tensor | None, str]:  # fmt: skip
    """Numbers (1, T), filled up; their mask where the encoder wants one; and what did not fit."""
    room = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
    made = tokenizer(
        text, padding="max_length", max_length=room, truncation=True, return_tensors="pt"
    )
    whole = tokenizer(text, truncation=False, verbose=False, return_offsets_mapping=True)
    masked = getattr(encoder.config, "use_attention_mask", False)
    cut = ""
    if len(whole["input_ids"]) > room:
        # the last place is the end mark's; the first letter of which a byte is left out goes too
        start = whole["offset_mapping"][room - 1][0]
        cut = text[start:].strip()
    return made["input_ids"], made["attention_mask"] if masked else None, cut


def _zeros(pipeline: Any, negative_prompt: str) -> bool:  # noqa: ANN401
    """Whether nothing to keep away from is zeros rather than what the encoder makes of nothing."""
    return not negative_prompt and bool(
        getattr(pipeline.config, "force_zeros_for_empty_prompt", False)
    )


def _conditions(
    diffusion: Diffusion,
    read: _Read,
    size: tuple[int, int],
    crops: tuple[int, int],
    aesthetic: float,
) -> dict[str, Any]:
    made: dict[str, Any] = {"encoder_hidden_states": read.states}
    if not diffusion.xl:
        return made
    scored = getattr(diffusion.pipeline.config, "requires_aesthetics_score", False)
    last: Sequence[float] = (aesthetic,) if scored else size
    ids = torch.tensor([[*size, *crops, *last]], dtype=read.states.dtype, device=read.states.device)
    added: Mapping[str, torch.Tensor] = {"text_embeds": read.pooled, "time_ids": ids}
    return made | {"added_cond_kwargs": dict(added)}
