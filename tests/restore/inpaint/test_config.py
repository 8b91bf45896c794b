from __future__ import annotations

import pytest

from multiplane.core.config import parse_options
from multiplane.core.errors import ConfigError
from multiplane.restore.inpaint.config import (
    AutoOptions,
    InpaintOptions,
    OpenCvOptions,
    PatchMatchOptions,
)


def test_defaults_are_those_of_the_recipe() -> None:
    options = InpaintOptions()
    assert isinstance(options.backend, AutoOptions)
    assert options.grow_px == 20
    assert options.format == "same"


def test_the_backend_is_told_apart_by_its_kind() -> None:
    options = parse_options(
        InpaintOptions, {"backend": {"kind": "opencv", "method": "navier-stokes"}}, "options"
    )
    assert options.backend == OpenCvOptions(method="navier-stokes")
    assert PatchMatchOptions().kind == "patchmatch"


@pytest.mark.parametrize(
    "values",
    [
        {"grow_px": -1},
        {"backend": {"kind": "lamb"}},
        {"backend": {"kind": "lama", "model": ""}},
        {"feather": 3},
        {"quality": 101},
    ],
)
def test_impossible_values_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_options(InpaintOptions, values, "options")
