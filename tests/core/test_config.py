from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from multiplane.core.config import Effort, Options, Words, decisive, nearest, parse_options
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
    assert e.value.fix == "grow_pix: write 'grow_px' instead"


def test_unknown_key_inside_a_union_looks_there() -> None:
    with pytest.raises(ConfigError, match=r"x\.backend\.sizepx: .*'size_px'"):
        parse_options(Fill, {"backend": {"kind": "patch", "sizepx": 3}}, "x")


def test_all_faults_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(Fill, {"grow_px": -1, "backend": {"kind": "telea", "radius_px": "wide"}}, "x")
    assert caught.value.what.splitlines() == [
        "x.grow_px: got -1; wanted a whole number, at least 0",
        "x.backend.radius_px: got 'wide'; wanted a whole number from 1 to 50",
    ]
    assert caught.value.fix == (
        "grow_px: a whole number, at least 0; backend.radius_px: a whole number from 1 to 50"
    )


def test_unknown_kind_lists_the_kinds() -> None:
    with pytest.raises(ConfigError, match="'telea' or 'patch'"):
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
        "x.backend.kind: got 'pach'; wanted 'telea' or 'patch'; did you mean 'patch'?"
    )


def test_a_bare_name_stands_for_its_kind() -> None:
    assert parse_options(Fill, {"backend": "patch"}, "x").backend == Patch()
    with pytest.raises(ConfigError) as caught:
        parse_options(Fill, {"backend": "pach"}, "x")
    assert caught.value.what.endswith(
        "got 'pach'; wanted 'telea' or 'patch'; did you mean 'patch'?"
    )
    assert caught.value.fix == "backend.kind: patch"


class Many(Options):
    """All that a field can be."""

    share: float | None = Field(default=None, gt=0, le=1, description="s")
    count: int = Field(default=1, ge=1, le=1_000_000, description="c")
    step_s: float = Field(default=1, gt=0, description="d")
    ground: str = Field(default="white", pattern="^(white|blur|#[0-9a-fA-F]{6})$", description="g")
    name: Annotated[str, Words("small letters")] = Field(
        default="a", pattern="^[a-z]+$", description="n"
    )
    keep: bool = Field(default=True, description="k")
    parts: tuple[int, ...] = Field(default=(), description="p")
    inner: Telea = Field(default=Telea(), description="i")
    table: dict[str, str] = Field(default={}, description="t")
    backend: Annotated[Telea | Patch, Field(discriminator="kind")] = Field(
        default=Telea(), description="b"
    )

    @model_validator(mode="after")
    def _sums(self) -> Many:
        if self.count == 13:
            raise ValueError("count 13 is unlucky")
        return self


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"share": 2}, "share: got 2; wanted a number, more than 0, at most 1 or null"),
        ({"count": 0}, "count: got 0; wanted a whole number from 1 to 1000000"),
        ({"step_s": 0}, "step_s: got 0; wanted a number, more than 0"),
        ({"ground": "whit"}, "ground: got 'whit'; wanted 'white', 'blur' or '#rrggbb';"
                             " did you mean 'white'?"),
        ({"name": "A"}, "name: got 'A'; wanted small letters"),
        ({"keep": 3}, "keep: got 3; wanted true or false"),
        ({"parts": 3}, "parts: got 3; wanted a list"),
        ({"inner": 3}, "inner: got 3; wanted keys with values"),
        ({"table": 3}, "table: got 3; wanted keys with values"),
        ({"table": {"name": 3}}, "table.name: got 3; wanted input should be a valid string"),
        ({"backend": 3}, "backend: got 3; wanted 'telea' or 'patch'"),
        ({"backend": {"size_px": 3}}, "backend.kind: missing; wanted 'telea' or 'patch'"),
        ({"count": 13}, ": count 13 is unlucky"),
    ],
)  # fmt: skip
def test_faults_are_told_in_our_own_words(values: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(Many, values, "x")
    assert caught.value.what == f"x.{told}"


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
