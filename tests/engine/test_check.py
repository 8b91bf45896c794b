from __future__ import annotations

import pytest

from multiplane.engine.check import INPUT, Fault, as_error, steps


def faults_of(*stages: object) -> list[str]:
    from multiplane.core.errors import ConfigError  # noqa: PLC0415

    try:
        steps({"stages": list(stages)}, {})
    except ConfigError as error:
        return error.what.splitlines()
    return []


CUT = {"id": "cut", "stage": "toy.cut", "inputs": {"source": "input.source"}}


def test_a_good_recipe_gives_its_steps() -> None:
    copy = {"id": "copy", "stage": "toy.copy", "inputs": {"texts": "cut.texts"}}
    first, second = steps({"stages": [CUT, copy]}, {})
    assert first.inputs == {"source": (INPUT, "source")}
    assert second.stage.name == "toy.copy"
    assert second.options.model_dump()["repeat"] == 1


def test_all_faults_are_told_at_once() -> None:
    assert faults_of(
        {**CUT, "options": {"linse": 3}},
        {"id": "copy", "stage": "toy.cpoy"},
        {"id": "cut", "stage": "toy.join", "inputs": {"texts": "cutt.texts", "colour": "cut.x"}},
        {"id": "input", "stage": "toy.join", "inputs": {"texts": "cut.text", "copies": "copies"}},
        {"id": "last", "stage": "toy.copy", "options": {"mode": "uper", "repeat": 0}},
    ) == [
        "stages[0].options.linse: unknown key; did you mean 'lines'?",
        "stages[1].stage: no stage 'toy.cpoy'; did you mean 'toy.copy'? known: split.shots,"
        " split.detect, split.segment, split.track, split.matte, split.chunks, split.stereo,"
        " split.export, restore.plate, restore.inpaint, restore.damage, restore.candidates,"
        " restore.collage, restore.check, toy.cut, toy.copy, toy.join, toy.gather, toy.nothing",
        "stages[2].id: got 'cut', which names an earlier step",
        "stages[2].inputs.texts: no earlier step 'cutt'; did you mean 'cut'? known: input, cut,"
        " copy",
        "stages[2].inputs.colour: toy.join takes no plane 'colour'; known: texts, copies",
        "stages[3].id: got 'input', which is what the user hands in",
        "stages[3].inputs.texts: 'cut' makes no plane 'text'; did you mean 'texts'? known: texts",
        "stages[3].inputs.copies: got 'copies'; write it as step.plane, e.g. 'shots.frames' or"
        " 'input.source'",
        "stages[4].inputs: toy.copy needs 'texts'; add texts: cut.texts",
        "stages[4].options.mode: got 'uper'; wanted 'plain', 'upper' or 'lower';"
        " did you mean 'upper'?",
        "stages[4].options.repeat: got 0; wanted a whole number from 1 to 9",
    ]


def test_inputs_of_later_steps_are_refused() -> None:
    join = {"id": "join", "stage": "toy.join", "inputs": {"texts": "late.texts"}}
    assert faults_of(CUT, join, {**CUT, "id": "late"}) == [
        "stages[1].inputs.texts: no earlier step 'late'; known: input, cut"
    ]


def test_anything_at_all_may_stand_in_the_file() -> None:
    for raw in (None, 3, "x", [], {"stages": 3}, {"stages": [3, None]}):
        assert steps(raw, {}) == ()
    assert faults_of({"id": 3, "stage": 4, "inputs": 5, "options": 6}) == []
    assert faults_of({**CUT, "id": {"a": "b"}}, {**CUT, "id": ["a"]}, {"id": {}}) == []


KINDS = "'auto', 'lama', 'diffusion', 'patchmatch' or 'opencv'"
FILL = {
    "id": "fill",
    "stage": "restore.inpaint",
    "inputs": {"frames": "input.frames", "masks": "input.masks"},
}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("opencv", []),
        ({"kind": "opencv"}, []),
        ("opencvv", [f".kind: got 'opencvv'; wanted {KINDS}; did you mean 'opencv'?"]),
        ({"kind": "foo"}, [f".kind: got 'foo'; wanted {KINDS}"]),
        ({"radius_px": 3}, [f".kind: missing; wanted {KINDS}"]),
        (None, [f": got None; wanted {KINDS}"]),
        (["x"], [f": got ['x']; wanted {KINDS}"]),
        ({"kind": "opencv", "x": 1}, [".x: unknown key; known keys: kind, method, radius_px"]),
    ],
)
def test_a_backend_is_chosen_by_its_kind(value: object, told: list[str]) -> None:
    found = faults_of({**FILL, "options": {"backend": value}})
    assert found == [f"stages[0].options.backend{text}" for text in told]


def test_a_fix_names_what_the_key_takes() -> None:
    typed = Fault(("stages", "0", "options", "x"), "bad", "--grow-px", "a whole number")
    in_a_file = Fault(("stages", "0", "options", "x"), "bad", "r.yaml:3", "a whole number")
    assert typed.fix == "--grow-px: a whole number"
    assert in_a_file.fix == "x: a whole number"
    assert Fault((), "bad").fix == ""
    assert as_error([typed, in_a_file, typed]).fix == "--grow-px: a whole number; x: a whole number"
    place = ("stages", "0", "options", "backend", "kind")
    assert Fault(place, "bad", "--set fill.backend", "opencv").fix == "--set fill.backend=opencv"
    assert Fault(place, "bad", "--backend", "opencv").fix == "--backend opencv"
    assert Fault(place, "bad", "r.yaml:3", "opencv").fix == "backend: opencv"
    assert Fault((), "bad", "r.yaml:1", "keys with values").fix == "recipe: keys with values"


def test_a_fault_tells_its_place() -> None:
    assert str(Fault(("stages", "1", "id"), "bad", "r.yaml:3")) == "r.yaml:3: stages[1].id: bad"
    assert str(Fault((), "bad")) == "bad"
    assert str(Fault(("stages", "0", "options", "x"), "bad", "--set a.x")) == "--set a.x: bad"
    error = as_error([Fault((), "one"), Fault((), "two")])
    assert error.what == "one\ntwo"
    assert error.fix == "`multiplane recipes schema` lists every key and its values"
