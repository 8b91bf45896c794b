"""Checkpoints as torch has saved them since 1.6, and TorchScript: a zip with one pickle.

Nothing of the file is run: its pickle is followed (see :mod:`.opcodes`), the code of a TorchScript
archive is not even read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import torch

from multiplane.networks.checkpoint.named import named_tensors
from multiplane.networks.checkpoint.opcodes import follow
from multiplane.networks.checkpoint.strided import Strided

_PICKLE = "data.pkl"
_MOST_PICKLED_BYTES = 64 * 2**20


def list_archive(path: Path) -> dict[str, Strided]:
    """List the tensors.

    Args:
        path: A zip.

    Returns:
        Name → tensor, in the order of the file.

    Raises:
        ValueError: It is no checkpoint, or its pickle does what no checkpoint does.
        BadZipFile: It is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        return named_tensors(follow(_entry(archive, _PICKLE, _MOST_PICKLED_BYTES)))


def cut_from_archive(path: Path, tensors: Iterable[tuple[str, Strided]]) -> dict[str, torch.Tensor]:
    """Read some of them.

    Args:
        path: The zip.
        tensors: Of what :func:`list_archive` gave.

    Returns:
        Name → tensor.

    Raises:
        ValueError: Its entries are compressed or in the wrong order of bytes.
        BadZipFile: It is damaged.
    """
    found = {}
    with zipfile.ZipFile(path) as archive:
        if _folder(archive) + "byteorder" in archive.namelist():
            order = _entry(archive, "byteorder", 16)
            if order != b"little":
                raise ValueError(f"numbers are stored with the {order.decode('latin-1')} end first")
        key, numbers = None, b""
        for name, tensor in sorted(tensors, key=lambda pair: pair[1].store.key):
            if tensor.store.key != key:
                key = tensor.store.key
                numbers = _entry(archive, f"data/{key}", tensor.store.size_bytes)
            found[name] = tensor.cut(numbers)
    return found


def _folder(archive: zipfile.ZipFile) -> str:
    """The one folder of the zip in which all lies; its name is free.

    Raises:
        ValueError: There is no pickle, or several.
    """
    found = [name for name in archive.namelist() if name.endswith(f"/{_PICKLE}")]
    if len(found) != 1:
        raise ValueError(f"a zip with {len(found)} entries {_PICKLE}, wanted one")
    return found[0].removesuffix(_PICKLE)


def _entry(archive: zipfile.ZipFile, name: str, most_bytes: int) -> bytes:
    """The bytes of an entry, which never are more than the file itself has.

    Raises:
        ValueError: It is absent, compressed or too large.
    """
    try:
        entry = archive.getinfo(_folder(archive) + name)
    except KeyError as error:
        raise ValueError(f"the zip lacks {name}") from error
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed, which torch never does")
    if entry.file_size > most_bytes:
        raise ValueError(f"{name} has {entry.file_size} bytes, wanted {most_bytes} at most")
    return archive.read(entry)
