"""What an hour of the machine costs, as the user said; kept in the run folder for the report."""

from __future__ import annotations

import json
import math
from pathlib import Path

from multiplane.core.errors import ConfigError
from multiplane.engine.folder import write_json

FILE_NAME = "price.json"
MOST = 1e9
"""No machine costs more, in whatever currency."""


def check_price(value: float) -> float:
    """Return a price as it is, or say what it is instead.

    Args:
        value: Of an hour, in the currency the user thinks in.

    Returns:
        The same.

    Raises:
        ConfigError: It is no number from 0 up.
    """
    if not (math.isfinite(value) and 0 <= value <= MOST):
        raise ConfigError(
            f"--price-per-hour is {value:g}, wanted a number from 0 to {MOST:g}",
            why="it is what an hour of the machine costs, in the currency you think in",
            fix="--price-per-hour 0.40",
        )
    return value


def keep_price(root: Path, price_per_hour: float) -> None:
    """Keep the price with a run, so that its report repeats it.

    Args:
        root: The run folder.
        price_per_hour: Of the machine.

    Raises:
        ConfigError: It is no number from 0 up.
        OutputError: It cannot be written.
    """
    write_json(root / FILE_NAME, {"price_per_hour": check_price(price_per_hour)})


def read_price(root: Path) -> float | None:
    """The price that was kept with a run; None without one, or when its file is damaged."""
    try:
        value = json.loads((root / FILE_NAME).read_text(encoding="utf-8"))["price_per_hour"]
        return check_price(float(value))
    except (OSError, ValueError, TypeError, KeyError, RecursionError, ConfigError):
        return None
