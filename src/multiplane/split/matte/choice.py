"""Which way finds the soft edge, and why."""

from __future__ import annotations

from multiplane.core.choice import ASKED, Choice
from multiplane.core.compute import Compute
from multiplane.core.config import Options
from multiplane.core.plugins import NETWORKS, load, not_installed
from multiplane.hub import weights
from multiplane.split.matte.config import AutoMatte, GuidedMatte, VitMatteMatte


def decide(options: Options, compute: Compute | None = None) -> Choice[Options]:
    """Say what ``auto`` stands for; other choices are taken as they are.

    Nothing is fetched to find out, and torch is imported only where it could be of use.

    Args:
        options: One of the option models of the stage's ``method``.
        compute: Where networks are to run.

    Returns:
        The choice.
    """
    if not isinstance(options, AutoMatte):
        return Choice(options, ASKED)
    vitmatte = VitMatteMatte()
    lacking = _lacking(vitmatte, compute or Compute())
    if lacking:
        return Choice(GuidedMatte(), f"it needs no weights; for vitmatte, {lacking}")
    return Choice(vitmatte, f"the weights {vitmatte.model} and CUDA are here")


def _lacking(options: VitMatteMatte, compute: Compute) -> str:
    """What the network is short of; empty when it can run at a bearable speed."""
    absent = weights.why_absent(options.model) or not_installed(NETWORKS)
    if absent:
        return absent
    if compute.device == "cpu":
        return "the CPU was asked for, where it takes many seconds a frame"
    if load("multiplane.tensors.devices:describe_cuda")() is None:
        return "there is no CUDA, and on a CPU it takes many seconds a frame"
    return ""
