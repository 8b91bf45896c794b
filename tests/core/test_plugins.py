from __future__ import annotations

import pytest

from multiplane.core.errors import ConfigError, MissingDependencyError
from multiplane.core.plugins import choose, load


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
