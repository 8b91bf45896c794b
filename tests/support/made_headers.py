"""Files with the header of a safetensors file, and zeros for numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

FIRST = "model.diffusion_model.input_blocks.0.0.weight"
WORDS = {
    "sd15": "cond_stage_model.transformer.text_model.final_layer_norm.weight",
    "sd2": "cond_stage_model.model.ln_final.weight",
    "sdxl": "conditioner.embedders.1.model.ln_final.weight",
    "refiner": "conditioner.embedders.0.model.ln_final.weight",
}


def write_header(
    path: Path, shapes: Mapping[str, Sequence[int]], cut: int = 0, more: bytes = b""
) -> Path:
    """Write one: as many float32 as the first side of each shape says, less what is cut off."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, shape in shapes.items():
        size = 4 * shape[0]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [place, place + size]}
        place += size
    text = json.dumps(header).encode()
    numbers = bytes(place)[: place - cut] + more
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers)
    return path
