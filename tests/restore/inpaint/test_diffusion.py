"""Options of diffusion: a LoRA or several, and what is out of bounds."""

from __future__ import annotations

import pytest

from multiplane.core.config import decisive, parse_options
from multiplane.core.errors import ConfigError
from multiplane.restore.inpaint.diffusion import DiffusionOptions


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("style.safetensors@0.8", ("style.safetensors@0.8",)),
        (["a.safetensors", "b.safetensors@2"], ("a.safetensors", "b.safetensors@2")),
        ("", ()),
        ([], ()),
        (None, ()),
    ],
)
def test_one_lora_stands_for_a_list_of_one(given: object, taken: tuple[str, ...]) -> None:
    assert DiffusionOptions(lora=given).lora == taken  # type: ignore[arg-type]


def test_what_only_costs_less_memory_does_nothing_again() -> None:
    plain = decisive(DiffusionOptions())
    frugal = DiffusionOptions(offload="model", attention_slicing=True, vae_tile_px=512)
    assert decisive(frugal) == plain
    assert decisive(DiffusionOptions(steps=31)) != plain


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("steps", 0), ("strength", 0), ("guidance", -1), ("size_px", 5000), ("size_px", 7),
        ("scheduler", "magic"),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"backend\.{key}"):
        parse_options(DiffusionOptions, {key: value}, "backend")
