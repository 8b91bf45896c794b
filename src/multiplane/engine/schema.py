"""The JSON Schema of recipes, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from multiplane.engine.recipe import Recipe
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
    step["allOf"] = []
    for name in names:
        model = options_model(name).model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
        for inner, definition in model.pop("$defs", {}).items():
            schema["$defs"][f"{name}.{inner}"] = definition
        schema["$defs"][f"{name}.options"] = model
        step["allOf"].append(
            {
                "if": {"properties": {"stage": {"const": name}}},
                "then": {"properties": {"options": {"$ref": f"#/$defs/{name}.options"}}},
            }
        )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
