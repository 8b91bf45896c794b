"""Checkpoints of LaMa in all the forms that are in circulation."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml

from multiplane.core.errors import WeightsError
from multiplane.networks.checkpoint import Checkpoint, misfits, open_checkpoint
from multiplane.networks.lama.generator import LamaGenerator

logger = logging.getLogger(__name__)

_CONFIG, _WEIGHTS = "config.yaml", "models/best.ckpt"
_SUFFIXES = {".safetensors", ".ckpt", ".pth", ".pt"}
_PREFIXES = ("", "generator.", "model.generator.")
"""Before ``model.<i>``: a plain state dict, Lightning, the TorchScript file."""
_FIRST = "model.1.ffc.convl2l.weight"
_COUNTER = ".num_batches_tracked"
_MOST_BLOCKS, _MOST_WIDTH = 64, 128
_MOST_CONFIG_BYTES = 2**20


def load_lama(path: Path) -> LamaGenerator:
    """Load a generator.

    How many blocks and channels it has is read from the weights. Everything else of a training
    (discriminator, losses, averages, optimizer) is left aside; nothing of the file is run.

    Args:
        path: A folder with ``config.yaml`` and ``models/best.ckpt``, or with one file of weights;
            or the file: Lightning or a plain state dict (.ckpt, .pth, .pt), safetensors, or the
            TorchScript file in circulation.

    Returns:
        The network: float32, on the CPU, for use (``eval``, no gradients for its weights).

    Raises:
        WeightsError: Absent, damaged, a pickle that would run code, or of another network: then
            it says what is missing, what is extra and which shapes differ.
    """
    file = weights_file(path)
    checkpoint = open_checkpoint(file)
    prefix = _prefix(checkpoint)
    shapes = {
        name.removeprefix(prefix): shape
        for name, shape in checkpoint.shapes.items()
        if name.startswith(prefix)
    }
    with torch.device("meta"):
        generator = _of_size(shapes, file)
    wanted = {name: tuple(value.shape) for name, value in generator.state_dict().items()}
    # counters of training steps, which nothing reads in use: some conversions leave them out
    counters = [name for name in wanted if name.endswith(_COUNTER) and name not in shapes]
    _check(shapes | dict.fromkeys(counters, ()), wanted, file)
    _compare_config(file, generator)
    read = checkpoint.read(prefix + name for name in wanted if name not in counters)
    state = {name.removeprefix(prefix): value for name, value in read.items()}
    state |= {name: torch.zeros((), dtype=torch.int64) for name in counters}
    generator.load_state_dict(
        {name: _number(state[name], name, file) for name in wanted}, strict=True, assign=True
    )
    logger.info(
        "LaMa from %s (%s): %d blocks, width %d", file, checkpoint.kind, generator.blocks,
        generator.width,
    )  # fmt: skip
    return generator.eval().requires_grad_(False)


def weights_file(path: Path) -> Path:
    """The file with the weights.

    Args:
        path: It, or the folder it lies in.

    Returns:
        The file: of a folder ``models/best.ckpt``, or else the only one with weights.

    Raises:
        WeightsError: A folder without any, or with several.
    """
    if not path.is_dir():
        return path
    if (path / _WEIGHTS).is_file():
        return path / _WEIGHTS
    found = sorted(
        file
        for folder in (path, path / "models")
        if folder.is_dir()
        for file in folder.iterdir()
        if file.suffix in _SUFFIXES
    )
    if len(found) == 1:
        return found[0]
    there = ", ".join(str(file.relative_to(path)) for file in found[:5])
    raise WeightsError(
        f"{path} holds {len(found)} files with weights" + (f": {there}" if there else ""),
        why=f"a folder of LaMa has {_CONFIG} and {_WEIGHTS}, or one file with weights",
        fix="name the file with the weights" if found else f"put best.ckpt at {path / _WEIGHTS}",
    )


def _prefix(checkpoint: Checkpoint) -> str:
    """What stands before the names of the generator.

    Raises:
        WeightsError: There is no generator of this kind.
    """
    for prefix in _PREFIXES:
        if prefix + _FIRST in checkpoint.shapes:
            return prefix
    names = list(checkpoint.shapes)
    some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    raise WeightsError(
        f"{checkpoint.path} holds no generator of LaMa: 1 missing: {_FIRST}",
        why=f"only LaMa is read here, and its tensors are {some or 'none'}",
        fix=_fix(),
    )


def _of_size(shapes: Mapping[str, tuple[int, ...]], file: Path) -> LamaGenerator:
    """A generator as large as the weights say.

    Raises:
        WeightsError: They say what no LaMa is.
    """
    width = shapes[_FIRST][0] if shapes[_FIRST] else 0
    blocks = len({m[1] for name in shapes if (m := re.match(r"model\.(\d+)\.conv1\.ffc\.", name))})
    if not (1 <= blocks <= _MOST_BLOCKS and 1 <= width <= _MOST_WIDTH):
        raise WeightsError(
            f"{file} holds a generator of {blocks} blocks and width {width}",
            why=f"1 to {_MOST_BLOCKS} blocks and widths to {_MOST_WIDTH} are known; "
            "big-lama has 18 and 64",
            fix=_fix(),
        )
    return LamaGenerator(blocks, width)


def _check(
    got: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]], file: Path
) -> None:
    """Compare names and shapes.

    Raises:
        WeightsError: They differ.
    """
    told = misfits(got, wanted)
    if told:
        raise WeightsError(
            f"the weights in {file} do not fit LamaGenerator: {told}",
            why="the file is of another network, or of another kind of LaMa",
            fix=_fix(),
        )


def _number(value: torch.Tensor, name: str, file: Path) -> torch.Tensor:
    """Weights as float32, counters as int64.

    Raises:
        WeightsError: There is one that is no number.
    """
    if name.endswith(_COUNTER):
        return value.to(torch.int64)
    if not torch.isfinite(value).all():
        raise WeightsError(
            f"{name} in {file} holds values that are no numbers",
            why="the file is damaged or its training failed; everything painted would be black",
            fix=_fix(),
        )
    return value.to(torch.float32)


def _compare_config(file: Path, generator: LamaGenerator) -> None:
    """Compare the weights with the config.yaml of their training, where it lies beside them.

    Its ``${...}`` are text to us; what is said by one is not compared.

    Raises:
        WeightsError: It is the config of another network.
    """
    places = [file.parent / _CONFIG, file.parent.parent / _CONFIG]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return
    told = _generator_of(path)
    wanted = {
        "kind": "ffc_resnet",
        "n_blocks": generator.blocks,
        "ngf": generator.width,
        "n_downsampling": 3,
        "add_out_act": "sigmoid",
    }
    for key, want in wanted.items():
        got = told.get(key, want)
        if got != want and not (isinstance(got, str) and got.startswith("${")):
            raise WeightsError(
                f"{path} says generator.{key}: {got!r:.80}, the weights in {file} want {want!r}",
                why="config and weights are of different networks",
                fix=f"put the {_CONFIG} of these weights there, or remove it: it is not needed",
            )


def _generator_of(path: Path) -> Mapping[str, Any]:
    """What a config says of the generator; nothing where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8") if path.stat().st_size <= _MOST_CONFIG_BYTES else ""
        # a few aliases of aliases would fill the memory; OmegaConf writes none
        aliased = any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text))
        config = None if aliased else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        logger.warning("%s is not compared with the weights: %s", path, type(error).__name__)
        return {}
    if aliased:
        logger.warning("%s is not compared with the weights: it has aliases", path)
    part = config.get("generator") if isinstance(config, dict) else None
    return part if isinstance(part, dict) else {}


def _fix() -> str:
    return (
        "name big-lama, LaMa-Fourier or a fine-tune of them (folder with "
        f"{_CONFIG} and {_WEIGHTS}, .ckpt, .pth, .safetensors, or big-lama.pt)"
    )
