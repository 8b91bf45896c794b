"""Opens a checkpoint by what it is, not by what it is called, and runs nothing of it."""

from __future__ import annotations

import shlex
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import torch
from safetensors import SafetensorError, safe_open

from multiplane.core.errors import WeightsError
from multiplane.networks.checkpoint.archive import cut_from_archive, list_archive
from multiplane.networks.checkpoint.legacy import load_legacy
from multiplane.networks.checkpoint.opcodes import RunsCodeError

Shape: TypeAlias = tuple[int, ...]
_Reader: TypeAlias = Callable[[Iterable[str]], dict[str, torch.Tensor]]
_ZIP, _PICKLES = b"PK", (b"\x80", b"c", b"(")
_MOST_HEADER_BYTES = 100 * 2**20
_STRANGERS = {
    b"version https://git-lfs": "it is the pointer that git keeps in place of a large file",
    b"<": "it is a web page, as servers send when a download fails",
    b"\x1f\x8b": "it is compressed by gzip",
    b"\x08": "it looks like a network for ONNX",
}


@dataclass(frozen=True)
class Checkpoint:
    """The tensors of a file: their shapes at once, their numbers when they are asked for.

    Attributes:
        path: The file.
        kind: ``safetensors``, ``torch`` or ``torch, old format``.
        shapes: Name → shape, in the order of the file.
    """

    path: Path
    kind: str
    shapes: Mapping[str, Shape]
    _reader: _Reader

    def read(self, names: Iterable[str]) -> dict[str, torch.Tensor]:
        """Read tensors.

        Args:
            names: Of :attr:`shapes`.

        Returns:
            Name → tensor on the CPU, of the type it has in the file.

        Raises:
            WeightsError: The file is damaged.
        """
        try:
            return self._reader(names)
        except _FAULTS as error:
            told = _damaged(self.path, error)
            raise told from error


def open_checkpoint(path: Path) -> Checkpoint:
    """Open safetensors, what torch saved, or TorchScript.

    No pickle is loaded and no code of the file is run: pickles are followed step by step, and what
    they would call is not called. Of a training's checkpoint only its ``state_dict`` is looked at.

    Args:
        path: The file.

    Returns:
        Its tensors.

    Raises:
        WeightsError: It is absent, damaged, no checkpoint, or a pickle that would run code.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(64)
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read: {error.strerror or error}",
            why="weights were to be there",
            fix="name a file with weights, or type: multiplane models list",
        ) from error
    try:
        if _is_safetensors(begin):  # first, since its length may begin with any byte
            return _open_safetensors(path)
        if begin.startswith(_ZIP):
            return _open_archive(path)
        if begin.startswith(_PICKLES):
            return _open_legacy(path)
    except RunsCodeError as error:
        raise WeightsError(
            f"{path} is a pickle that would run code: {error}",
            why="weights are numbers and call nothing; nothing of the file was run",
            fix="do not use this file; take the weights from those who publish them",
        ) from error
    except _FAULTS as error:
        damaged = _damaged(path, error)
        raise damaged from error
    told = (why for sign, why in _STRANGERS.items() if begin.startswith(sign))
    raise WeightsError(
        f"{path} is no checkpoint",
        why=next(told, f"it begins with {begin[:16]!r}") if begin else "it is empty",
        fix="name a .safetensors, .ckpt, .pth or .pt file, downloaded whole",
    )


_FAULTS = (
    ValueError, zipfile.BadZipFile, SafetensorError, EOFError, OSError, RuntimeError, RecursionError
)  # fmt: skip


def _damaged(path: Path, error: Exception) -> WeightsError:
    if isinstance(error, zipfile.BadZipFile) and "not a zip" in str(error):
        why = "it is cut off: a zip has its directory at the end, and this has none"
    else:
        why = str(error) or type(error).__name__
    fix = f"download it again; if it is a zip of files: unzip {shlex.quote(str(path))}"
    return WeightsError(f"{path} cannot be read as a checkpoint", why=why, fix=fix)


def _is_safetensors(begin: bytes) -> bool:
    """Eight bytes that say how long the header is, and JSON."""
    length = int.from_bytes(begin[:8], "little")
    return 2 <= length <= _MOST_HEADER_BYTES and begin[8:9] == b"{"


def _open_archive(path: Path) -> Checkpoint:
    listed = list_archive(path)
    most = path.stat().st_size

    def read(names: Iterable[str]) -> dict[str, torch.Tensor]:
        chosen = [(name, listed[name]) for name in names]
        size = sum(tensor.size_bytes for _, tensor in chosen)
        if size > most:
            raise ValueError(f"it declares {size} bytes of numbers and has {most}")
        return cut_from_archive(path, chosen)

    return Checkpoint(path, "torch", {name: one.shape for name, one in listed.items()}, read)


def _open_legacy(path: Path) -> Checkpoint:
    tensors = load_legacy(path)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    return Checkpoint(
        path, "torch, old format", shapes, lambda names: {name: tensors[name] for name in names}
    )


def _open_safetensors(path: Path) -> Checkpoint:
    with safe_open(path, framework="pt") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no dictionary

    def read(names: Iterable[str]) -> dict[str, torch.Tensor]:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in names}

    return Checkpoint(path, "safetensors", shapes, read)
