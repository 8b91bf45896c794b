"""Stages that do next to nothing, so that the engine can be watched at work."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from multiplane.core.atomic import write_text
from multiplane.core.config import Options
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Planes, Record

STAGES = {
    "toy.cut": "toys:Cut",
    "toy.copy": "toys:Copy",
    "toy.join": "toys:Join",
    "toy.gather": "toys:Gather",
    "toy.nothing": "toys:Nothing",
}


class CutOptions(Options):
    """Options of the stage that cuts a text into pieces."""

    lines: int = Field(default=2, ge=1, le=100, description="lines a piece")


class CopyOptions(Options):
    """Options of the stage that copies."""

    mode: Literal["plain", "upper", "lower"] = Field(default="plain", description="what changes")
    repeat: int = Field(default=1, ge=1, le=9, description="times the text is written")
    files: int = Field(default=2, ge=1, le=99, description="artefacts an item")
    batch: int = Field(default=1, ge=1, le=64, description="items at a time")
    pause_s: float = Field(default=0.0, ge=0, le=9, description="seconds an artefact takes")
    seed: int = Field(default=0, ge=0, description="seed of nothing")


class JoinOptions(Options):
    """Options of the stage that joins."""

    separator: str = Field(default="|", max_length=3, description="between the parts")


class NothingOptions(Options):
    """No options."""


class Cut:
    """One text in, one set of planes a piece out."""

    name: ClassVar[str] = "toy.cut"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = CutOptions
    needs: ClassVar[tuple[str, ...]] = ("source",)
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ("texts",)
    metadata: ClassVar[str] = "pieces.json"

    def fingerprint(self, options: CutOptions) -> str:
        return ""

    def open(self, options: CutOptions) -> _Cutter:
        return _Cutter(options)


class _Cutter:
    batch_size = 1

    def __init__(self, options: CutOptions) -> None:
        self.options = options

    def load(self, item: Item) -> list[str]:
        text = item.paths("source")[0].read_text()
        if "BAD" in text:
            raise InputError("the text is BAD", why="toys dislike it", fix="write another")
        return text.splitlines()

    def compute(self, items: Sequence[Item], loaded: Sequence[list[str]]) -> list[list[str]]:
        size = self.options.lines
        return [
            ["\n".join(text[at : at + size]) for at in range(0, len(text), size)] for text in loaded
        ]

    def save(self, item: Item, result: list[str]) -> Record:
        outputs = []
        for number, piece in enumerate(result, start=1):
            name, path = item.place("texts", f"{number:04}/piece.txt")
            write_text(path, piece)
            outputs.append(Planes(f"{item.id}/{number:04}", {"texts": (name,)}, {"of": item.id}))
        return Record(item.id, tuple(outputs), {"pieces": len(result)})

    def close(self) -> None:
        pass


class Copy:
    """Texts in, copies out. Says in ``works.log`` of the run folder what it worked on."""

    name: ClassVar[str] = "toy.copy"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = CopyOptions
    needs: ClassVar[tuple[str, ...]] = ("texts",)
    accepts: ClassVar[tuple[str, ...]] = ("extra",)
    makes: ClassVar[tuple[str, ...]] = ("copies",)
    metadata: ClassVar[str] = "copies.json"

    def fingerprint(self, options: CopyOptions) -> str:
        return "weights:1"

    def open(self, options: CopyOptions) -> _Copier:
        return _Copier(options)


class _Copier:
    def __init__(self, options: CopyOptions) -> None:
        self.options = options
        self.batch_size = options.batch

    def load(self, item: Item) -> str:
        text = "".join(path.read_text() for path in item.paths("texts") + item.paths("extra"))
        if "FAIL-LOAD" in text:
            raise InputError("load fails", why="it was told to", fix="tell it otherwise")
        if "FAIL-LIBRARY" in text:
            raise KeyError("library")
        return text

    def compute(self, items: Sequence[Item], loaded: Sequence[str]) -> list[str]:
        if any("FAIL-COMPUTE" in text for text in loaded):
            raise InputError("compute fails", why="it was told to", fix="tell it otherwise")
        changed = {"plain": str, "upper": str.upper, "lower": str.lower}[self.options.mode]
        return [changed(text) * self.options.repeat for text in loaded]

    def save(self, item: Item, result: str) -> Record:
        with (item.root.parent / "works.log").open("a") as log:
            log.write(f"{item.folder} {item.id}\n")
        names = []
        for number in range(self.options.files):
            time.sleep(self.options.pause_s)
            name, path = item.place("copies", f"{number:06}.txt")
            write_text(path, f"{number} {result}")
            names.append(name)
            if "FAIL-SAVE" in result.upper():
                raise InputError("save fails", why="it was told to", fix="tell it otherwise")
        figures: dict[str, Any] = {"length": len(result), "data": dict(item.data)}
        outputs = (Planes(item.id, {"copies": tuple(names)}),)
        return Record(item.id, outputs, figures, {"work": 0.5})

    def close(self) -> None:
        pass


class Join:
    """Two planes in, one text out."""

    name: ClassVar[str] = "toy.join"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = JoinOptions
    needs: ClassVar[tuple[str, ...]] = ("texts",)
    accepts: ClassVar[tuple[str, ...]] = ("copies",)
    makes: ClassVar[tuple[str, ...]] = ("joined",)
    metadata: ClassVar[str] = "joins.json"

    def fingerprint(self, options: JoinOptions) -> str:
        return ""

    def open(self, options: JoinOptions) -> _Joiner:
        return _Joiner(options)


class _Joiner:
    batch_size = 3

    def __init__(self, options: JoinOptions) -> None:
        self.options = options

    def load(self, item: Item) -> list[Path]:
        return item.paths("texts") + item.paths("copies")

    def compute(self, items: Sequence[Item], loaded: Sequence[list[Path]]) -> list[str]:
        return [self.options.separator.join(path.read_text() for path in paths) for paths in loaded]

    def save(self, item: Item, result: str) -> Record:
        name, path = item.place("joined", "text.txt")
        write_text(path, result)
        return Record(item.id, (Planes(item.id, {"joined": (name,)}),), {"length": len(result)})

    def close(self) -> None:
        pass


class Gather:
    """All texts of a source in, one text out."""

    name: ClassVar[str] = "toy.gather"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = JoinOptions
    needs: ClassVar[tuple[str, ...]] = ("source",)
    accepts: ClassVar[tuple[str, ...]] = ()
    gathers: ClassVar[tuple[str, ...]] = ("texts", "copies")
    makes: ClassVar[tuple[str, ...]] = ("joined",)
    metadata: ClassVar[str] = "gathered.json"

    def fingerprint(self, options: JoinOptions) -> str:
        return ""

    def open(self, options: JoinOptions) -> _Joiner:
        return _Joiner(options)


class Nothing:
    """Nothing in particular in, a number out; for measuring the engine alone."""

    name: ClassVar[str] = "toy.nothing"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = NothingOptions
    needs: ClassVar[tuple[str, ...]] = ("texts",)
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ()
    metadata: ClassVar[str] = "nothing.json"

    def fingerprint(self, options: NothingOptions) -> str:
        return ""

    def open(self, options: NothingOptions) -> _Idler:
        return _Idler()


class _Idler:
    batch_size = 8

    def load(self, item: Item) -> int:
        return len(item.id)

    def compute(self, items: Sequence[Item], loaded: Sequence[int]) -> Sequence[int]:
        return loaded

    def save(self, item: Item, result: int) -> Record:
        return Record(item.id, figures={"length": result})

    def close(self) -> None:
        pass
