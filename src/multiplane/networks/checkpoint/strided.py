"""Tensors as files describe them: windows on stores of numbers, checked before they are cut."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from multiplane.networks.checkpoint.opcodes import Call, Name, Outside

_DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
_TENSOR = "torch._utils._rebuild_tensor_v2"
_PARAMETER = "torch._utils._rebuild_parameter"
_MOST_AXES = 8


@dataclass(frozen=True)
class Store:
    """Numbers of one type, one after the other, somewhere in a file.

    Attributes:
        key: By which the file finds them.
        dtype: Their type.
        length: How many.
    """

    key: str
    dtype: torch.dtype
    length: int

    @property
    def size_bytes(self) -> int:
        """How many bytes they take."""
        return self.length * self.dtype.itemsize


@dataclass(frozen=True)
class Strided:
    """A tensor as a window on a store.

    Attributes:
        store: Its numbers.
        offset: Where it begins among them.
        shape: Its shape.
        stride: Steps along each axis, in numbers.
    """

    store: Store
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def size_bytes(self) -> int:
        """How many bytes it takes when it is cut out."""
        return math.prod(self.shape) * self.store.dtype.itemsize

    def cut(self, numbers: bytes) -> torch.Tensor:
        """Cut it out.

        Args:
            numbers: The bytes of its store.

        Returns:
            A tensor that owns its memory.

        Raises:
            ValueError: They are not as many bytes as the store declares.
        """
        if len(numbers) != self.store.size_bytes:
            raise ValueError(f"{len(numbers)} bytes where {self.store.size_bytes} are declared")
        if not math.prod(self.shape):
            return torch.empty(self.shape, dtype=self.store.dtype)
        flat = torch.frombuffer(bytearray(numbers), dtype=self.store.dtype)
        window = flat.as_strided(self.shape, self.stride, self.offset)
        return window.clone(memory_format=torch.contiguous_format)


def strided(value: object) -> Strided | None:
    """Read a value of a pickle as a tensor.

    Args:
        value: What :func:`multiplane.networks.checkpoint.opcodes.follow` gave.

    Returns:
        The tensor, or None when it is none.

    Raises:
        ValueError: It would be a tensor but reaches beyond its store, or is malformed.
    """
    if not (isinstance(value, Call) and isinstance(value.target, Name)):
        return None
    if str(value.target) == _PARAMETER:
        return strided(value.arguments[0]) if value.arguments else None
    if str(value.target) != _TENSOR:
        return None
    if len(value.arguments) < 4:
        raise ValueError("a tensor without store, offset, shape and stride")
    store, offset, shape, stride = value.arguments[:4]
    tensor = Strided(_store(store), _count(offset), _counts(shape), _counts(stride))
    _check(tensor)
    return tensor


def _check(tensor: Strided) -> None:
    """Make sure that a tensor lies in its store and is not larger than it.

    Raises:
        ValueError: It is not so.
    """
    if len(tensor.shape) != len(tensor.stride) or len(tensor.shape) > _MOST_AXES:
        raise ValueError(f"a tensor of shape {tensor.shape} with strides {tensor.stride}")
    last = sum((side - 1) * step for side, step in zip(tensor.shape, tensor.stride, strict=True))
    numbers = math.prod(tensor.shape)
    length = tensor.store.length
    if numbers and (tensor.offset + last >= length or numbers > length):
        raise ValueError(
            f"a tensor of shape {tensor.shape} reaches beyond the {length} numbers of its store"
        )


def _store(value: object) -> Store:
    """A store by what a pickle says of it: ("storage", its type, key, place, length, view).

    Raises:
        ValueError: It says something else.
    """
    words = value.identity if isinstance(value, Outside) else None
    if not isinstance(words, tuple) or len(words) not in {5, 6} or words[0] != "storage":
        raise ValueError("a tensor without a store")
    kind, key, view = words[1], words[2], words[5:]
    dtype = _DTYPES.get(kind.name) if isinstance(kind, Name) and kind.module == "torch" else None
    if dtype is None or not isinstance(key, str) or any(part is not None for part in view):
        raise ValueError(f"a tensor in a store of {kind if isinstance(kind, Name) else 'no type'}")
    return Store(key, dtype, _count(words[4]))


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise ValueError(f"{type(value).__name__} where a count was to be, or one out of bounds")
    return value


def _counts(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple | list):
        raise ValueError("a shape that is no tuple")
    return tuple(_count(number) for number in value)
