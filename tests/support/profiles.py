"""RGB profiles of known working spaces, written tag by tag (ICC.1:2022)."""

from __future__ import annotations

import struct

ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
"""XYZ of red, green and blue, adapted to D50."""


def number(value: float) -> bytes:
    """An s15Fixed16Number."""
    return struct.pack(">i", round(value * 65536))


def gamma(value: float) -> bytes:
    """A curve of one exponent."""
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))


def table(*values: int) -> bytes:
    """A curve of equal steps, in [0, 65535]."""
    return b"curv" + bytes(4) + struct.pack(f">I{len(values)}H", len(values), *values)


def parametric(kind: int, *values: float) -> bytes:
    """One of the five functions."""
    head = b"para" + bytes(4) + struct.pack(">HH", kind, 0)
    return head + b"".join(number(value) for value in values)


def rgb_profile(
    colorants: tuple[tuple[float, float, float], ...],
    curve: bytes,
    more: dict[bytes, bytes] | None = None,
) -> bytes:
    """A display profile of three colorants that share a curve."""
    name = b"a space"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name + bytes(80),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + number(0.9642) + number(1.0) + number(0.8249),
    }
    for letter, colour in zip((b"r", b"g", b"b"), colorants, strict=True):
        tags[letter + b"XYZ"] = b"XYZ " + bytes(4) + b"".join(number(part) for part in colour)
        tags[letter + b"TRC"] = curve
    tags |= more or {}
    listed, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        listed += struct.pack(">4sII", tag, start + len(body), len(data))
        body += padded
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += number(0.9642) + number(1.0) + number(0.8249) + bytes(48)
    assert len(head) == 128
    return head + struct.pack(">I", len(tags)) + listed + body
