"""The JSON Schema of recipes, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from multiplane.engine.recipe import FORMAT, Recipe
from multiplane.engine.stages import options_model, stage_names


def recipe_schema() -> dict[str, Any]:
    """Build the schema from the options of every stage.

    Returns:
        JSON Schema (draft 2020-12). What a step's ``options`` may hold depends on its ``stage``.
    """
    schema = Recipe.model_json_schema()
    step = schema["$defs"]["StageStep"]
    names = stage_names()
    step["properties"]["stage"]["enum"] = names
    schema["properties"]["version"]["maximum"] = FORMAT
    step["allOf"] = []
    for name in names:
        model = options_model(name).model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
        definitions = model.pop("$defs", {})
        for inner, definition in definitions.items():
            schema["$defs"][f"{name}.{inner}"] = definition
        for definition in (model, *definitions.values()):
            _take_bare_kinds(definition)
        schema["$defs"][f"{name}.options"] = model
        step["allOf"].append(
            {
                "if": {"properties": {"stage": {"const": name}}},
                "then": {"properties": {"options": {"$ref": f"#/$defs/{name}.options"}}},
            }
        )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _take_bare_kinds(model: dict[str, Any]) -> None:
    """Let ``backend: motion`` stand where ``backend: {kind: motion}`` may stand."""
    for prop in model.get("properties", {}).values():
        told_apart = prop.pop("discriminator", None)  # it would rule out a bare name
        if told_apart:
            prop["oneOf"].append({"type": "string", "enum": list(told_apart["mapping"])})
