"""Any form of LaMa's weights to safetensors: nothing in it can run, and it loads the quickest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save

from multiplane.core.atomic import write_beside
from multiplane.hub.cache import sha256_of
from multiplane.networks.lama.load import load_lama, weights_file

_SAID = "__metadata__"


@dataclass(frozen=True)
class Converted:
    """What was converted.

    Attributes:
        source: The file the weights were read from.
        blocks: FFC blocks of the generator.
        width: Its channels at full size.
        tensors: How many were written.
        parameters: How many numbers were learned.
    """

    source: Path
    blocks: int
    width: int
    tensors: int
    parameters: int


def convert_lama(source: Path, target: Path) -> Converted:
    """Write the generator of a checkpoint as safetensors, under its own names ``model.*``.

    The same source gives the same bytes. The header says architecture, blocks, width, and the
    SHA-256 of the file the weights were read from.

    Args:
        source: What :func:`multiplane.networks.lama.load_lama` takes.
        target: Where to; replaced when it is there.

    Returns:
        What was converted.

    Raises:
        WeightsError: The source is absent, damaged or no LaMa.
        OutputError: The target cannot be written.
    """
    file = weights_file(source)
    generator = load_lama(source)
    weights = {name: value.contiguous() for name, value in generator.state_dict().items()}
    told = {
        "format": "pt",
        "architecture": "lama",
        "blocks": str(generator.blocks),
        "width": str(generator.width),
        "source_sha256": sha256_of(file),
    }
    header, numbers = _settled(save(weights, metadata=told))
    with write_beside(target) as part, part.open("wb") as out:
        out.write(header)
        out.write(numbers)
    return Converted(
        file, generator.blocks, generator.width, len(weights),
        sum(value.numel() for value in generator.parameters()),
    )  # fmt: skip


def _settled(data: bytes) -> tuple[bytes, memoryview]:
    """Header and numbers, what the header says in one order: the library shuffles it each time."""
    begin = 8 + int.from_bytes(data[:8], "little")
    said = json.loads(data[8:begin])
    ordered = {_SAID: dict(sorted(said.pop(_SAID).items())), **said}
    text = json.dumps(ordered, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # numbers begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text, memoryview(data)[begin:]
