from __future__ import annotations

import pytest

from multiplane.core.errors import ConfigError
from multiplane.engine.lines import parse, parse_word, place_of

TEXT = """\
name: x
stages:
  - id: a
    options: {size: 3,
              wide: yes}
"""


def test_values_and_their_lines() -> None:
    document = parse(TEXT, "r.yaml")
    assert document.value == {
        "name": "x",
        "stages": [{"id": "a", "options": {"size": 3, "wide": True}}],
    }
    assert document.places[("stages", "0", "options", "wide")] == "r.yaml:5"
    assert document.places[("name",)] == "r.yaml:1"


def test_an_unknown_key_has_the_place_of_what_holds_it() -> None:
    document = parse(TEXT, "r.yaml")
    assert place_of(document.places, ("stages", "0", "stage")) == "r.yaml:3"
    assert place_of({}, ("stages",)) == ""


def test_a_key_that_stands_twice_is_seen() -> None:
    assert parse("a: 1\nb: {c: 1, c: 2}\n", "r.yaml").repeated == (("b", "c"),)


def test_an_empty_file_holds_nothing() -> None:
    assert parse("# nothing\n", "r.yaml").value is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2\n", "r.yaml:2: expected ',' or ']', but got ':'"),
        ("a:\n\t- b\n", "r.yaml:2: found character '\\t' that cannot start any token"),
        ("a: &x [1]\nb: *x\n", "r.yaml:1: b is an alias; recipes have none"),
        ("a: !!python/object/apply:os.system [ls]\n", "r.yaml:1: could not determine a"),
        ("a: 2020-13-45\n", "r.yaml: month must be in 1..12"),
        ("[" * 100_000, "r.yaml: maximum recursion depth exceeded"),
        ("a: 1\n---\nb: 2\n", "r.yaml:2: but found another document"),
    ],
)
def test_what_is_no_recipe_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "r.yaml")
    assert caught.value.what.startswith(message)
    assert caught.value.fix == "indent with spaces and quote values that hold a colon or a hash"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4096", 4096),
        ("0.5", 0.5),
        ("true", True),
        ("", None),
        ("-", "-"),
        ("a: b", "a: b"),
        ("#fff", "#fff"),
        ('"4096"', "4096"),
        ("[1, x]", [1, "x"]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_a_word_is_read_as_it_is_typed(text: str, value: object) -> None:
    assert parse_word(text) == value
