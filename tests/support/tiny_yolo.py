"""An ONNX file laid out like YOLOv8's, written byte by byte: no package is needed for it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

LABELS = {0: "person", 1: "dog", 2: "traffic light"}
SIDE_PX = 64


def save_yolo(
    path: Path, rows: Sequence[Sequence[float]], names: str = str(LABELS), side_px: int = SIDE_PX,
    **metadata: str,
) -> Path:  # fmt: skip
    """An ONNX file laid out as Ultralytics' export lays it out, which always says the same.

    Args:
        path: Where to write it.
        rows: Centre, size and a score a class of each box, in px of the letterbox.
        names: What the metadata say of the classes.
        side_px: The side of its input.
        metadata: More metadata.
    """
    told = np.asarray(rows, np.float32).T[None]
    picture = _value("images", [1, 3, side_px, side_px])
    made = _value("output0", list(told.shape))
    nothing = _node("ReduceMin", ["images"], ["low"], keepdims=0)
    zero = _node("Sub", ["low", "low"], ["zero"])
    sums = _node("Add", ["told", "zero"], ["output0"])
    graph = _text(2, "tiny")
    graph = b"".join([*(_bytes(1, node) for node in (nothing, zero, sums)), graph])
    graph += _bytes(5, _tensor("told", told)) + _bytes(11, picture) + _bytes(12, made)
    model = _int(1, 8) + _bytes(7, graph) + _bytes(8, _int(2, 13))
    for key, value in {"names": names, **metadata}.items():
        model += _bytes(14, _text(1, key) + _text(2, value))
    path.write_bytes(model)
    return path


def _varint(value: int) -> bytes:
    out = b""
    while True:
        value, low = value >> 7, value & 127
        out += bytes([low | (128 if value else 0)])
        if not value:
            return out


def _int(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode())


def _value(name: str, shape: Sequence[int]) -> bytes:
    sides = b"".join(_bytes(1, _int(1, side)) for side in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _int(1, 1) + _bytes(2, sides)))


def _tensor(name: str, array: np.ndarray) -> bytes:
    sides = b"".join(_int(1, side) for side in array.shape)
    raw = struct.pack(f"<{array.size}f", *array.ravel().tolist())
    return sides + _int(2, 1) + _text(8, name) + _bytes(9, raw)


def _node(kind: str, takes: Sequence[str], gives: Sequence[str], **numbers: int) -> bytes:
    out = b"".join(_text(1, name) for name in takes) + b"".join(_text(2, name) for name in gives)
    out += _text(4, kind)
    for name, value in numbers.items():
        out += _bytes(5, _text(1, name) + _int(3, value) + _int(20, 2))
    return out
