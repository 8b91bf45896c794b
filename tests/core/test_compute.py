from typing import Any

import pytest

from multiplane.core.compute import BatchSize, Compute, Device, Fp16, MaxVramGb, Precision
from multiplane.core.config import Options, decisive, parse_options
from multiplane.core.errors import ConfigError


class Some(Options):
    """A stage with networks."""

    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0


def test_it_is_taken_from_the_options_of_a_stage() -> None:
    options = Some(device="cuda", precision="fp16", batch_size=8, max_vram_gb=10)
    assert Compute.of(options) == Compute("cuda", "fp16", 8, 10.0)
    assert Compute.of(Some()) == Compute()


class Short(Options):
    """A stage that has the short word too."""

    fp16: Fp16 = False
    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: BatchSize = 0
    max_vram_gb: MaxVramGb = 0.0


def test_fp16_is_short_for_a_precision() -> None:
    assert Compute.of(Short(fp16=True)).precision == "fp16"
    assert Compute.of(Short(fp16=True, precision="fp16")).precision == "fp16"
    assert Compute.of(Short(precision="bf16")).precision == "bf16"
    with pytest.raises(ConfigError, match="fp16 asks for another; leave one of them out"):
        parse_options(Short, {"fp16": True, "precision": "bf16"}, "options")


def test_only_the_precision_makes_another_result() -> None:
    assert decisive(Some(device="cpu", batch_size=3, max_vram_gb=2)) == {"precision": "auto"}


@pytest.mark.parametrize(
    ("wrong", "wanted"),
    [
        ({"device": "gpu"}, "wanted 'auto', 'cpu' or 'cuda'"),
        ({"precision": "half"}, "wanted 'auto', 'fp32', 'fp16' or 'bf16'"),
        ({"batch_size": -1}, "a whole number from 0 to 4096"),
        ({"max_vram_gb": -1}, "a number from 0 to 1024"),
    ],
)
def test_what_it_does_not_take_is_said(wrong: dict[str, Any], wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        parse_options(Some, wrong, "options")
