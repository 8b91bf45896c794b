"""Options: one frozen model a stage, from which flags, recipes, schema and reference derive."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from multiplane.core.errors import ConfigError

O = TypeVar("O", bound="Options")  # noqa: E741 - the letter of the word


_WANTED = {
    "dict_type": "input should be a mapping of keys to values",
    "model_type": "input should be a mapping of keys to values",
    "model_attributes_type": "input should be a mapping of keys to values",
    "tuple_type": "input should be a list",
}
"""Words for those who write YAML, where pydantic speaks of Python."""


class Options(BaseModel):
    """The options of one stage or backend: frozen, strict about names, every field described."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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
        raise ConfigError(
            "\n".join(f"{where}.{key}: {text}" for key, text in explain(error, model)),
            why="options are checked before anything runs",
            fix="multiplane recipes schema lists every key and its values",
        ) from error


def explain(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str]]:
    """Turn a pydantic error into (dotted key, sentence) pairs.

    Args:
        error: What pydantic raised.
        model: The model it was raised for; the source of the right spellings.

    Returns:
        One pair a fault, in the order of the fields. The key leaves out the tag pydantic puts
        into the path of a union told apart by ``kind``.
    """
    pairs = []
    for fault in error.errors(include_url=False):
        path, owner = _walk(model, fault["loc"])
        key = ".".join(str(part) for part in path)
        if fault["type"] == "extra_forbidden":
            fields = list(owner.model_fields) if owner else []
            guess = nearest(str(fault["loc"][-1]), fields)
            hint = f"did you mean {guess!r}?" if guess else f"known keys: {', '.join(fields)}"
            pairs.append((key, f"unknown key; {hint}"))
        elif fault["type"] == "missing":
            pairs.append((key, "missing"))
        elif fault["type"] == "union_tag_invalid":
            told = fault["ctx"]
            key = ".".join([*filter(None, [key]), told["discriminator"].strip("'")])
            pairs.append((key, _choice(told["tag"], f"wanted {told['expected_tags']}")))
        elif fault["type"] in {"literal_error", "enum"}:
            pairs.append((key, _choice(fault["input"], _lower(fault["msg"]))))
        else:
            wanted = _WANTED.get(fault["type"]) or _lower(fault["msg"])
            pairs.append((key, f"got {_short(fault['input'])}; {wanted}"))
    return pairs


def _choice(got: object, wanted: str) -> str:
    """What is wrong with a choice, and the nearest of those that stand quoted in ``wanted``."""
    guess = nearest(str(got), re.findall(r"'([^']*)'", wanted))
    return f"got {_short(got)}; {wanted}" + (f"; did you mean {guess!r}?" if guess else "")


def _walk(
    model: type[BaseModel], loc: Sequence[int | str]
) -> tuple[list[int | str], type[BaseModel] | None]:
    """Follow an error location through nested models and unions; drop union tags."""
    owner: type[BaseModel] | None = model
    choices: list[type[BaseModel]] = []
    path: list[int | str] = []
    for part in loc:
        if choices and isinstance(part, str):
            tagged = [c for c in choices if _tag(c) == part]
            if tagged:
                owner, choices = tagged[0], []
                continue
        path.append(part)
        if owner is not None and isinstance(part, str) and part in owner.model_fields:
            choices = models_in(owner.model_fields[part].annotation)
            owner = choices[0] if len(choices) == 1 else owner
    return path, owner


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
