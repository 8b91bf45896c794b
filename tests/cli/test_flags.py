from __future__ import annotations

import inspect
from typing import Annotated, Literal

import pytest
import typer
from pydantic import Field

from multiplane.cli.flags import (
    given,
    kinds,
    parameters,
    refuse_contradictions,
    spelled,
    with_dashes,
)
from multiplane.core.config import Also, Options
from multiplane.core.errors import ConfigError
from multiplane.engine.lines import parse_word


class One(Options):
    """One."""

    kind: Literal["one"] = "one"


class Two(Options):
    """Two."""

    kind: Literal["two"] = "two"


class Stage(Options):
    """A stage."""

    grow_px: Annotated[int, Also("dilate")] = Field(
        default=20, ge=0, le=99, description="margin of the mask"
    )
    mode: Literal["fast", "fine"] = Field(default="fast", description="how")
    keep: bool = Field(default=True, description="keep it")
    backend: Annotated[One | Two, Field(discriminator="kind")] = Field(
        default=One(), description="who"
    )
    stop_s: float | None = Field(default=None, gt=0, description="where to stop; its end if not")
    most_px: int = Field(default=0, le=1_000_000, description="size")


def test_a_flag_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    typed: dict[str, object] = {}

    def work(**values: object) -> None:
        typed.update(given(Stage, values))

    work.__signature__ = inspect.Signature(parameters(Stage))  # type: ignore[attr-defined]
    app = typer.Typer(rich_markup_mode=None)
    app.command()(work)
    with pytest.raises(SystemExit):
        app(["--help"], terminal_width=200)
    out = capsys.readouterr().out
    assert "--grow-px, --dilate INTEGER" in out
    assert "margin of the mask (from 0 to 99) [default: 20]" in out
    assert "--mode fast|fine" in out
    assert "--keep / --no-keep" in out
    assert "--backend one|two" in out
    assert "where to stop; its end if not (more than 0)\n" in out
    assert "size (at most 1000000) [default: 0]" in out
    app(["--no-keep", "--backend", "two"], standalone_mode=False)
    assert typed == {"keep": False, "backend": "two"}
    app(["--dilate", "7"], standalone_mode=False)
    assert typed["grow_px"] == "7"


def test_only_what_was_typed_becomes_an_override() -> None:
    values = {"grow_px": "8", "mode": None, "keep": False, "backend": "two"}
    assert given(Stage, values) == {"grow_px": "8", "keep": False, "backend": "two"}


def test_flags_as_they_are_typed() -> None:
    assert spelled("grow_px", "3") == "--grow-px"
    assert spelled("keep", True) == "--keep"
    assert spelled("keep", False) == "--no-keep"


@pytest.mark.parametrize("key", ["fill.grow_px", "fill.backend", "fill.backend.kind"])
def test_an_option_is_not_given_twice(key: str) -> None:
    flags = {"fill.grow_px": "--grow-px", "fill.backend": "--backend"}
    refuse_contradictions(flags, ["fill.mode", "fill.backend.radius_px"])
    with pytest.raises(ConfigError) as caught:
        refuse_contradictions(flags, [key])
    flag = flags[key.removesuffix(".kind")]
    assert caught.value.what == f"{flag} and --set {key} give the same option"
    assert caught.value.fix == f"leave out {flag}, or --set {key}"


def test_kinds() -> None:
    assert kinds(Stage.model_fields["backend"]) == ["one", "two"]
    assert kinds(Stage.model_fields["mode"]) == []


class Words(Options):
    """Texts."""

    prompt: str = Field(default="", description="what")
    files: tuple[str, ...] = Field(default=(), description="which")
    rows: int | tuple[One, ...] = Field(default=4, description="how many")


@pytest.mark.parametrize(
    "text", ["", "1950", "null", "[a]: b", "yes", "'", 'a "b" # c', "#102030", "忍 😀 \\ \n x\x7f"]
)
def test_a_text_is_what_was_typed(text: str) -> None:
    typed = given(Words, {"prompt": text, "files": ["a", "b"], "rows": "5"})
    assert parse_word(str(typed["prompt"])) == text
    assert typed["files"] == ["a", "b"]
    assert typed["rows"] == "5"
    assert given(Words, {"prompt": None, "files": [], "rows": None}) == {}


def test_a_list_of_texts_is_a_flag_that_may_stand_twice(capsys: pytest.CaptureFixture[str]) -> None:
    typed: dict[str, object] = {}

    def work(**values: object) -> None:
        typed.update(given(Words, values))

    work.__signature__ = inspect.Signature(parameters(Words))  # type: ignore[attr-defined]
    app = typer.Typer(rich_markup_mode=None)
    app.command(context_settings={"token_normalize_func": with_dashes})(work)
    app(["--files", "a", "--files", "b"], standalone_mode=False)
    assert typed == {"files": ["a", "b"]}
    with pytest.raises(SystemExit):
        app(["--help"], terminal_width=200)
    out = capsys.readouterr().out
    assert "which. Repeatable" in out
    assert "--rows INTEGER|LIST" in out
    assert with_dashes("mask_mode") == "mask-mode"
