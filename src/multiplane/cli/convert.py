"""``models convert``: weights as their makers saved them, to safetensors."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from multiplane.core.errors import InputError, OutputError

_SUFFIX = ".safetensors"

SourceArgument = Annotated[
    str,
    typer.Argument(
        help="Weights of LaMa: a folder with config.yaml and models/best.ckpt; a .ckpt, .pth or "
        ".pt file, TorchScript too; or a name that `models list` shows."
    ),
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", help="The file to write: big-lama.safetensors.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file when it is there.")]


def convert(source: SourceArgument, out: OutOption, *, force: ForceOption = False) -> None:
    """Write weights of LaMa as safetensors: quicker to load, and nothing in them can run.

    Nothing of the source is run either. What a training left beside the generator
    (discriminator, losses, optimizer) is left out.

    Raises:
        InputError: The file to write has another suffix.
        OutputError: It is there already, or cannot be written.
        WeightsError: The source is absent, damaged or no LaMa.
        MissingDependencyError: torch is not installed.
    """
    if out.suffix != _SUFFIX:
        raise InputError(
            f"{out} is to be written, and ends in {out.suffix or 'no suffix'}",
            why=f"weights are written as {_SUFFIX} and as nothing else",
            fix=f"-o {shlex.quote(str(out.with_suffix(_SUFFIX)))}",
        )
    if out.exists() and not force:
        raise OutputError(
            f"{out} is there already",
            why="it may be the only copy of other weights",
            fix="choose another name with -o, or add --force",
        )
    from multiplane.core import plugins
    from multiplane.hub import weights

    convert_lama = plugins.load("multiplane.networks.lama:convert_lama")
    done = convert_lama(weights.find(source), out)
    typer.echo(
        f"{out}: LaMa, {done.blocks} blocks, {done.parameters:,} parameters, "
        f"{out.stat().st_size / 1e6:.1f} MB"
    )
    place = shlex.quote(str(out.absolute()))
    typer.echo(f"use it: --set inpaint.backend.kind=lama --set inpaint.backend.model={place}")
