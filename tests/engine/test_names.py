from __future__ import annotations

import os
from pathlib import Path

import pytest

from multiplane.engine.names import Ids, is_text, listed, quoted, readable, safe_part, unnameable
from multiplane.engine.plan import check_ids


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("My film (1)", "My-film-1"),
        ("what?", "what"),
        ("b: 2", "b-2"),
        (".hidden", "hidden"),
        ("…", "input"),
        ("Ünï", "Ünï"),
        ("a" * 300, "a" * 80),
        ("b\udce9", "b"),
    ],
)
def test_a_part_is_safe_everywhere(name: str, safe: str) -> None:
    assert safe_part(name) == safe


def test_ids_are_each_used_once() -> None:
    ids = Ids()
    names = [("clip",), ("Clip",), ("clip?",), ("a b", "x"), ("a-b", "x"), ("A b", "y")]
    taken = [ids.take(*parts) for parts in names]
    assert taken == ["clip", "Clip-2", "clip-3", "a-b/x", "a-b/x-2", "A-b/y"]
    check_ids(taken)


def test_no_id_is_a_folder_of_another() -> None:
    ids = Ids()
    names = [("sub",), ("sub", "deep"), ("SUB", "other"), ("sub-2",), ("sub", "deep", "est")]
    taken = [ids.take(*parts) for parts in names]
    assert taken == ["sub", "sub-2/deep", "SUB-2/other", "sub-2-2", "sub-2/deep-2/est"]
    check_ids(taken)


def test_ids_that_are_taken_are_not_given_again() -> None:
    ids = Ids(["Clip", "sub/0001"])
    names = [("clip",), ("sub",), ("sub", "0001"), ("sub", "0002")]
    taken = [ids.take(*parts) for parts in names]
    assert taken == ["clip-2", "sub-2", "sub/0001-2", "sub/0002"]
    check_ids([*taken, "Clip", "sub/0001"])


def test_names_that_are_no_text() -> None:
    assert is_text("Ünï.png")
    assert not is_text("b\udce9.png")
    assert readable(os.fsdecode(b"Caf\xe9 \xc3\xbc")) == "Caf\\xe9 ü"


def test_a_name_that_is_no_text_comes_with_the_command_that_mends_it() -> None:
    error = unnameable(Path(os.fsdecode(b"/films/it's \xe9/a.png")))
    assert error.what == "the name /films/it's \\xe9/a.png is not UTF-8"
    assert error.fix == "mv $'/films/it\\'s \\xe9' '/films/it-s'"
    deeper = unnameable(Path(os.fsdecode(b"/films/a\xe9.png")))
    assert deeper.fix == "mv $'/films/a\\xe9.png' '/films/a-.png'"


def test_a_path_is_typed_into_a_shell_as_one_word() -> None:
    assert quoted(Path("my films/a.png")) == "'my films/a.png'"
    assert quoted(Path(os.fsdecode(b"a\xe9.png"))) == "'a\\xe9.png'"


def test_many_names_are_cut_short() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
