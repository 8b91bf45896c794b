from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from multiplane.core.config import Effort, Options, decisive, nearest, parse_options
from multiplane.core.errors import ConfigError


class Telea(Options):
    """One way."""

    kind: Literal["telea"] = "telea"
    radius_px: int = Field(default=3, ge=1, le=50, description="reach")


class Patch(Options):
    """Another way."""

    kind: Literal["patch"] = "patch"
    size_px: int = Field(default=7, ge=3, description="patch side")


class Fill(Options):
    """A stage."""

    grow_px: int = Field(default=20, ge=0, description="margin")
    backend: Annotated[Telea | Patch, Field(discriminator="kind")] = Field(
        default=Telea(), description="how"
    )


def test_defaults_and_unions() -> None:
    assert parse_options(Fill, {}, "x") == Fill()
    fill = parse_options(Fill, {"backend": {"kind": "patch", "size_px": 5}}, "x")
    assert fill.backend == Patch(size_px=5)


def test_unknown_key_names_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r"x\.grow_pix: unknown key; did you mean 'grow_px'\?"
    ) as e:
        parse_options(Fill, {"grow_pix": 3}, "x")
    assert e.value.fix == "multiplane recipes schema lists every key and its values"


def test_unknown_key_inside_a_union_looks_there() -> None:
    with pytest.raises(ConfigError, match=r"x\.backend\.sizepx: .*'size_px'"):
        parse_options(Fill, {"backend": {"kind": "patch", "sizepx": 3}}, "x")


def test_all_faults_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(Fill, {"grow_px": -1, "backend": {"kind": "telea", "radius_px": "wide"}}, "x")
    assert "x.grow_px: got -1; input should be greater than or equal to 0" in caught.value.what
    assert "x.backend.radius_px: got 'wide'" in caught.value.what


def test_unknown_kind_lists_the_kinds() -> None:
    with pytest.raises(ConfigError, match="'telea', 'patch'"):
        parse_options(Fill, {"backend": {"kind": "lama"}}, "x")


def test_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Fill().grow_px = 3  # type: ignore[misc]


def test_nearest() -> None:
    assert nearest("segmnet", ["segment", "matte"]) == "segment"
    assert nearest("zzz", ["segment"]) is None


def test_a_wrong_choice_names_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(Fill, {"backend": {"kind": "pach"}}, "x")
    assert caught.value.what == (
        "x.backend.kind: got 'pach'; wanted 'telea', 'patch'; did you mean 'patch'?"
    )


class Haste(Options):
    """A backend."""

    kind: Literal["haste"] = "haste"
    threads: Annotated[int, Effort()] = Field(default=0, description="threads")
    tiles: int = Field(default=2, description="tiles")


class Hurry(Options):
    """A stage."""

    batch: Annotated[int, Effort()] = Field(default=1, description="at a time")
    backend: Haste = Field(default=Haste(), description="how")


def test_what_only_costs_time_decides_nothing() -> None:
    assert decisive(Hurry()) == {"backend": {"kind": "haste", "tiles": 2}}
    assert decisive(Hurry(batch=8, backend=Haste(threads=3))) == decisive(Hurry())
    assert decisive(Hurry(backend=Haste(tiles=3))) != decisive(Hurry())
