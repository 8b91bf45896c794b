"""The reference of stages and options, written from the models themselves."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from multiplane.core.config import models_in
from multiplane.core.stage import gathered_by
from multiplane.engine.recipe import builtin_recipes, load_recipe
from multiplane.engine.stages import STAGES, find_stage

BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥"}


def reference() -> str:
    """The page ``docs/recipes.md``: every recipe and every option of every stage, in Markdown."""
    parts = [
        "# Recipes and options",
        "",
        "Written by `python -m multiplane.engine.reference > docs/recipes.md`; a test holds it "
        "against the models. `multiplane recipes schema` gives the same as JSON Schema.",
        "",
        "Where an option chooses by `kind`, the bare name will do: `backend: motion` is "
        "`backend: {kind: motion}`, and so is `--set segment.backend=motion`.",
        "",
    ]
    for name in builtin_recipes():
        recipe = load_recipe(name)
        parts += [
            f"## `{name}`",
            "",
            recipe.description,
            "",
            "| step | stage | takes |",
            "|---|---|---|",
        ]
        for step in recipe.stages:
            taken = ", ".join(f"{plane}: `{source}`" for plane, source in step.inputs.items())
            parts.append(f"| `{step.id}` | [`{step.stage}`](#{anchor(step.stage)}) | {taken} |")
        parts.append("")
    for name in STAGES:
        parts += _stage(name)
    return "\n".join(parts).rstrip() + "\n"


def anchor(heading: str) -> str:
    """The link target that Markdown makes of a heading."""
    return heading.lower().replace(".", "").replace(" ", "-")


def _stage(name: str) -> list[str]:
    stage = find_stage(name)
    accepts = f", can use {_names(stage.accepts)}" if stage.accepts else ""
    makes = _names(stage.makes) if stage.makes else "figures only"
    lines = [f"## {name}", "", (stage.options.__doc__ or "").strip().splitlines()[0], ""]
    gathered = gathered_by(stage)
    gathers = f", gathers {_names(gathered)} of all parts of its input" if gathered else ""
    lines += [
        f"Needs {_names(stage.needs)}{gathers}{accepts}; makes {makes}. "
        f"Metadata: `{stage.metadata}`.",
        "",
    ]
    return lines + _table(stage.options, set())


def _table(model: type[BaseModel], told: set[type[BaseModel]], within: str = "") -> list[str]:
    """The options of a model, then the models it chooses from that were not told of before.

    Those within others are named by the way to them, since each has a kind called ``auto``.
    """
    lines = ["| option | type | default | what |", "|---|---|---|---|"]
    choices: dict[type[BaseModel], str] = {}
    for name, field in model.model_fields.items():
        if name != "kind":
            lines.append(f"| `{name}` | {_type(field)} | {_default(field)} | {field.description} |")
            for choice in models_in(field.annotation):
                choices.setdefault(choice, f"{within}{name}")
    lines.append("")
    fresh = {choice: way for choice, way in choices.items() if choice not in told}
    told.update(fresh)
    for choice, way in fresh.items():
        kind = choice.model_fields.get("kind")
        named = f"`{way}: {kind.default}`" if kind and within else ""
        title = named or (f"`kind: {kind.default}`" if kind else choice.__name__)
        lines += [f"### {title}", "", (choice.__doc__ or "").strip().splitlines()[0], ""]
        if set(choice.model_fields) - {"kind"}:
            lines += _table(choice, told, f"{way}.")
    return lines


def _type(field: FieldInfo) -> str:
    models = models_in(field.annotation)
    if models:
        return " \\| ".join(
            str(m.model_fields["kind"].default) if "kind" in m.model_fields else m.__name__
            for m in models
        )
    text = getattr(field.annotation, "__name__", None)
    if text is None or "[" in str(field.annotation):
        text = str(field.annotation).replace("typing.", "").replace("|", "\\|")
    bounds = [
        f"{sign} {getattr(bound, key)}"
        for bound in field.metadata
        for key, sign in BOUNDS.items()
        if getattr(bound, key, None) is not None
    ]
    return ", ".join([text, *bounds])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return f"`{getattr(value, 'kind', 'see below')}`"
    return f"`{value}`"


def _names(planes: tuple[str, ...]) -> str:
    return ", ".join(f"`{plane}`" for plane in planes)


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())
