from __future__ import annotations

import logging
from importlib.metadata import EntryPoint
from typing import Annotated, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from multiplane.core import plugins
from multiplane.core.config import Options
from multiplane.core.errors import ConfigError, MissingDependencyError
from multiplane.core.plugins import (
    EXTRAS,
    NETWORKS,
    choose,
    load,
    make,
    not_installed,
    origin_of,
    with_foreign_options,
)


def test_loads_by_name() -> None:
    assert load("math:sqrt")(9) == 3


def test_missing_package_says_what_to_install() -> None:
    with pytest.raises(MissingDependencyError, match="needs the package 'no_such_thing'") as caught:
        load("no_such_thing.deep:Thing")
    assert caught.value.fix == "pip install no_such_thing"


def test_missing_module_of_ours_is_our_bug() -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        load("multiplane.nothing:Thing")
    assert not isinstance(caught.value, MissingDependencyError)


def test_choose_knows_its_table() -> None:
    assert choose({"root": "math:sqrt"}, "root", "multiplane.test")(4) == 2
    with pytest.raises(ConfigError, match=r"multiplane\.test has no 'rot'") as caught:
        choose({"root": "math:sqrt"}, "rot", "multiplane.test")
    assert caught.value.fix == "use 'root'"
    with pytest.raises(ConfigError) as caught:
        choose({"root": "math:sqrt"}, "zzz", "multiplane.test")
    assert caught.value.fix == "use one of root"


def test_a_backend_is_told_what_it_takes() -> None:
    def plain(options: str, edge_px: int) -> tuple[object, ...]:
        return options, edge_px

    def neural(options: str, compute: str = "") -> tuple[object, ...]:
        return options, compute

    def anything(options: str, **more: object) -> tuple[object, ...]:
        return options, more

    class Made:
        def __init__(self, options: str, compute: str) -> None:
            self.told = options, compute

    assert make(plain, "how", 3, compute="cpu") == ("how", 3)
    assert make(neural, "how", compute="cpu", offload=True) == ("how", "cpu")
    assert make(anything, "how", compute="cpu") == ("how", {"compute": "cpu"})
    assert make(Made, "how", compute="cpu", offload=True).told == ("how", "cpu")


def test_what_is_not_installed_is_told_with_its_extra(monkeypatch) -> None:
    assert not_installed(("math", "json")) == ""
    assert not_installed(("math", "no_such_thing")) == "no_such_thing missing; " + (
        "pip install no_such_thing"
    )
    monkeypatch.setattr(plugins, "find_spec", lambda name: None if name == "accelerate" else name)
    assert not_installed(NETWORKS) == "accelerate missing; pip install 'multiplane[neural]'"
    assert {EXTRAS[package] for package in NETWORKS} == {"neural"}


class Dark(Options):
    kind: Literal["dark"] = "dark"


class Dim(Options):
    kind: Literal["dim"] = "dim"


class Bright(Options):
    kind: Literal["bright"] = "bright"
    threshold: int = 3


NO_OPTIONS = 4


@pytest.fixture
def offered(monkeypatch):
    """Entry points of the group ``multiplane.test.options``."""
    points = []
    monkeypatch.setattr(
        plugins, "entry_points", lambda group: [p for p in points if p.group == group]
    )

    def offer(**targets: str) -> None:
        points.extend(EntryPoint(n, t, "multiplane.test.options") for n, t in targets.items())

    return offer


def test_options_of_a_plug_in_join_ours(offered) -> None:
    offered(bright=f"{__name__}:Bright")
    union = Annotated[
        with_foreign_options(Dark | Dim, "multiplane.test"), Field(discriminator="kind")
    ]
    adapter = TypeAdapter(union)
    assert adapter.validate_python({"kind": "bright", "threshold": 5}) == Bright(threshold=5)
    assert adapter.validate_python({"kind": "dark"}) == Dark()
    with pytest.raises(ValidationError, match="'dark', 'dim', 'bright'"):
        adapter.validate_python({"kind": "brihgt"})


@pytest.mark.parametrize(
    ("name", "target", "fault"),
    [
        ("gone", "no_such_thing:Gone", "ModuleNotFoundError"),
        ("four", f"{__name__}:NO_OPTIONS", "are no multiplane"),
        ("other", f"{__name__}:Bright", "'kind' is not 'other'"),
        ("dark", f"{__name__}:Dark", "one of that name already"),
    ],
)
def test_a_broken_plug_in_takes_nobody_with_it(offered, caplog, name, target, fault) -> None:
    offered(**{name: target})
    with caplog.at_level(logging.WARNING):
        assert with_foreign_options(Dark | Dim, "multiplane.test") == Dark | Dim
    assert fault in caplog.text


def test_ours_have_no_origin(offered) -> None:
    offered(bright=f"{__name__}:Bright")
    assert origin_of("dark", "multiplane.test.options") == ""
    assert origin_of("bright", "multiplane.test.options") == f"{__name__}:Bright"
