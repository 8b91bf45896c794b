"""Options: one frozen model a stage, from which flags, recipes, schema and reference derive."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.fields import FieldInfo

from multiplane.core.errors import ConfigError

O = TypeVar("O", bound="Options")  # noqa: E741 - the letter of the word


_SHAPES = {
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "tuple_type": "a list",
}
"""Words for those who write YAML, where pydantic speaks of Python."""
_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


class Options(BaseModel):
    """The options of one stage or backend: frozen, strict about names, every field described."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _take_bare_kinds(cls, raw: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
        """``backend: motion`` stands for ``backend: {kind: motion}``."""
        if not isinstance(raw, Mapping):
            return raw
        bare = {
            name: {"kind": raw[name]}
            for name, field in cls.model_fields.items()
            if field.discriminator == "kind" and isinstance(raw.get(name), str)
        }
        return {**raw, **bare} if bare else raw


@dataclass(frozen=True)
class Words:
    """Says what a pattern lets through: ``id: Annotated[str, Words("small letters")]``."""

    text: str


@dataclass(frozen=True)
class Also:
    """Another spelling of an option on the command line: ``Annotated[int, Also("mask_dilate")]``.

    For what it is called elsewhere. Recipes know the option by its one name.
    """

    name: str


class Effort:
    """Marks an option that changes how fast a result comes and not the result, as ``threads``.

    ``threads: Annotated[int, Effort()] = Field(...)``. Nothing is done again because it changed.
    """


def decisive(options: Options) -> dict[str, Any]:
    """What a result depends on: the options as JSON values, without those of :class:`Effort`."""
    values = options.model_dump(mode="json")
    for name, field in type(options).model_fields.items():
        value = getattr(options, name)
        if any(isinstance(mark, Effort) for mark in field.metadata):
            del values[name]
        elif isinstance(value, Options):
            values[name] = decisive(value)
    return values


def nearest(word: str, words: Sequence[str]) -> str | None:
    """The spelling the user most likely meant, or None when nothing is near."""
    found = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return found[0] if found else None


