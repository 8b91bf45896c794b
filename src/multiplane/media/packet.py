"""Where things stand in somebody's XMP packet, found without changing or expanding any of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
Name: TypeAlias = tuple[str, str]
"""Namespace and local name."""
_DEEPEST = 64
_OPENING = re.compile(rb"<[^\s/>]+")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_EMPTY = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/>""")


@dataclass
class Packet:
    """What was found.

    Attributes:
        end: Where ``</rdf:RDF>`` begins, in bytes; below zero when there is none.
        about: What its descriptions are about.
        stated: The properties it states.
        list_end: Where the list within one property ends; None when it has none.
        replaced: From and to where the property that is replaced stands, if it does.
    """

    end: int = -1
    about: str = ""
    stated: set[Name] = field(default_factory=set)
    list_end: int | None = None
    replaced: list[tuple[int, int]] = field(default_factory=list)


def scan(source: bytes, listed: Name, replaced: Name) -> Packet | None:
    """Look through a packet.

    Args:
        source: The packet, UTF-8.
        listed: The property whose list is looked for.
        replaced: The property whose place is looked for.

    Returns:
        What was found; None when it is not well-formed, has no RDF, is not UTF-8, or declares a
        document type.
    """
    scanner = _Scanner(source, listed, replaced)
    try:
        source.decode()
        scanner.parser.Parse(source, True)
    except (expat.ExpatError, UnicodeDecodeError, _RefusedError):
        return None
    return scanner.found if scanner.found.end >= 0 else None


class _RefusedError(Exception):
    """It holds what could be expanded, or nests without end."""


class _Scanner:
    def __init__(self, source: bytes, listed: Name, replaced: Name) -> None:
        self.found = Packet()
        self.parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self._source, self._listed, self._replaced = source, listed, replaced
        self._path: list[tuple[Name, int]] = []

    def _refuse(self, *_: object) -> None:
        raise _RefusedError

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        place = self.parser.CurrentByteIndex
        name = _split(full)
        if len(self._path) >= _DEEPEST:
            raise _RefusedError
        if name == (RDF, "Description") and self._inside((RDF, "RDF")):
            self.found.about = attributes.get(f"{RDF} about", self.found.about)
            for key in attributes:
                self._attribute(_split(key), place)
        elif self._inside((RDF, "Description")) and self._is_property():
            self.found.stated.add(name)
        self._path.append((name, place))

    def _attribute(self, name: Name, place: int) -> None:
        self.found.stated.add(name)
        if name != self._replaced:
            return
        start = _OPENING.match(self._source, place)
        stop = start.end() if start else place
        while match := _ATTRIBUTE.match(self._source, stop):
            stop = match.end()
            if match[1].rpartition(b":")[2].decode() == name[1]:
                self.found.replaced.append(match.span())

    def _end(self, full: str) -> None:
        place = self.parser.CurrentByteIndex
        name, start = self._path.pop()
        empty = _EMPTY.fullmatch(self._source, start, place) is not None
        if name == (RDF, "RDF"):
            if empty:
                raise _RefusedError  # nothing can be put into <rdf:RDF/>
            self.found.end = place
        elif name == (RDF, "Seq") and self._inside(self._listed) and not empty:
            self.found.list_end = place
        elif name == self._replaced and self._inside((RDF, "Description")):
            stop = place if empty else self._source.index(b">", place) + 1
            self.found.replaced.append((start, stop))

    def _inside(self, name: Name) -> bool:
        return bool(self._path) and self._path[-1][0] == name

    def _is_property(self) -> bool:
        return len(self._path) > 1 and self._path[-2][0] == (RDF, "RDF")


def _split(full: str) -> Name:
    space, _, local = full.rpartition(" ")
    return space, local
