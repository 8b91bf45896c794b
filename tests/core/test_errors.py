from __future__ import annotations

import pickle

import pytest

from multiplane.core import errors
from multiplane.core.errors import InputError, MissingDependencyError, MultiplaneError


def test_says_what_why_and_fix() -> None:
    error = InputError("got 3", why="2 are needed", fix="--count 2")
    assert str(error) == "got 3\nwhy: 2 are needed\nfix: --count 2"
    assert str(MultiplaneError("alone")) == "alone"


def test_builtin_kinds_catch_them_too() -> None:
    assert issubclass(InputError, ValueError)
    assert issubclass(MissingDependencyError, ImportError)


def test_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(InputError("got 3", why="w", fix="f")))
    assert isinstance(error, InputError)
    assert (error.what, error.why, error.fix) == ("got 3", "w", "f")


def test_tree_in_the_docstring_is_complete() -> None:
    assert errors.__doc__ is not None
    for name, item in vars(errors).items():
        if isinstance(item, type) and issubclass(item, MultiplaneError):
            assert name in errors.__doc__


@pytest.mark.parametrize("kind", [InputError, errors.OutputError, errors.WeightsError])
def test_all_derive_from_one(kind: type[MultiplaneError]) -> None:
    assert issubclass(kind, MultiplaneError)