def parse_options(model: type[O], values: Mapping[str, Any], where: str) -> O:
    """Check raw values against a model and speak plainly about what is wrong.

    Args:
        model: The options model.
        values: What a recipe, a command line or a form holds.
        where: What to call the place in the message, e.g. ``stages[1].options``.

    Returns:
        The checked, frozen options.

    Raises:
        ConfigError: An unknown key, a wrong type or an impossible value.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        faults = explain(error, model)
        raise ConfigError(
            "\n".join(f"{where}.{key}: {text}" for key, text, _ in faults),
            why="options are checked before anything runs",
            fix="; ".join(f"{key}: {fix}" for key, _, fix in faults if fix)
            or "multiplane recipes schema lists every key and its values",
        ) from error


def explain(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str, str]]:
    """Turn a pydantic error into what a person can read.

    Args:
        error: What pydantic raised.
        model: The model it was raised for; the source of the right spellings.

    Returns:
        (dotted key, sentence, what to write there instead) of each fault, in the order of the
        fields. The key leaves out the tag pydantic puts into the path of a union told apart by
        ``kind``.
    """
    return [_told(model, dict(fault)) for fault in error.errors(include_url=False)]


def _told(model: type[BaseModel], fault: dict[str, Any]) -> tuple[str, str, str]:
    kind, got = fault["type"], fault["input"]
    path, owner, field = _walk(model, fault["loc"])
    key = ".".join(str(part) for part in path)
    if kind == "value_error":  # a rule of our own, which says it in its own words
        text = str(fault["ctx"]["error"])
        words = _words(field) or "another value"
        return key, f"got {_short(got)}; {text}" if field else text, words
    if kind == "extra_forbidden":
        fields = list(owner.model_fields) if owner else []
        guess = nearest(str(path[-1]), fields)
        if guess:
            return key, f"unknown key; did you mean {guess!r}?", f"write {guess!r} instead"
        return key, f"unknown key; known keys: {', '.join(fields)}", "leave it out"
    wanted = allowed(field) if field else _SHAPES.get(kind, _lower(fault["msg"]))
    if kind == "missing":
        return key, "missing", wanted
    if kind == "union_tag_invalid":
        key, got = ".".join(filter(None, [key, "kind"])), fault["ctx"]["tag"]
    elif kind == "union_tag_not_found":
        return f"{key}.kind".lstrip("."), f"missing; wanted {wanted}", wanted
    guess = nearest(str(got), re.findall(r"'([^']*)'", wanted))
    hint = f"; did you mean {guess!r}?" if guess else ""
    return key, f"got {_short(got)}; wanted {wanted}{hint}", guess or wanted


def allowed(field: FieldInfo) -> str:
    """What a field takes, in words: ``a whole number from 0 to 500``, ``'fast' or 'fine'``."""
    return _words(field) or _listed(_choices(field))


def _words(field: FieldInfo | None) -> str:
    marks = field.metadata if field else []
    return next((mark.text for mark in marks if isinstance(mark, Words)), "")


def bounds(field: FieldInfo) -> str:
    """The bounds of a number in words, empty when it has none: ``from 0 to 500``."""
    limits = {
        name: _number(getattr(mark, name))
        for mark in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if getattr(mark, name, None) is not None
    }
    if "ge" in limits and "le" in limits:
        return f"from {limits['ge']} to {limits['le']}"
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return ", ".join(f"{word} {limits[name]}" for name, word in words.items() if name in limits)


def _choices(field: FieldInfo) -> list[str]:
    """What a field takes, one way each."""
    if field.discriminator:
        return [repr(_tag(model)) for model in models_in(field.annotation)]
    limits, found = bounds(field), []
    for part in _alternatives(field.annotation):
        if get_origin(part) is Literal:
            found += [repr(value) for value in get_args(part)]
        elif part is str and (pattern := _pattern(field)):
            found += [repr(word) for word in pattern]
        elif part in {int, float}:
            comma = "" if limits.startswith("from") else ","
            found.append(f"{_PLAIN[part]}{comma} {limits}" if limits else _PLAIN[part])
        elif part is type(None):
            found.append("null")
        elif part in _PLAIN:
            found.append(_PLAIN[part])
        else:
            shape = get_origin(part) or part
            found.append("a list" if shape in {list, tuple} else "keys with values")
    return found


def _pattern(field: FieldInfo) -> list[str]:
    """The words that a pattern chooses between; none when it is another kind of pattern."""
    pattern = next((mark.pattern for mark in field.metadata if hasattr(mark, "pattern")), "") or ""
    choice = re.fullmatch(r"\^\((.*)\)\$", pattern)
    words = choice.group(1).split("|") if choice else []
    return [word.replace("[0-9a-fA-F]{6}", "rrggbb") for word in words]


def _alternatives(annotation: Any) -> list[Any]:  # noqa: ANN401 - any annotation
    if get_origin(annotation) in {Union, types.UnionType}:
        return [part for choice in get_args(annotation) for part in _alternatives(choice)]
    return [annotation]


def _listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _walk(
    model: type[BaseModel], loc: Sequence[int | str]
) -> tuple[list[int | str], type[BaseModel] | None, FieldInfo | None]:
    """Follow an error location through nested models and unions; drop union tags.

    Returns:
        The path, the model that its end is in or leads to, and the field at its end.
    """
    owner: type[BaseModel] | None = model
    field: FieldInfo | None = None
    choices: list[type[BaseModel]] = []
    path: list[int | str] = []
    for part in loc:
        tagged = [choice for choice in choices if _tag(choice) == part]
        if tagged:
            owner, choices = tagged[0], []
            continue
        path.append(part)
        field = owner.model_fields.get(part) if owner and isinstance(part, str) else None
        if field:
            choices = models_in(field.annotation)
            owner = choices[0] if len(choices) == 1 else owner if choices else None
    return path, owner, field


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    return None if field is None else str(field.default)


def models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - any annotation
    """The pydantic models that an annotation mentions, e.g. the members of a union."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in get_args(annotation) for model in models_in(part)]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
