from __future__ import annotations

import inspect
from typing import Annotated, Literal

import pytest
import typer
from pydantic import Field

from multiplane.cli.flags import given, kinds, parameters
from multiplane.core.config import Options


class One(Options):
    """One."""

    kind: Literal["one"] = "one"


class Two(Options):
    """Two."""

    kind: Literal["two"] = "two"


class Stage(Options):
    """A stage."""

    grow_px: int = Field(default=20, ge=0, le=99, description="margin of the mask")
    mode: Literal["fast", "fine"] = Field(default="fast", description="how")
    keep: bool = Field(default=True, description="keep it")
    backend: Annotated[One | Two, Field(discriminator="kind")] = Field(
        default=One(), description="who"
    )


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
    assert "--grow-px INTEGER" in out
    assert "margin of the mask (at least 0, at most 99) [default: 20]" in out
    assert "--mode fast|fine" in out
    assert "--keep / --no-keep" in out
    assert "--backend one|two" in out
    app(["--no-keep", "--backend", "two"], standalone_mode=False)
    assert typed == {"keep": False, "backend.kind": "two"}


def test_only_what_was_typed_becomes_an_override() -> None:
    values = {"grow_px": "8", "mode": None, "keep": False, "backend": "two"}
    assert given(Stage, values) == {"grow_px": "8", "keep": False, "backend.kind": "two"}


def test_kinds() -> None:
    assert kinds(Stage.model_fields["backend"]) == ["one", "two"]
    assert kinds(Stage.model_fields["mode"]) == []
