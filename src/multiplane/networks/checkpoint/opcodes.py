"""What a pickle would make, without making it.

``pickletools`` splits the bytes into opcodes and runs nothing; here they are followed on a stack of
plain values. A class or function that the pickle names stays a :class:`Name`: it is never looked
up, imported or called. What would be its result is a :class:`Call`.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

_ORDERED = "collections.OrderedDict"
_RUNNERS = {
    "asyncio", "commands", "ctypes", "importlib", "marshal", "multiprocessing", "nt", "os", "pdb",
    "pickle", "_pickle", "pip", "popen2", "posix", "pty", "requests", "runpy", "shutil", "socket",
    "subprocess", "sys", "tempfile", "timeit", "urllib", "webbrowser",
}  # fmt: skip
"""Packages that run, write or fetch."""
_BUILTINS = {
    "__import__", "breakpoint", "compile", "delattr", "eval", "exec", "execfile", "globals",
    "input", "locals", "open", "setattr", "vars",
}  # fmt: skip
_RUNNING = {
    "_io.open", "_io.FileIO", "io.open", "io.FileIO", "code.interact", "numpy.load", "torch.load",
    "torch.hub.load", "torch.jit.load", "types.CodeType", "types.FunctionType",
}  # fmt: skip
"""What else does, one by one."""


class RunsCodeError(ValueError):
    """A pickle calls something that runs, writes or fetches. Nothing of it was done."""


@dataclass(frozen=True, eq=False)
class Name:
    """A class or function that a pickle names; nobody looked whether there is one.

    Attributes:
        module: Its module.
        name: Its name there.
    """

    module: str
    name: str

    def __str__(self) -> str:
        """Both, with a dot between."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False, repr=False)  # shared parts, shown again and again, would never end
class Call:
    """What calling something would have given; nothing was called.

    Attributes:
        target: What a pickle would call.
        arguments: With what.
        state: What would be set on the result.
    """

    target: object
    arguments: tuple[Any, ...]
    state: object = None


@dataclass(frozen=True, eq=False, repr=False)
class Outside:
    """Something that a pickle holds by reference: in checkpoints, the bytes of a tensor.

    Attributes:
        identity: By which it is found.
    """

    identity: object


