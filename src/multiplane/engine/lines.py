"""YAML that remembers on which line each key stands, so that a message can point there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from multiplane.core.errors import ConfigError

Key = tuple[str, ...]
"""Where a value stands: mapping keys and list positions, as text."""


@dataclass(frozen=True)
class Document:
    """A parsed YAML file.

    Attributes:
        value: Plain lists, mappings and scalars.
        places: Key → ``file:line``.
        repeated: Keys that stand twice in one mapping; YAML itself would keep the last.
    """

    value: Any
    places: Mapping[Key, str]
    repeated: tuple[Key, ...] = field(default=())


def parse(text: str, name: str) -> Document:
    """Parse YAML with the safe loader.

    Args:
        text: The YAML.
        name: What to call the file.

    Returns:
        Values and where they stand.

    Raises:
        ConfigError: It is no YAML, or it has anchors (a few of them can stand for gigabytes).
    """
    loader = yaml.SafeLoader(text)
    survey = _Survey(name)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(None, {(): f"{name}:1"})
        survey.visit(node, ())
        value = loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = name if mark is None else f"{name}:{mark.line + 1}"
        raise ConfigError(
            f"{place}: {getattr(error, 'problem', None) or error}",
            why="a recipe is YAML",
            fix="indent with spaces and quote values that hold a colon or a hash",
        ) from error
    finally:
        loader.dispose()
    return Document(value, survey.places, tuple(survey.repeated))


def parse_word(text: str) -> Any:  # noqa: ANN401 - whatever it stands for
    """Read one value as it is typed on a command line.

    Args:
        text: A YAML scalar, or a quoted text, list or mapping in brackets. What would begin a
            list or mapping over several lines in a file (``-``, ``a: b``) is plain text here.

    Returns:
        A text, number, truth value, None, list or mapping.

    Raises:
        YAMLError: Quotes or brackets that do not close.
        ValueError: A date that does not exist.
    """
    if text[:1] in {"[", "{", '"', "'"}:
        return yaml.safe_load(text)
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return loader.construct_object(yaml.ScalarNode(tag, text))


def place_of(places: Mapping[Key, str], key: Key) -> str:
    """The place of a key, or of the nearest one above it; empty when nothing is known."""
    for length in range(len(key), -1, -1):
        if key[:length] in places:
            return places[key[:length]]
    return ""


class _Survey:
    """Walks composed nodes and notes where they stand."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[Key, str] = {}
        self.repeated: list[Key] = []
        self._seen: set[int] = set()

    def visit(self, node: yaml.Node, key: Key) -> None:
        """Note the place of a node and of all below it.

        Raises:
            MarkedYAMLError: A node is an alias of another.
        """
        if id(node) in self._seen:
            raise yaml.MarkedYAMLError(
                problem=f"{'.'.join(key)} is an alias; recipes have none",
                problem_mark=node.start_mark,
            )
        self._seen.add(id(node))
        self.places.setdefault(key, self._place(node))
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                child = (*key, str(key_node.value))
                if child in self.places:
                    self.repeated.append(child)
                self.places[child] = self._place(key_node)
                self.visit(value_node, child)
        elif isinstance(node, yaml.SequenceNode):
            for position, value_node in enumerate(node.value):
                self.visit(value_node, (*key, str(position)))

    def _place(self, node: yaml.Node) -> str:
        return f"{self.name}:{node.start_mark.line + 1}"
