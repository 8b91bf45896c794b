"""Recipes: stages with their options and what flows between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, PrivateAttr, field_validator

from multiplane.core.config import Options, Words, nearest
from multiplane.core.errors import InputError
from multiplane.engine import check, lines
from multiplane.engine.check import Step
from multiplane.engine.stages import find_stage

ID_PATTERN = r"^[a-z][a-z0-9_-]{0,39}$"
ID_WORDS = Words("a small letter, then small letters, digits, - and _, at most 40 in all")
NAME_WORDS = Words("letters, digits, spaces, dots, - and _, at most 80 in all")
STAGE_WORDS = Words("the name of a stage, e.g. split.segment")
FORMAT = 1
"""The version of the language of recipes that this Multiplane reads."""
VERSION_WORDS = Words(f"{FORMAT}, or a newer Multiplane: pip install --upgrade multiplane")
MAX_BYTES = 1 << 20
"""A recipe is a page of text; something far larger is another kind of file."""


class StageStep(Options):
    """One step of a recipe: a stage, where its planes come from, and its options."""

    id: Annotated[str, ID_WORDS] = Field(
        pattern=ID_PATTERN, description="name of the step and of its folder"
    )
    stage: Annotated[str, STAGE_WORDS] = Field(
        min_length=1, description="the stage, e.g. split.segment"
    )
    inputs: dict[str, str] = Field(
        default_factory=dict,
        description="plane -> 'step.plane' of an earlier step, or 'input.plane'",
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="options of the stage; what is left out has its default"
    )


class Recipe(Options):
    """Stages in the order they run. Immutable; :meth:`with_options` gives a changed copy."""

    name: Annotated[str, NAME_WORDS] = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,79}$",
        description="a run folder belongs to one recipe name",
    )
    description: str = Field(default="", description="one sentence: what goes in, what comes out")
    version: Annotated[int, VERSION_WORDS] = Field(
        default=FORMAT, ge=1, description="of the language of recipes; this Multiplane knows 1"
    )
    stages: tuple[StageStep, ...] = Field(min_length=1, description="the steps, in order")

    _places: dict[lines.Key, str] = PrivateAttr(default_factory=dict)
    _file: str = PrivateAttr(default="")

    @property
    def file(self) -> str:
        """The file it was read from, or that of the one it is a changed copy of; else empty."""
        return self._file

    @field_validator("version")
    @classmethod
    def _known_version(cls, version: int) -> int:
        if version > FORMAT:
            raise ValueError(f"this Multiplane reads recipes of version {FORMAT}")
        return version

    def steps(self) -> tuple[Step, ...]:
        """Check the recipe as a whole and give its steps ready to run.

        Returns:
            One step each, with its stage imported and its options parsed.

        Raises:
            ConfigError: With every fault there is, each with its place.
        """
        return check.steps(self.model_dump(), self._places)

    def with_options(
        self, overrides: Mapping[str, object], typed: Mapping[str, str] | None = None
    ) -> Recipe:
        """A copy with some options changed.

        Args:
            overrides: ``"step.option"`` (deeper: ``"step.option.part"``) → value. Text is read
                as a YAML scalar, so ``"4096"`` is a number and ``"[1, 2]"`` a list. A part comes
                after the whole it belongs to, whatever their order.
            typed: The same keys → the flag to name in a message; ``--set key`` when left out.

        Returns:
            The changed recipe, checked.

        Raises:
            ConfigError: An unknown step or option, or an impossible value.
        """
        raw = self.model_dump()
        places = dict(self._places)
        flags = {name: check.OVERRIDE + name for name in overrides} | dict(typed or {})
        found = {
            name: _override(raw["stages"], places, name, overrides[name], flags[name])
            for name in sorted(overrides, key=lambda name: name.count("."))
        }
        faults = [fault for name in overrides if (fault := found[name])]
        if faults:
            told = check.as_error(faults)
            raise told
        changed = _build(raw, places)
        changed._file = self._file
        return changed

    def planes_wanted(self) -> tuple[set[str], set[str]]:
        """The planes it takes from its input: those it needs, and all that it can use."""
        needed: set[str] = set()
        used: set[str] = set()
        for step in self.stages:
            needs = find_stage(step.stage).needs
            for plane, source in step.inputs.items():
                owner, _, name = source.partition(".")
                if owner == "input":
                    used.add(name)
                    needed |= {name} if plane in needs else set()
        return needed, used


def load_recipe(recipe: str | Path) -> Recipe:
    """Read a recipe and check it as a whole.

    Args:
        recipe: The name of one that comes with Multiplane, or the path of a YAML file, whatever
            its suffix.

    Returns:
        The checked recipe.

    Raises:
        InputError: There is no such recipe or file.
        ConfigError: Every fault of the recipe, with file, line and key.
    """
    name, text, file = _read(recipe)
    document = lines.parse(text, name)
    faults = [
        check.Fault(key, "the key stands twice", lines.place_of(document.places, key))
        for key in document.repeated
    ]
    built = _build(document.value, document.places, faults)
    built._file = file
    return built


def stage_recipe(stage: str) -> Recipe:
    """The recipe of one stage on its own; every plane it takes comes from the input.

    Args:
        stage: The stage's name, e.g. ``split.segment``. Its last part becomes the step's id.

    Returns:
        The recipe.

    Raises:
        ConfigError: Nobody offers that stage.
    """
    found = find_stage(stage)
    inputs = {plane: f"input.{plane}" for plane in (*found.needs, *found.accepts)}
    step = StageStep(id=stage.rpartition(".")[2], stage=stage, inputs=inputs)
    return Recipe(name=stage, stages=(step,))


def builtin_recipes() -> list[str]:
    """Names of the recipes that come with Multiplane."""
    folder = files("multiplane") / "recipes"
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    )


def recipe_text(name: str) -> str:
    """The YAML of a recipe that comes with Multiplane, comments and all, to copy and edit.

    Args:
        name: One of :func:`builtin_recipes`.

    Raises:
        InputError: There is none of that name.
    """
    known = builtin_recipes()
    if name not in known:
        guess = nearest(name, known)
        raise InputError(
            f"no recipe is called {name!r}",
            why=f"known: {', '.join(known)}; or the path of a .yaml file",
            fix=f"multiplane recipes show {guess or known[0]}",
        )
    return (files("multiplane") / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")


def dump_recipe(recipe: Recipe, steps: tuple[Step, ...]) -> str:
    """The recipe as YAML with every option written out, for the run folder."""
    raw = recipe.model_dump()
    for entry, step in zip(raw["stages"], steps, strict=True):
        entry["options"] = step.options.model_dump(mode="json")
    return yaml.safe_dump(raw, sort_keys=False, allow_unicode=True, width=100)


def _read(recipe: str | Path) -> tuple[str, str, str]:
    """What to call a recipe in messages, its text, and its file unless it comes with Multiplane.

    Raises:
        InputError: There is none, or the file is no recipe.
    """
    path = Path(recipe)
    named = not isinstance(recipe, Path) and recipe in builtin_recipes()
    is_path = path.suffix in {".yaml", ".yml"} or len(path.parts) > 1 or path.is_file()
    if named or not (is_path or isinstance(recipe, Path)):
        return f"{recipe}.yaml", recipe_text(str(recipe)), ""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                f"{path} is {path.stat().st_size} bytes, a recipe has {MAX_BYTES} at most",
                why="a recipe is a page of YAML",
                fix="multiplane recipes show clean-backgrounds > recipe.yaml",
            )
        return str(path), path.read_text(encoding="utf-8"), str(path.absolute())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read the recipe {path}: {error}",
            why="a recipe is a name that `multiplane recipes list` shows, or a YAML file",
            fix="multiplane recipes list",
        ) from error


def _build(
    raw: Any,  # noqa: ANN401 - parsed YAML
    places: Mapping[lines.Key, str],
    faults: Sequence[check.Fault] = (),
) -> Recipe:
    recipe, found = check.validate(Recipe, raw)
    check.steps(raw, places, [*faults, *found])
    assert recipe is not None  # with faults it has raised
    recipe._places.update(places)
    return recipe


def _override(
    stages: list[dict[str, Any]],
    places: dict[lines.Key, str],
    name: str,
    value: object,
    flag: str,
) -> check.Fault | None:
    """Put one override into the raw stages, and note its place."""
    step, *path = name.split(".")
    ids = [stage["id"] for stage in stages]
    if step not in ids or not all(path) or not path:
        guess = nearest(step, ids)
        hint = f"did you mean {guess!r}?" if guess else f"known steps: {', '.join(ids)}"
        text = "write it as step.option" if step in ids else f"no step {step!r}; {hint}"
        return check.Fault((), text, flag)
    try:
        value = lines.parse_word(value) if isinstance(value, str) else value
    except (yaml.YAMLError, ValueError):
        return check.Fault((), f"got {value!r}, which is no YAML value", flag)
    key = ("stages", str(ids.index(step)), "options")
    target = stages[ids.index(step)]["options"]
    places.setdefault(key, flag)  # for what is wrong with several options together
    for depth, part in enumerate(path[:-1], start=1):
        if isinstance(target.get(part), str):  # backend: motion, and now backend.references
            target[part] = {"kind": target[part]}
        elif not isinstance(target.get(part), dict):
            target[part] = {}
            places[(*key, *path[:depth])] = flag
        target = target[part]
    target[path[-1]] = value
    places[(*key, *path)] = flag
    return None
