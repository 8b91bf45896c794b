from __future__ import annotations

import json

from multiplane.engine.schema import recipe_schema
from multiplane.engine.stages import stage_names


def refs(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(refs, value.values()))
    if isinstance(value, list):
        return set().union(*map(refs, value))
    return set()


def test_every_stage_has_its_options_in_the_schema() -> None:
    schema = recipe_schema()
    step = schema["$defs"]["StageStep"]
    assert step["properties"]["stage"]["enum"] == stage_names()
    chosen = {entry["if"]["properties"]["stage"]["const"] for entry in step["allOf"]}
    assert chosen == set(stage_names())
    copy = schema["$defs"]["toy.copy.options"]
    assert copy["properties"]["repeat"]["maximum"] == 9
    assert copy["additionalProperties"] is False


def test_every_reference_leads_somewhere_and_it_is_json() -> None:
    schema = recipe_schema()
    json.dumps(schema)
    for ref in refs(schema):
        assert ref.removeprefix("#/$defs/") in schema["$defs"], ref


def test_a_bare_name_may_stand_for_a_kind() -> None:
    options = recipe_schema()["$defs"]["restore.inpaint.options"]
    backend = options["properties"]["backend"]
    assert backend["oneOf"][-1] == {
        "type": "string",
        "enum": ["auto", "diffusion", "lama", "opencv", "patchmatch"],
    }
    assert "discriminator" not in backend


def test_other_versions_are_ruled_out() -> None:
    assert recipe_schema()["properties"]["version"]["maximum"] == 1
