"""LoRA files as the user names them: found, bounded, hashed; opened elsewhere."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from multiplane.core.errors import ConfigError, WeightsError
from multiplane.hub.cache import default_cache, remembered_sha256

SUFFIX = ".safetensors"
IN_FOLDERS = ("pytorch_lora_weights.safetensors", "adapter_model.safetensors")
"""What diffusers and peft call the file in the folder that they save."""
ADAPTER = "adapter_config.json"
"""Where peft writes down alpha; beside the file."""
MOST_BYTES = 8 * 2**30
MOST_WEIGHT = 10.0


@dataclass(frozen=True)
class LoraFile:
    """A LoRA on this machine.

    Attributes:
        path: The file.
        weight: How much of it is added; 1 as it was trained.
    """

    path: Path
    weight: float

    def sha256(self, cache: Path | None = None) -> str:
        """The SHA-256 of the file, 64 hex digits, remembered.

        Args:
            cache: Where hashes are remembered; None for the default cache.
        """
        return remembered_sha256(self.path, cache or default_cache())

    def beside(self) -> Path | None:
        """The adapter_config.json that belongs to a file of peft, if there is one."""
        path = self.path.with_name(ADAPTER)
        return path if self.path.name == IN_FOLDERS[1] and path.is_file() else None


def find_lora(spec: str) -> LoraFile:
    """Find what the user means.

    Args:
        spec: ``FILE`` or ``FILE@WEIGHT``; a folder of diffusers or peft stands for the file in it.
            What exists under the whole name is meant, even if the name has an ``@``.

    Returns:
        The file and its weight.

    Raises:
        ConfigError: The weight is out of bounds.
        WeightsError: There is no such file, or it is none of a LoRA.
    """
    name, weight = _split(spec)
    if not abs(weight) <= MOST_WEIGHT:
        raise ConfigError(
            f"LoRA {spec!r}: the weight is {weight:g}, wanted -{MOST_WEIGHT:g} to {MOST_WEIGHT:g}",
            why="beyond that nothing of the picture is left",
            fix=f"--lora {name}@1",
        )
    path = Path(name).expanduser()
    if path.is_dir():
        path = next((path / one for one in IN_FOLDERS if (path / one).is_file()), path)
    _check(spec, path)
    return LoraFile(path, weight)


def lora_fingerprint(specs: Sequence[str], cache: Path | None = None) -> str:
    """What tells LoRAs and their weights from others, whatever the files are called.

    Args:
        specs: As the user names them.
        cache: Where hashes are remembered; None for the default cache.

    Returns:
        64 hex digits; the same for the same LoRAs in any order, since they add up.

    A LoRA that is not there is a :class:`~multiplane.core.errors.WeightsError`.
    """
    marks = []
    for spec in specs:
        lora = find_lora(spec)
        config = lora.beside()
        told = remembered_sha256(config, cache or default_cache()) if config else ""
        marks.append(f"{lora.sha256(cache)} {lora.weight!r} {told}\n")
    return hashlib.sha256("".join(sorted(marks)).encode()).hexdigest()


def _split(spec: str) -> tuple[str, float]:
    """The name and the weight."""
    name, at, number = spec.rpartition("@")
    if not at or Path(spec).expanduser().exists():
        return spec, 1.0
    try:
        weight = float(number)
    except ValueError:
        return spec, 1.0
    return name, weight if math.isfinite(weight) else math.inf


def _check(spec: str, path: Path) -> None:
    """Make sure that it is a file that may be opened.

    Raises:
        WeightsError: It is not.
    """
    if path.is_dir():
        raise WeightsError(
            f"LoRA {spec!r}: the folder {path.absolute()} has none of {', '.join(IN_FOLDERS)}",
            why="a folder is taken as diffusers or peft save it",
            fix=f"name the file: --lora {path}/NAME{SUFFIX}",
        )
    if not path.is_file():
        raise WeightsError(
            f"LoRA {spec!r}: {path.absolute()} is not there",
            why="it was to be added to the model",
            fix=f"--lora FILE{SUFFIX} or --lora FILE{SUFFIX}@0.8, with a file that exists",
        )
    if path.suffix.lower() != SUFFIX:
        raise WeightsError(
            f"LoRA {spec!r} is a {path.suffix or 'file without suffix'}, wanted {SUFFIX}",
            why="other formats are pickles, which can run code",
            fix=f"take it as {SUFFIX}; those who publish LoRAs offer both",
        )
    size = path.stat().st_size
    if not 8 < size <= MOST_BYTES:
        raise WeightsError(
            f"LoRA {spec!r} has {size} bytes, wanted more than 8 and at most {MOST_BYTES}",
            why="it is empty, or a whole model",
            fix="download it again; a whole model is named by --model",
        )
