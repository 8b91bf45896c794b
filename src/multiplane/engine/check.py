"""Checks a recipe as a whole, before anything runs, and says everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from multiplane.core.config import Options, explain, nearest
from multiplane.core.errors import ConfigError
from multiplane.core.stage import Stage, gathered_by
from multiplane.engine import lines
from multiplane.engine.stages import find_stage, stage_names

M = TypeVar("M", bound=BaseModel)

FLAG = "--"
"""How the place of an option starts that was typed; it names the key already."""
OVERRIDE = "--set "
INPUT = "input"
"""What a recipe calls the planes that the user hands in."""


@dataclass(frozen=True)
class Step:
    """One step of a checked recipe.

    Attributes:
        id: Its name and its folder.
        stage: The stage.
        options: The stage's options, parsed.
        inputs: Plane → (step it comes from or ``input``, its name there).
    """

    id: str
    stage: Stage
    options: Options
    inputs: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a recipe.

    Attributes:
        key: Where it stands.
        text: A sentence.
        place: ``file:line``, or the flag that was typed.
        wanted: What to write there instead, as far as it is known.
    """

    key: lines.Key
    text: str
    place: str = ""
    wanted: str = ""

    def __str__(self) -> str:
        """``file:line: stages[1].options.key: sentence``, as far as it is known."""
        name = ""
        for part in () if self.place.startswith(FLAG) else self.key:
            name += f"[{part}]" if part.isdigit() else f".{part}"
        return ": ".join(part for part in (self.place, name.lstrip("."), self.text) if part)

    @property
    def fix(self) -> str:
        """What to type or write there; empty where that is not known."""
        if not self.wanted:
            return ""
        if self.place.startswith(FLAG):
            between = (
                ": " if " " in self.wanted else "=" if self.place.startswith(OVERRIDE) else " "
            )
            return f"{self.place}{between}{self.wanted}"
        named = self.key[:-1] if self.key[-1:] == ("kind",) else self.key  # a bare name will do
        return f"{named[-1] if named else 'recipe'}: {self.wanted}"


def as_error(faults: Sequence[Fault]) -> ConfigError:
    """All faults as one error, one a line."""
    return ConfigError(
        "\n".join(str(fault) for fault in faults),
        why="a recipe is checked as a whole before anything runs",
        fix="; ".join(dict.fromkeys(fault.fix for fault in faults if fault.fix))
        or "`multiplane recipes schema` lists every key and its values",
    )


def steps(
    raw: Any,  # noqa: ANN401 - parsed YAML
    places: Mapping[lines.Key, str],
    known_faults: Sequence[Fault] = (),
) -> tuple[Step, ...]:
    """Check what the model of a recipe cannot: stages, options, and what flows between the steps.

    Args:
        raw: What the YAML holds; it may be anything.
        places: Where each key stands.
        known_faults: What was found wrong before; they join the message.

    Returns:
        The steps, ready to run.

    Raises:
        ConfigError: With every fault there is.
    """
    faults = list(known_faults)
    checker = _Checker()
    stages = raw.get("stages") if isinstance(raw, dict) else None
    for index, step in enumerate(stages if isinstance(stages, list | tuple) else ()):
        if isinstance(step, dict):
            checker.add(index, step)
    faults += checker.faults
    if faults:
        told = as_error(
            [replace(f, place=f.place or lines.place_of(places, f.key)) for f in faults]
        )
        raise told
    return tuple(checker.steps)


class _Checker:
    """Goes through the steps in order and knows what the earlier ones make."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.steps: list[Step] = []
        self._makes: dict[str, tuple[str, ...]] = {}

    def add(self, index: int, raw: Mapping[str, Any]) -> None:
        """Check one step; what its model refuses already is left out here."""
        key = ("stages", str(index))
        step_id, name = raw.get("id"), raw.get("stage")
        inputs, options = raw.get("inputs") or {}, raw.get("options") or {}
        if isinstance(step_id, str) and (step_id == INPUT or step_id in self._makes):
            why = "is what the user hands in" if step_id == INPUT else "names an earlier step"
            self.faults.append(Fault((*key, "id"), f"got {step_id!r}, which {why}"))
        stage = self._stage((*key, "stage"), name)
        if stage is None:
            self._makes.setdefault(str(step_id), ("*",))
            return
        sources: dict[str, tuple[str, str]] = {}
        if isinstance(inputs, Mapping):
            sources = self._inputs((*key, "inputs"), stage, inputs)
        parsed = self._options((*key, "options"), stage, options)
        self._makes.setdefault(str(step_id), tuple(stage.makes))
        if parsed is not None:
            self.steps.append(Step(str(step_id), stage, parsed, sources))

    def _stage(self, key: lines.Key, name: object) -> Stage | None:
        if not isinstance(name, str):
            return None
        known = stage_names()
        if name not in known:
            self.faults.append(Fault(key, f"no stage {name!r}; {_hint(name, known)}"))
            return None
        return find_stage(name)

    def _inputs(
        self, key: lines.Key, stage: Stage, inputs: Mapping[str, Any]
    ) -> dict[str, tuple[str, str]]:
        needed = (*stage.needs, *gathered_by(stage))
        planes = (*needed, *stage.accepts)
        sources: dict[str, tuple[str, str]] = {}
        for plane, source in inputs.items():
            if plane not in planes:
                text = f"{stage.name} takes no plane {plane!r}; {_hint(plane, planes)}"
                self.faults.append(Fault((*key, str(plane)), text))
            elif isinstance(source, str):
                wrong = self._source(source)
                if wrong:
                    self.faults.append(Fault((*key, plane), wrong))
                owner, _, name = source.partition(".")
                sources[plane] = (owner, name)
        for plane in needed:
            if plane not in inputs:
                text = f"{stage.name} needs {plane!r}; {self._offer(plane)}"
                self.faults.append(Fault(key, text))
        return sources

    def _source(self, source: str) -> str:
        """What is wrong with ``step.plane``, or nothing."""
        owner, dot, name = source.partition(".")
        if not dot or not name:
            return f"got {source!r}; write it as step.plane, e.g. 'shots.frames' or 'input.source'"
        if owner == INPUT:
            return ""
        if owner not in self._makes:
            return f"no earlier step {owner!r}; {_hint(owner, [INPUT, *self._makes])}"
        makes = self._makes[owner]
        if name not in makes and "*" not in makes:
            return f"{owner!r} makes no plane {name!r}; {_hint(name, makes)}"
        return ""

    def _offer(self, plane: str) -> str:
        offers = [step for step, makes in self._makes.items() if plane in makes]
        return f"add {plane}: {offers[-1] if offers else INPUT}.{plane}"

    def _options(self, key: lines.Key, stage: Stage, options: object) -> Options | None:
        if not isinstance(options, Mapping):
            return None
        parsed, faults = validate(stage.options, options, key)
        self.faults += faults
        return parsed


def validate(model: type[M], raw: object, key: lines.Key = ()) -> tuple[M | None, list[Fault]]:
    """Parse raw values with a model.

    Args:
        model: The model.
        raw: What the YAML holds.
        key: Where it stands.

    Returns:
        The parsed value or None, and what is wrong with it.
    """
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        told = explain(error, model)
    return None, [
        Fault((*key, *(name.split(".") if name else ())), text, wanted=wanted)
        for name, text, wanted in told
    ]


def _hint(word: object, words: Sequence[str]) -> str:
    guess = nearest(str(word), words)
    known = ", ".join(words) or "none"
    return f"did you mean {guess!r}? known: {known}" if guess else f"known: {known}"