def follow(pickled: bytes | IO[bytes]) -> object:
    """Follow one pickle to its end.

    Dictionaries (ordered ones too), lists, tuples, text, bytes and numbers are what they are; sets
    become lists.

    Args:
        pickled: The pickle, or a file that stands before it and will stand behind it.

    Returns:
        What it would make, of plain values, :class:`Name`, :class:`Call` and :class:`Outside`.

    Raises:
        RunsCodeError: It calls what runs, writes or fetches.
        ValueError: It is no pickle, is cut off, or does what no checkpoint does.
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(pickled):
            if opcode.name in _LITERALS:
                machine.stack.append(argument)
            elif opcode.name == "STOP":
                return machine.stack.pop()
            else:
                _STEPS[opcode.name](machine, argument)
    except (AttributeError, IndexError, KeyError, MemoryError, OverflowError, TypeError) as error:
        raise ValueError(f"{type(error).__name__} where a pickle was followed: {error}") from error
    raise ValueError("a pickle without an end")


@dataclass
class _Machine:
    """The stack, its marks, and what was noted for later."""

    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def above_mark(self) -> list[Any]:
        begin = self.marks.pop()
        items = self.stack[begin:]
        del self.stack[begin:]
        return items

    def last(self, number: int) -> tuple[Any, ...]:
        if len(self.stack) < number:
            raise IndexError("the stack is empty")
        items = tuple(self.stack[len(self.stack) - number :])
        del self.stack[len(self.stack) - number :]
        return items

    def note(self, place: int | None = None) -> None:
        self.memo[len(self.memo) if place is None else place] = self.stack[-1]

    def call(self, target: object, arguments: object) -> None:
        if not isinstance(arguments, tuple):
            raise ValueError(f"arguments are {type(arguments).__name__}, not a tuple")
        if isinstance(target, Name):
            _refuse_runners(target)
            if str(target) == _ORDERED:
                pairs = [item for pair in (arguments or ([],))[0] for item in pair]
                self.stack.append(_dictionary(pairs))
                return
        self.stack.append(Call(target, arguments))

    def extend(self, items: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1] += items
        elif not isinstance(self.stack[-1], Call):  # what a call would be given is of no interest
            raise ValueError("items for something that is no list")

    def set_items(self, items: list[Any]) -> None:
        if isinstance(self.stack[-1], dict):
            self.stack[-1].update(_dictionary(items))
        elif not isinstance(self.stack[-1], Call):
            raise ValueError("keys for something that is no dictionary")

    def build(self, state: object) -> None:
        if isinstance(self.stack[-1], Call):
            self.stack[-1].state = state
        elif not isinstance(self.stack[-1], dict):  # ordered ones carry attributes of no interest
            raise ValueError("a state for something that has none")


def _refuse_runners(target: Name) -> None:
    """Say outright what an attack is; anything else is not called either.

    Raises:
        RunsCodeError: It runs, writes or fetches.
    """
    builtin = target.module in {"builtins", "__builtin__"} and target.name in _BUILTINS
    if builtin or target.module.partition(".")[0] in _RUNNERS or str(target) in _RUNNING:
        raise RunsCodeError(f"it calls {target}")


def _dictionary(items: list[Any]) -> dict[Any, Any]:
    """Keys and values in turn.

    Raises:
        ValueError: A key is nested: with parts that are shared, its hash could take for ever.
    """
    if any(isinstance(part, tuple) for k in items[::2] if isinstance(k, tuple) for part in k):
        raise ValueError("a dictionary with nested keys")
    return dict(zip(items[::2], items[1::2], strict=True))


def _named(text: str) -> Name:
    module, _, name = text.partition(" ")
    return Name(module, name)


def _stack_global(machine: _Machine, _: object) -> None:
    module, name = machine.last(2)
    if not (isinstance(module, str) and isinstance(name, str)):
        raise ValueError("a name that is no text")
    machine.stack.append(Name(module, name))


def _object(machine: _Machine, _: object) -> None:
    target, *arguments = machine.above_mark()
    machine.call(target, tuple(arguments))


def _new_with_keywords(machine: _Machine, _: object) -> None:
    target, arguments, keywords = machine.last(3)
    machine.call(target, (*arguments, keywords))


_Step = Callable[[_Machine, Any], object]
_LITERALS = {
    "BINBYTES", "BINBYTES8", "BINFLOAT", "BININT", "BININT1", "BININT2", "BINSTRING", "BINUNICODE",
    "BINUNICODE8", "BYTEARRAY8", "FLOAT", "INT", "LONG", "LONG1", "LONG4", "SHORT_BINBYTES",
    "SHORT_BINSTRING", "SHORT_BINUNICODE", "STRING", "UNICODE",
}  # fmt: skip
_STEPS: dict[str, _Step] = {
    "PROTO": lambda _, __: None,
    "FRAME": lambda _, __: None,
    "MARK": lambda m, _: m.marks.append(len(m.stack)),
    "POP": lambda m, _: m.stack.pop(),
    "POP_MARK": lambda m, _: m.above_mark(),
    "DUP": lambda m, _: m.stack.append(m.stack[-1]),
    "NONE": lambda m, _: m.stack.append(None),
    "NEWTRUE": lambda m, _: m.stack.append(True),
    "NEWFALSE": lambda m, _: m.stack.append(False),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "EMPTY_SET": lambda m, _: m.stack.append([]),
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "EMPTY_TUPLE": lambda m, _: m.stack.append(()),
    "DICT": lambda m, _: m.stack.append(_dictionary(m.above_mark())),
    "LIST": lambda m, _: m.stack.append(m.above_mark()),
    "FROZENSET": lambda m, _: m.stack.append(m.above_mark()),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.above_mark())),
    "TUPLE1": lambda m, _: m.stack.append(m.last(1)),
    "TUPLE2": lambda m, _: m.stack.append(m.last(2)),
    "TUPLE3": lambda m, _: m.stack.append(m.last(3)),
    "APPEND": lambda m, _: m.extend([m.stack.pop()]),
    "APPENDS": lambda m, _: m.extend(m.above_mark()),
    "ADDITEMS": lambda m, _: m.extend(m.above_mark()),
    "SETITEM": lambda m, _: m.set_items(list(m.last(2))),
    "SETITEMS": lambda m, _: m.set_items(m.above_mark()),
    "GET": lambda m, place: m.stack.append(m.memo[place]),
    "BINGET": lambda m, place: m.stack.append(m.memo[place]),
    "LONG_BINGET": lambda m, place: m.stack.append(m.memo[place]),
    "PUT": lambda m, place: m.note(place),
    "BINPUT": lambda m, place: m.note(place),
    "LONG_BINPUT": lambda m, place: m.note(place),
    "MEMOIZE": lambda m, _: m.note(),
    "GLOBAL": lambda m, text: m.stack.append(_named(text)),
    "STACK_GLOBAL": _stack_global,
    "BINPERSID": lambda m, _: m.stack.append(Outside(m.stack.pop())),
    "REDUCE": lambda m, _: m.call(*m.last(2)),
    "NEWOBJ": lambda m, _: m.call(*m.last(2)),
    "NEWOBJ_EX": _new_with_keywords,
    "INST": lambda m, text: m.call(_named(text), tuple(m.above_mark())),
    "OBJ": _object,
    "BUILD": lambda m, _: m.build(m.stack.pop()),
}
